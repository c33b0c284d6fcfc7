package io.linkspan.api.testing;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.api.ReservedTypes;
import io.linkspan.translate.ErrorAnswer;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Fills in the fields that a sender left empty. Safe for use by several threads. */
final class MessageFields {

  private final AtomicInteger assigned = new AtomicInteger();

  /** Returns the time of day as Messages and sessions have it. */
  static Instant now() {
    return Instant.now().truncatedTo(ChronoUnit.MILLIS);
  }

  /** Sets eventId and createAt where they are empty. */
  Message.Builder complete(Message message) {
    Message.Builder complete = message.toBuilder();
    if (message.getEventId().isEmpty()) {
      complete.setEventId("fake-" + assigned.incrementAndGet());
    }
    return message.getCreateAt().isEmpty() ? complete.setCreateAt(now().toString()) : complete;
  }

  /** Returns why a service cannot send a Message to a client; null when it can. */
  static MessageException refusal(Message message) {
    String to = message.getTo();
    if (to.isEmpty() || to.startsWith("service:")) {
      return new MessageException(ErrorCode.MALFORMED, "to must name a user, a group or a session");
    }
    return ReservedTypes.isForged(message) ? ReservedTypes.refusal(message.getType()) : null;
  }

  /**
   * Returns the answer to a request as its sender receives it.
   *
   * @throws MessageException for an answer of type {@code error}, which is a refusal, and of
   *     another reserved type
   */
  Message answer(Message answer, Message request) {
    if (ErrorAnswer.isError(answer)) {
      throw ErrorAnswer.refusal(answer);
    }
    if (ReservedTypes.isForged(answer)) {
      throw ReservedTypes.refusal(answer.getType());
    }
    Message.Builder complete = complete(answer);
    if (answer.getFrom().isEmpty()) {
      complete.setFrom(request.getTo());
    }
    if (answer.getReplyTo().isEmpty()) {
      complete.setReplyTo(request.getEventId());
    }
    return complete.build();
  }
}
