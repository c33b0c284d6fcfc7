package io.linkspan.translate;

import com.google.protobuf.ByteString;
import io.linkspan.api.AckMessage;
import io.linkspan.api.AsciiTexts;
import io.linkspan.api.Message;
import io.linkspan.api.MessageSize;
import java.nio.charset.StandardCharsets;

/**
 * Writes the protobuf form of a plain Message, byte for byte as {@link Message#writeTo} does, and
 * allocates nothing for texts in ASCII. The general way makes an array for each text, and several
 * objects for the headers that a plain Message does not have. Pure.
 */
final class MessageWriter {

  private static final int LENGTH = 2;
  private static final int WIRE_TYPE_BITS = 3;
  private static final int MORE = 0x80;

  private final byte[] bytes;
  private int position;

  private MessageWriter(byte[] bytes, int start) {
    this.bytes = bytes;
    position = start;
  }

  /**
   * Writes a Message for which {@link MessageSize#isPlain} holds.
   *
   * @param start of the {@link MessageSize#of} bytes that it takes
   */
  static void write(Message message, byte[] bytes, int start) {
    new MessageWriter(bytes, start).write(message);
  }

  /** Writes an AckMessage, which takes {@link MessageSize#ofAck} bytes. */
  static void writeAck(String eventId, byte[] bytes, int start) {
    new MessageWriter(bytes, start).text(AckMessage.EVENTID_FIELD_NUMBER, eventId);
  }

  private void write(Message message) {
    text(Message.EVENTID_FIELD_NUMBER, message.getEventId());
    text(Message.FROM_FIELD_NUMBER, message.getFrom());
    text(Message.TO_FIELD_NUMBER, message.getTo());
    text(Message.CREATEAT_FIELD_NUMBER, message.getCreateAt());
    text(Message.TYPE_FIELD_NUMBER, message.getType());
    text(Message.BODY_FIELD_NUMBER, message.getBody());
    for (int i = 0; i < message.getAttachmentsCount(); i++) {
      ByteString attachment = message.getAttachments(i);
      head(Message.ATTACHMENTS_FIELD_NUMBER, attachment.size());
      attachment.copyTo(bytes, position);
      position += attachment.size();
    }
    text(Message.CONTENTTYPE_FIELD_NUMBER, message.getContentType());
    text(Message.REPLYTO_FIELD_NUMBER, message.getReplyTo());
  }

  @SuppressWarnings("deprecation") // drops the high bytes of characters: ASCII has none
  private void text(int field, String text) {
    int length = text.length();
    if (length == 0) {
      return;
    }
    if (AsciiTexts.prefix(text) == length) {
      head(field, length);
      text.getBytes(0, length, bytes, position);
      position += length;
    } else {
      byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
      head(field, encoded.length);
      System.arraycopy(encoded, 0, bytes, position, encoded.length);
      position += encoded.length;
    }
  }

  private void head(int field, int length) {
    bytes[position++] = (byte) (field << WIRE_TYPE_BITS | LENGTH);
    int rest = length;
    while (rest >= MORE) {
      bytes[position++] = (byte) (rest | MORE);
      rest >>>= 7;
    }
    bytes[position++] = (byte) rest;
  }
}
