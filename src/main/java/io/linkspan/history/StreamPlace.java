package io.linkspan.history;

import com.google.protobuf.InvalidProtocolBufferException;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.log.LogEntry;
import io.linkspan.log.LogPosition;
import io.linkspan.log.LogRead;

/**
 * The place of a part in the log of a streamed answer. The writer appends the parts in order and
 * without a gap, so the numbers of all of them follow from that of the oldest one. Pure.
 *
 * @param recovery where a session begins to read, and whether the log has all parts from the one
 *     that was asked for
 * @param number of the part at which it begins
 */
public record StreamPlace(Recovery recovery, long number) {

  private static final int DIGITS = 9;

  /**
   * Finds a part.
   *
   * @param oldest page with the oldest entry of the log
   * @param since number of the first part that is wanted; where it is behind the end, the next part
   *     is the first one
   * @throws MessageException when the log has no part
   */
  static StreamPlace of(LogRead.Page oldest, long since) {
    if (oldest.entries().isEmpty()) {
      throw unknown();
    }
    LogEntry entry = oldest.entries().get(0);
    long first = Math.max(0, numberOf(entry));
    long at = Math.min(entry.offset() + Math.max(0, since - first), oldest.end());
    var from = new LogPosition(oldest.epoch(), at);
    var end = new LogPosition(oldest.epoch(), oldest.end());
    return new StreamPlace(new Recovery(from, end, since >= first), first + at - entry.offset());
  }

  /** Returns the refusal for a stream that is not kept, or is for another user. */
  public static MessageException unknown() {
    return new MessageException(ErrorCode.NO_SUCH_RECIPIENT, "no such stream is kept for the user");
  }

  /**
   * Returns the position after a part.
   *
   * @param oldest page with the oldest entry of the log
   * @param number of the part; negative for an end without a number
   * @return null when the part has not been appended, or that is not known
   */
  static LogPosition after(LogRead.Page oldest, long number) {
    if (oldest.entries().isEmpty() || number < 0) {
      return null;
    }
    LogEntry entry = oldest.entries().get(0);
    long first = numberOf(entry);
    long at = entry.offset() + Math.max(0, number - first);
    return first < 0 || at >= oldest.end() ? null : new LogPosition(oldest.epoch(), at + 1);
  }

  private static long numberOf(LogEntry entry) {
    try {
      return numberOf(Message.parseFrom(entry.message()));
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a log has something that is not a Message", e);
    }
  }

  /** Returns the number of a part; -1 for the end of a stream whose writer was lost. */
  static long numberOf(Message part) {
    return parse(Headers.get(part, Headers.STREAM_OFFSET));
  }

  /**
   * Reads the number of a part.
   *
   * @return -1 for a text that is not one
   */
  public static long parse(String text) {
    return text == null
            || text.isEmpty()
            || text.length() > DIGITS
            || !text.chars().allMatch(c -> c >= '0' && c <= '9')
        ? -1
        : Long.parseLong(text);
  }
}
