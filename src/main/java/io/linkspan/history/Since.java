package io.linkspan.history;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import io.linkspan.log.LogPosition;
import java.time.DateTimeException;
import java.time.Instant;

/** The part of a group's history that a client asks for. Pure. */
public sealed interface Since {

  /** All that follows a position. */
  record Position(LogPosition position) implements Since {}

  /** All that was kept at a time or later; milliseconds since 1970. */
  record Time(long millis) implements Since {}

  /** The latest Messages; 0 for none. */
  record Count(int messages) implements Since {}

  /** Longer texts are none of the forms. */
  int MAX_LENGTH = 40;

  private static boolean isCount(String text) {
    return !text.isEmpty()
        && text.length() <= 7
        && text.chars().allMatch(c -> c >= '0' && c <= '9');
  }

  /**
   * Reads {@code EPOCH:OFFSET}, a time such as {@code 2026-11-30T09:00:00Z}, or a number of
   * Messages.
   *
   * @throws MessageException for any other text
   */
  static Since parse(String text) {
    if (text.length() <= MAX_LENGTH) {
      if (isCount(text)) {
        return new Count(Integer.parseInt(text));
      }
      LogPosition position = LogPosition.parse(text);
      if (position != null) {
        return new Position(position);
      }
      if (text.endsWith("Z")) {
        try {
          return new Time(Instant.parse(text).toEpochMilli());
        } catch (DateTimeException | ArithmeticException e) {
          // It is refused below.
        }
      }
    }
    throw new MessageException(
        ErrorCode.MALFORMED,
        "since must be a position EPOCH:OFFSET, a time such as 2026-11-30T09:00:00Z, or a number"
            + " of messages");
  }
}
