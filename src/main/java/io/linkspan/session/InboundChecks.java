package io.linkspan.session;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.api.ReservedTypes;
import io.linkspan.translate.MessageLimits;

/** Checks a Message of a client by itself, before rates and duplicates. */
final class InboundChecks {

  /** Bounds eventId, to, type, replyTo and group names, all in characters. */
  static final int MAX_NAME = 256;

  private InboundChecks() {}

  /** Returns why a Message is refused; null when it may be accepted. */
  static MessageException refusal(Message message, MessageLimits limits) {
    String tooLong = longName(message);
    if (tooLong != null) {
      return new MessageException(
          ErrorCode.MALFORMED, tooLong + " is longer than " + MAX_NAME + " characters");
    }
    if (ReservedTypes.contains(message.getType())) {
      return ReservedTypes.refusal(message.getType());
    }
    String tooMany = limits.refusalOf(message);
    return tooMany == null ? null : new MessageException(ErrorCode.TOO_LARGE, tooMany);
  }

  private static String longName(Message message) {
    return message.getEventId().length() > MAX_NAME
        ? "eventId"
        : message.getTo().length() > MAX_NAME
            ? "to"
            : message.getType().length() > MAX_NAME
                ? "type"
                : message.getReplyTo().length() > MAX_NAME ? "replyTo" : null;
  }
}
