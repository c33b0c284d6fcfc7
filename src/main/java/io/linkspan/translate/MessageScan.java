package io.linkspan.translate;

import io.linkspan.api.Message;
import io.linkspan.protocol.ProtocolException;

/**
 * Counts the parts of a Message in its protobuf form before objects are made of them. Each field of
 * the schema is allowed a few times, headers and unknown fields up to the limit. Bytes that are not
 * valid are left to the parser, which rejects them.
 */
final class MessageScan {

  /** Fields of the schema other than headers and attachments; a sender writes each one once. */
  private static final int OTHER_FIELDS = 16;

  private static final int VARINT = 0;
  private static final int FIXED_64 = 1;
  private static final int LENGTH = 2;
  private static final int GROUP_START = 3;
  private static final int GROUP_END = 4;
  private static final int FIXED_32 = 5;

  private static final int WIRE_TYPE_BITS = 3;
  private static final int WIRE_TYPE = 0x07;
  private static final int MORE = 0x80;

  private final byte[] bytes;
  private final int end;
  private int position;

  private MessageScan(byte[] bytes, int start, int end) {
    this.bytes = bytes;
    this.end = end;
    position = start;
  }

  /**
   * Checks a Message or an AckMessage.
   *
   * @param start of it in the bytes
   * @param end after its last byte
   * @throws ProtocolException when it has more parts than the limits allow
   */
  static void check(byte[] bytes, int start, int end, MessageLimits limits) {
    // A part has at least two bytes.
    if ((end - start) / 2 > Math.min(limits.headers(), limits.attachments())) {
      new MessageScan(bytes, start, end).check(limits);
    }
  }

  private void check(MessageLimits limits) {
    long fields = 0;
    int attachments = 0;
    int depth = 0;
    while (position < end && position >= 0) {
      long tag = varint();
      int type = (int) tag & WIRE_TYPE;
      if (depth == 0 && tag >>> WIRE_TYPE_BITS == Message.ATTACHMENTS_FIELD_NUMBER) {
        attachments++;
      } else {
        fields++;
      }
      if (attachments > limits.attachments()) {
        throw new ProtocolException(
            "a message has at most " + limits.attachments() + " attachments");
      }
      if (fields > (long) limits.headers() + OTHER_FIELDS) {
        throw new ProtocolException("a message has at most " + limits.headers() + " headers");
      }
      switch (type) {
        case VARINT -> varint();
        case FIXED_64 -> skip(Long.BYTES);
        case LENGTH -> skip(varint());
        case GROUP_START -> depth++;
        case GROUP_END -> depth--;
        case FIXED_32 -> skip(Integer.BYTES);
        default -> position = end;
      }
    }
  }

  private long varint() {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE && position < end; shift += 7) {
      byte next = bytes[position++];
      value |= (long) (next & ~MORE) << shift;
      if ((next & MORE) == 0) {
        break;
      }
    }
    return value;
  }

  private void skip(long length) {
    position = length < 0 || length > end - position ? end : position + (int) length;
  }
}
