package io.linkspan.trace;

import java.util.Locale;

/** Steps of a Message on its way, as the {@link Timeline} records them. */
public enum Step {
  /** A client or a service sent it. The subject is the sender's session. */
  RECEIVED(1),
  /** A client sent it again; the outcome of the first one counts. The subject is its session. */
  DUPLICATE(2),
  /** Too many Messages of its sender are in flight, and it waits. */
  WAITING(3),
  /** A route sent it on. The subject is the address of a service, or a kind of recipient. */
  ROUTED(4),
  /** Another shard is sent it. The subject is the bus address. */
  FORWARDED(5),
  /** The outbox of a recipient keeps it. The subject is the recipient's session. */
  HELD(6),
  /** The link of a recipient has taken it. The number is that of the attempt. */
  WRITTEN(7),
  /** The recipient's application acknowledged it. */
  ACKNOWLEDGED(8),
  /** A recipient does not get it. The number is that of the error. */
  UNDELIVERED(9),
  /** Its sender received an acknowledgement. */
  ACCEPTED(10),
  /** Its sender received an error. The number is that of the error. */
  REFUSED(11);

  private static final Step[] VALUES = values();

  private final int number;
  private final String label = name().toLowerCase(Locale.ROOT);

  Step(int number) {
    this.number = number;
  }

  /** Returns the name in JSON, such as {@code received}. */
  public String label() {
    return label;
  }

  /** Returns whether the subject is the session of the sender or of a recipient. */
  boolean isOfSession() {
    return this != ROUTED && this != FORWARDED;
  }

  /** Returns the number in a record. */
  int number() {
    return number;
  }

  /** Returns the step with this number. */
  static Step of(int number) {
    for (Step step : VALUES) {
      if (step.number == number) {
        return step;
      }
    }
    throw new IllegalArgumentException("no step has the number " + number);
  }
}
