package io.linkspan.session;

import io.linkspan.api.Message;

/** A Message to be, which begins as another one. */
final class Draft {

  private Draft() {}

  /**
   * As {@code message.toBuilder()}, which makes a map for the headers even where there are none, as
   * there mostly are; every Message is copied when it comes, and every answer.
   */
  static Message.Builder of(Message message) {
    if (message.getHeadersCount() > 0 || message.getUnknownFields().getSerializedSize() > 0) {
      return message.toBuilder();
    }
    Message.Builder draft =
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
        ? draft
        : draft.addAllAttachments(message.getAttachmentsList());
  }
}
