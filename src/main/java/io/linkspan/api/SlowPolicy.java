package io.linkspan.api;

import java.util.Locale;

/**
 * States what happens to a Message whose recipient reads more slowly than it is sent to. {@link
 * Headers#SLOW} carries the {@linkplain #label() label}.
 */
public enum SlowPolicy {
  /** Waits with all others, in order. A link in which too much waits is closed. */
  QUEUE,
  /** Takes the place of an older one with the same key that waits. */
  LATEST,
  /** Waits in a bounded queue, from which the oldest is dropped when it is full. */
  DROP_OLDEST,
  /** Closes the link early as slow-consumer; a client that resumes receives what waits. */
  CUT;

  private final String label = name().toLowerCase(Locale.ROOT).replace('_', '-');

  /** Returns the value of the header, such as {@code drop-oldest}. */
  public String label() {
    return label;
  }

  /** Returns the policy of a Message. An unknown one is {@link #QUEUE}. */
  public static SlowPolicy of(Message message) {
    String label = Headers.get(message, Headers.SLOW);
    if (label == null) {
      return QUEUE;
    }
    return switch (label) {
      case "latest" -> LATEST;
      case "drop-oldest" -> DROP_OLDEST;
      case "cut" -> CUT;
      default -> QUEUE;
    };
  }
}
