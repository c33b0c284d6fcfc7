package io.linkspan.delivery;

import io.linkspan.api.Message;
import io.linkspan.api.MessageSize;
import java.time.Instant;

/** Fills in the fields that a sender left empty. Used only on the event loop of its shard. */
public final class MessageDefaults {

  private final EventIds eventIds;

  /** Copies Messages without headers: a Message that it has built does not refer to it. */
  private final Message.Builder plain = Message.newBuilder();

  private long formattedAt;
  private String formatted = "";

  /**
   * Creates the defaults of one shard.
   *
   * @param prefix of the eventIds that it assigns; no other shard has the same one
   */
  public MessageDefaults(String prefix) {
    eventIds = new EventIds(prefix);
  }

  /**
   * Returns a builder that begins as another Message; it is used before the next call.
   *
   * <p>{@code message.toBuilder()} makes a map for the headers even where there are none, and every
   * inbound Message and every answer is copied.
   */
  Message.Builder builderOf(Message message) {
    if (!MessageSize.isPlain(message)) {
      return message.toBuilder();
    }
    plain
        .setEventId(message.getEventId())
        .setFrom(message.getFrom())
        .setTo(message.getTo())
        .setCreateAt(message.getCreateAt())
        .setType(message.getType())
        .setBody(message.getBody())
        .setContentType(message.getContentType())
        .setReplyTo(message.getReplyTo())
        .clearAttachments();
    return message.getAttachmentsCount() == 0
        ? plain
        : plain.addAllAttachments(message.getAttachmentsList());
  }

  /** Returns a Message of a service, with neither eventId nor createAt left empty. */
  public Message complete(Message message) {
    return fill(builderOf(message)).build();
  }

  /** Sets eventId and createAt where they are empty. */
  public Message.Builder fill(Message.Builder message) {
    if (message.getEventId().isEmpty()) {
      message.setEventId(eventIds.next());
    }
    if (message.getCreateAt().isEmpty()) {
      message.setCreateAt(now());
    }
    return message;
  }

  /** Returns an inbound Message with its authenticated sender, and nothing left empty. */
  public Message inbound(Message message, String from) {
    if (message.getFrom().equals(from)
        && !message.getEventId().isEmpty()
        && !message.getCreateAt().isEmpty()) {
      return message;
    }
    return fill(builderOf(message).setFrom(from)).build();
  }

  /**
   * Returns the answer to a request, with nothing left empty. An answer without a sender is from
   * the address that the request names.
   */
  public Message answer(Message answer, Message request) {
    boolean hasFrom = !answer.getFrom().isEmpty() || request.getTo().isEmpty();
    boolean hasReplyTo = !answer.getReplyTo().isEmpty();
    if (hasFrom
        && hasReplyTo
        && !answer.getEventId().isEmpty()
        && !answer.getCreateAt().isEmpty()) {
      return answer;
    }
    Message.Builder complete = builderOf(answer);
    if (!hasFrom) {
      complete.setFrom(request.getTo());
    }
    if (!hasReplyTo) {
      complete.setReplyTo(request.getEventId());
    }
    return fill(complete).build();
  }

  /** Returns the time of day, formatted once a millisecond. */
  private String now() {
    long now = System.currentTimeMillis();
    if (now != formattedAt) {
      formattedAt = now;
      formatted = Instant.ofEpochMilli(now).toString();
    }
    return formatted;
  }
}
