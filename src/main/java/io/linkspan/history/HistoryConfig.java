package io.linkspan.history;

import io.linkspan.config.ConfigNode;
import io.linkspan.log.LogBounds;
import java.time.Duration;

/**
 * Settings of the history of groups, or of streamed answers.
 *
 * @param longest time for which a Message is kept; zero: none is
 * @param max Messages of one log; above, the oldest is dropped
 * @param maxBytes of the Messages of one log; above, the oldest is dropped
 */
public record HistoryConfig(Duration longest, int max, int maxBytes) {

  /** Nothing is kept. */
  public static final HistoryConfig OFF = new HistoryConfig(Duration.ZERO, 1, 1);

  private static final int MOST = 1_000_000;
  private static final Duration LIMIT = Duration.ofDays(366);

  /** Reads the section {@code history} or {@code streams}. */
  public static HistoryConfig read(ConfigNode history) {
    return new HistoryConfig(
        history.duration("for", Duration.ZERO, LIMIT),
        history.count("max", 1, MOST),
        history.size("maxBytes", 1));
  }

  /** Returns whether Messages are kept. */
  public boolean isOn() {
    return !longest.isZero();
  }

  LogBounds bounds() {
    return new LogBounds(max, maxBytes, longest, LogBounds.WhenFull.DROP_OLDEST);
  }
}
