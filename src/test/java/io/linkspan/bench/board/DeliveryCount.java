package io.linkspan.bench.board;

import io.linkspan.testing.ClientLog;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Counts what arrived at clients that lost their links again and again, alike for all servers.
 *
 * @param expected messages, once for each recipient
 * @param delivered of these, those that their recipient saw
 * @param doubled arrivals that the application saw again
 * @param replays milliseconds from the attempt to reconnect to the arrival of each message that was
 *     sent while the client was away, sorted
 */
public record DeliveryCount(int expected, int delivered, int doubled, double[] replays) {

  /**
   * A message that was sent.
   *
   * @param body unique
   * @param to the user; null for all
   * @param at when, in milliseconds of the epoch
   */
  public record Sent(String body, String to, double at) {}

  /** Counts. */
  public static DeliveryCount of(Collection<Sent> sent, List<ClientLog> clients) {
    Map<String, Sent> byBody = new HashMap<>();
    int toAll = 0;
    int direct = 0;
    for (Sent message : sent) {
      byBody.put(message.body(), message);
      if (message.to() == null) {
        toAll++;
      } else {
        direct++;
      }
    }
    int delivered = 0;
    int doubled = 0;
    double[] replays = new double[clients.stream().mapToInt(c -> c.arrivals().size()).sum()];
    int replayed = 0;
    for (ClientLog client : clients) {
      Set<String> seen = new HashSet<>();
      for (ClientLog.Arrival arrival : client.arrivals()) {
        Sent message = byBody.get(arrival.body());
        if (message == null || (message.to() != null && !message.to().equals(client.user()))) {
          continue;
        }
        if (!seen.add(arrival.body())) {
          doubled++;
          continue;
        }
        delivered++;
        double replay = replay(message, arrival, client);
        if (replay >= 0) {
          replays[replayed++] = replay;
        }
      }
    }
    double[] sorted = Arrays.copyOf(replays, replayed);
    Arrays.sort(sorted);
    return new DeliveryCount(toAll * clients.size() + direct, delivered, doubled, sorted);
  }

  /** Returns how long a message took that was sent during an absence; -1 for other messages. */
  private static double replay(Sent message, ClientLog.Arrival arrival, ClientLog client) {
    for (ClientLog.Absence absence : client.absences()) {
      boolean missed = message.at() >= absence.from() && message.at() < absence.attempt();
      if (missed && arrival.at() >= absence.attempt()) {
        return arrival.at() - absence.attempt();
      }
    }
    return -1;
  }

  /** Returns the milliseconds from sending to each arrival, sorted. */
  public static double[] times(Collection<Sent> sent, List<ClientLog> clients) {
    Map<String, Double> sentAt = new HashMap<>();
    sent.forEach(message -> sentAt.put(message.body(), message.at()));
    return clients.stream()
        .flatMap(client -> client.arrivals().stream())
        .filter(arrival -> sentAt.containsKey(arrival.body()))
        .mapToDouble(arrival -> arrival.at() - sentAt.get(arrival.body()))
        .sorted()
        .toArray();
  }

  /** Returns the delivered part in percent; 100 without any message. */
  public double percent() {
    return expected == 0 ? 100 : 100.0 * delivered / expected;
  }

  /** Returns a percentile of the replays in milliseconds; NaN without any. */
  public double replay(double share) {
    return percentile(replays, share);
  }

  /** Returns a percentile of sorted values; NaN without any. */
  public static double percentile(double[] sorted, double share) {
    return sorted.length == 0
        ? Double.NaN
        : sorted[(int) Math.min(sorted.length - 1, (long) (sorted.length * share))];
  }
}
