package io.linkspan.storm;

import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** A kind of client, most of them badly written, as they are found in the field. */
public enum StormKind {

  /**
   * Sends a message twice a second to the echo service, and reconnects after one to two seconds.
   */
  GOOD(
      1,
      TimeUnit.SECONDS.toNanos(1),
      "sends a message to service:echo twice a second, and reconnects after one to two seconds"),

  /**
   * Has four timers, as after an outage, that each open a WebSocket; each failure of one starts
   * four more, without back-off. A helper for Flutter does this.
   */
  HELPER(
      4,
      TimeUnit.SECONDS.toNanos(1),
      "has four timers that each open a WebSocket, as after an outage; each failure starts four more after a second"),

  /** Drops its link once it is admitted, and reconnects at once, as it does after each refusal. */
  NO_BACK_OFF(1, 0, "reconnects at once after a refusal, and drops its link once it is admitted"),

  /** Sends half of a request and stays silent; opens another link at once when it is closed. */
  HALF_OPEN(
      1, 0, "sends half of a request and stays silent; opens another link when it is dropped"),

  /** Asks for answers of 1 KiB twenty times a second, and reads 1 KiB a second. */
  SLOW_READER(1, TimeUnit.SECONDS.toNanos(1), "asks for 20 KiB a second and reads 1 KiB"),

  /** Sends 200 messages a second and reads the answers. */
  CHATTERBOX(1, TimeUnit.SECONDS.toNanos(1), "sends 200 messages a second and reads the answers");

  private final int timers;
  private final long retryNanos;
  private final String about;

  StormKind(int timers, long retryNanos, String about) {
    this.timers = timers;
    this.retryNanos = retryNanos;
    this.about = about;
  }

  /** Returns how many attempts a client begins with, and how many follow each failure. */
  int timers() {
    return timers;
  }

  /** Returns after which time they follow. */
  long retryNanos() {
    return retryNanos;
  }

  /** Returns whether clients of this kind send messages, and need the path of plain WebSockets. */
  boolean talks() {
    return this == GOOD || this == SLOW_READER || this == CHATTERBOX;
  }

  /** Returns the time between two beats of an open link; 0 for a kind without any. */
  long beatNanos() {
    return switch (this) {
      case GOOD -> TimeUnit.MILLISECONDS.toNanos(500);
      case SLOW_READER -> TimeUnit.MILLISECONDS.toNanos(50);
      case CHATTERBOX -> TimeUnit.MILLISECONDS.toNanos(50);
      case HELPER, NO_BACK_OFF, HALF_OPEN -> 0;
    };
  }

  /** Returns how many messages a link sends with each beat. */
  int messagesPerBeat() {
    return this == CHATTERBOX ? 10 : talks() ? 1 : 0;
  }

  /** Returns how many bytes a link reads with each beat; the largest value: all that there are. */
  int bytesPerBeat() {
    return this == SLOW_READER ? 51 : Integer.MAX_VALUE;
  }

  /** Returns the characters in the body of a message. */
  int bodyLength() {
    return this == SLOW_READER ? 1_024 : 64;
  }

  /** Returns what a client of the kind does, for operators. */
  public String about() {
    return about;
  }

  /** Returns the name on the command line. */
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * Returns the kind with a name.
   *
   * @throws IllegalArgumentException when no kind has it
   */
  public static StormKind of(String label) {
    for (StormKind kind : values()) {
      if (kind.label().equals(label)) {
        return kind;
      }
    }
    throw new IllegalArgumentException("no such kind: " + label);
  }
}
