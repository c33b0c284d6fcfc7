package io.linkspan.api;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.UnknownFieldSet;

/**
 * Computes the size of a Message as {@link Message#getSerializedSize} does, and allocates nothing
 * for a Message without headers and unknown fields: the generated method makes a map and its
 * iterators to find out that it has no headers. Pure.
 */
public final class MessageSize {

  /** Bytes of the tag of a field; all numbers of fields are below 16. */
  private static final int TAG = 1;

  private static final int ASCII = 0x80;
  private static final int TWO_BYTES = 0x800;

  private MessageSize() {}

  /** Returns the bytes of a Message in its protobuf form. */
  public static int of(Message message) {
    if (!isPlain(message)) {
      return message.getSerializedSize();
    }
    int size =
        ofField(message.getEventId())
            + ofField(message.getFrom())
            + ofField(message.getTo())
            + ofField(message.getCreateAt())
            + ofField(message.getType())
            + ofField(message.getBody())
            + ofField(message.getContentType())
            + ofField(message.getReplyTo());
    for (int i = 0; i < message.getAttachmentsCount(); i++) {
      ByteString attachment = message.getAttachments(i);
      size += TAG + CodedOutputStream.computeBytesSizeNoTag(attachment);
    }
    return size;
  }

  /** Returns the bytes of an AckMessage in its protobuf form. */
  public static int ofAck(String eventId) {
    return ofField(eventId);
  }

  /** Returns whether a Message has neither headers nor fields that this version does not name. */
  @SuppressWarnings("ReferenceEquality") // any other set goes the general way, empty or not
  public static boolean isPlain(Message message) {
    return Headers.count(message) == 0
        && message.getUnknownFields() == UnknownFieldSet.getDefaultInstance();
  }

  private static int ofField(String text) {
    if (text.isEmpty()) {
      return 0;
    }
    int length = ofText(text);
    return TAG + CodedOutputStream.computeUInt32SizeNoTag(length) + length;
  }

  /**
   * Returns the bytes of a text in UTF-8. Half of a pair of surrogates counts as the question mark
   * that replaces it.
   */
  private static int ofText(String text) {
    int ascii = AsciiTexts.prefix(text);
    return ascii == text.length() ? ascii : ascii + ofRest(text, ascii);
  }

  private static int ofRest(String text, int start) {
    int bytes = 0;
    for (int i = start; i < text.length(); i++) {
      char next = text.charAt(i);
      if (next < ASCII) {
        bytes++;
      } else if (next < TWO_BYTES) {
        bytes += 2;
      } else if (!Character.isSurrogate(next)) {
        bytes += 3;
      } else if (Character.isHighSurrogate(next)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        bytes += 4;
        i++;
      } else {
        bytes++;
      }
    }
    return bytes;
  }
}
