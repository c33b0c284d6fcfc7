package io.linkspan.translate;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import io.linkspan.api.AckMessage;
import io.linkspan.api.Message;
import io.linkspan.api.MessageSize;
import io.linkspan.protocol.ProtocolException;
import io.linkspan.protocol.frame.LegacyFrame;
import io.vertx.core.buffer.Buffer;

/** Reads and writes binary frames. */
public final class BinaryTranslator {

  private BinaryTranslator() {}

  /** Calls {@link #decode(byte[], MessageLimits)} with a copy of the bytes. */
  public static MessageLite decode(Buffer frame, MessageLimits limits) {
    return decode(frame.getBytes(), limits);
  }

  /**
   * Reads a frame.
   *
   * @param limits are checked before a Message is read into objects
   * @return a {@link Message} or an {@link AckMessage}; unknown fields are kept
   * @throws ProtocolException when it is neither; the message says why
   */
  public static MessageLite decode(byte[] frame, MessageLimits limits) {
    return decode(frame, frame.length, limits);
  }

  /**
   * Reads a frame, as {@link #decode(byte[], MessageLimits)} does.
   *
   * @param length of the frame, with which the array begins; it keeps nothing of the array
   */
  public static MessageLite decode(byte[] frame, int length, MessageLimits limits) {
    int type = LegacyFrame.typeOf(frame, length);
    MessageScan.check(frame, LegacyFrame.HEADER_LENGTH, length, limits);
    try {
      return switch (type) {
        case LegacyFrame.TYPE_MESSAGE ->
            StoredMessage.read(frame, LegacyFrame.HEADER_LENGTH, length);
        case LegacyFrame.TYPE_ACK ->
            AckMessage.parser()
                .parseFrom(frame, LegacyFrame.HEADER_LENGTH, length - LegacyFrame.HEADER_LENGTH);
        default ->
            throw new ProtocolException(
                "frame type " + type + " is unknown; a Message is 11 and an AckMessage 10");
      };
    } catch (InvalidProtocolBufferException e) {
      String expected = type == LegacyFrame.TYPE_MESSAGE ? "Message" : "AckMessage";
      throw new ProtocolException("not a valid " + expected);
    }
  }

  /** Writes a frame with a Message; many recipients may share it, and nobody changes it. */
  public static byte[] encode(Message message) {
    return encode(message, 0);
  }

  /** Writes a frame with a Message, after free space for the bytes of an outer framing. */
  public static byte[] encode(Message message, int room) {
    return encode(message, MessageSize.of(message), room);
  }

  /**
   * Writes a frame with a Message, after free space for the bytes of an outer framing.
   *
   * @param size of the Message
   */
  public static byte[] encode(Message message, int size, int room) {
    int start = room + LegacyFrame.HEADER_LENGTH;
    byte[] frame = StoredMessage.write(message, size, start);
    LegacyFrame.encodeHeader(LegacyFrame.TYPE_MESSAGE, frame, room);
    return frame;
  }

  /** Writes a frame with an acknowledgement. */
  public static byte[] encodeAck(String eventId) {
    return encodeAck(eventId, 0);
  }

  /** Writes a frame with an acknowledgement, after free space for an outer framing. */
  public static byte[] encodeAck(String eventId, int room) {
    int start = room + LegacyFrame.HEADER_LENGTH;
    byte[] frame = new byte[start + MessageSize.ofAck(eventId)];
    LegacyFrame.encodeHeader(LegacyFrame.TYPE_ACK, frame, room);
    MessageWriter.writeAck(eventId, frame, start);
    return frame;
  }
}
