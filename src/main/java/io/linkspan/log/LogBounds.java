package io.linkspan.log;

import java.time.Duration;

/**
 * Limits of one log, which apply to each append.
 *
 * @param messages at most; at least 1
 * @param bytes of the encoded Messages, at most
 * @param age time after which an entry expires at the latest
 * @param whenFull treatment of an entry that does not fit
 */
public record LogBounds(int messages, long bytes, Duration age, WhenFull whenFull) {

  /** Treatment of an entry that does not fit. */
  public enum WhenFull {
    /** The new entry is refused: each one that was accepted stays. */
    REFUSE,
    /** The oldest entries are removed; the new one is refused if it alone does not fit. */
    DROP_OLDEST
  }

  /** Checks the limits. */
  public LogBounds {
    if (messages < 1 || bytes < 1 || age.isNegative() || age.isZero()) {
      throw new IllegalArgumentException("a log without room: " + messages + ", " + bytes);
    }
  }

  /** Returns the time at which an entry expires that is appended now. */
  long expiry(NewEntry entry, long now) {
    return Math.min(entry.expires(), now + age.toMillis());
  }
}
