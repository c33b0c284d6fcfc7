package io.linkspan.trace;

import java.util.Locale;

/** Steps of a Message on its way, as the {@link Timeline} records them. */
public enum Step {
  /** A client or a service sent it. The subject is the sender's session. */
  RECEIVED,
  /** A client sent it again; the outcome of the first one counts. The subject is its session. */
  DUPLICATE,
  /** Too many Messages of its sender are in flight, and it waits. */
  WAITING,
  /** A route sent it on. The subject is the address of a service, or a kind of recipient. */
  ROUTED,
  /** Another shard is sent it. The subject is the bus address. */
  FORWARDED,
  /** The outbox of a recipient keeps it. The subject is the recipient's session. */
  HELD,
  /** The link of a recipient has taken it. The number is that of the attempt. */
  WRITTEN,
  /** The recipient's application acknowledged it. */
  ACKNOWLEDGED,
  /** A recipient does not get it. The number is that of the error. */
  UNDELIVERED,
  /** Its sender received an acknowledgement. */
  ACCEPTED,
  /** Its sender received an error. The number is that of the error. */
  REFUSED;

  private static final Step[] VALUES = values();

  private final String label = name().toLowerCase(Locale.ROOT);

  /** Returns the name in JSON, such as {@code received}. */
  public String label() {
    return label;
  }

  /** Returns whether the subject is the session of the sender or of a recipient. */
  boolean isOfSession() {
    return this != ROUTED && this != FORWARDED;
  }

  static Step of(int ordinal) {
    return VALUES[ordinal];
  }
}
