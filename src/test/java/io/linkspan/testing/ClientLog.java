package io.linkspan.testing;

import java.util.List;

/**
 * The arrivals and absences of one client that resumes its session.
 *
 * @param connected whether it had a session and a link at the end
 * @param arrivals in the order in which the application saw them
 * @param redelivered messages that arrived again and that the client did not show again
 * @param failedConnects attempts to connect that failed
 */
public record ClientLog(
    String user,
    boolean connected,
    List<Arrival> arrivals,
    List<Absence> absences,
    int recovered,
    int unrecovered,
    int redelivered,
    int failedConnects) {

  /** A message that the application saw, by its body, and the time in milliseconds of the epoch. */
  public record Arrival(String body, double at) {}

  /**
   * A time without a link, in milliseconds of the epoch.
   *
   * @param from when the link broke
   * @param attempt when the client tried to reconnect for the first time
   * @param until when it had a session again
   */
  public record Absence(double from, double attempt, double until) {}

  /** Copies the lists. */
  public ClientLog {
    arrivals = List.copyOf(arrivals);
    absences = List.copyOf(absences);
  }
}
