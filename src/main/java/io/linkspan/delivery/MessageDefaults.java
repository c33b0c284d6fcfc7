package io.linkspan.delivery;

import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import java.time.Instant;

/** Fills in the fields that a sender left empty. Used only on the event loop of its shard. */
public final class MessageDefaults {

  private final String prefix;
  private long assigned;
  private long formattedAt;
  private String formatted = "";

  /**
   * Creates the defaults of one shard.
   *
   * @param prefix of the eventIds that it assigns; no other shard has the same one
   */
  public MessageDefaults(String prefix) {
    this.prefix = prefix;
  }

  /**
   * Returns a builder that begins as another Message.
   *
   * <p>{@code message.toBuilder()} makes a map for the headers even where there are none, and every
   * inbound Message and every answer is copied.
   */
  public static Message.Builder builderOf(Message message) {
    if (Headers.count(message) > 0 || message.getUnknownFields().getSerializedSize() > 0) {
      return message.toBuilder();
    }
    Message.Builder builder =
        Message.newBuilder()
            .setEventId(message.getEventId())
            .setFrom(message.getFrom())
            .setTo(message.getTo())
            .setCreateAt(message.getCreateAt())
            .setType(message.getType())
            .setBody(message.getBody())
            .setContentType(message.getContentType())
            .setReplyTo(message.getReplyTo());
    return message.getAttachmentsCount() == 0
        ? builder
        : builder.addAllAttachments(message.getAttachmentsList());
  }

  /** Sets eventId and createAt where they are empty. */
  public Message.Builder fill(Message.Builder message) {
    if (message.getEventId().isEmpty()) {
      message.setEventId(prefix + Long.toString(++assigned, Character.MAX_RADIX));
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
