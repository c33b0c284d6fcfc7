package io.linkspan.log;

/**
 * A place in a log.
 *
 * @param epoch of the log; 0 only in {@link #START}
 * @param offset of the entry that is read next
 */
public record LogPosition(long epoch, long offset) {

  /** The oldest entry that there is, whatever the epoch. */
  public static final LogPosition START = new LogPosition(0, 0);

  /** Digits of a number of the text form, at most; such numbers are exact in JSON. */
  private static final int DIGITS = 16;

  /**
   * Reads the form that {@link #toString} returns.
   *
   * @return null for any other text
   */
  public static LogPosition parse(String text) {
    int colon = text.indexOf(':');
    if (colon < 0 || !isNumber(text, 0, colon) || !isNumber(text, colon + 1, text.length())) {
      return null;
    }
    var position =
        new LogPosition(
            Long.parseLong(text, 0, colon, 10), Long.parseLong(text, colon + 1, text.length(), 10));
    return position.epoch == 0 && position.offset != 0 ? null : position;
  }

  private static boolean isNumber(String text, int begin, int end) {
    if (begin == end || end - begin > DIGITS) {
      return false;
    }
    for (int i = begin; i < end; i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return false;
      }
    }
    return true;
  }

  /** Returns {@code EPOCH:OFFSET}. */
  @Override
  public String toString() {
    return epoch + ":" + offset;
  }
}
