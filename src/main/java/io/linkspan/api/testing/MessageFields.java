package io.linkspan.api.testing;

import io.linkspan.api.Message;
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

  /** Returns the answer to a request as its sender receives it. */
  Message answer(Message answer, Message request) {
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
