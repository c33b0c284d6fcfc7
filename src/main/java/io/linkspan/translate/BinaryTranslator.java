package io.linkspan.translate;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.linkspan.api.AckMessage;
import io.linkspan.api.Message;
import io.linkspan.protocol.ProtocolException;
import io.linkspan.protocol.frame.LegacyFrame;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.io.UncheckedIOException;

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
    int type = LegacyFrame.typeOf(frame);
    MessageScan.check(frame, LegacyFrame.HEADER_LENGTH, limits);
    try {
      return switch (type) {
        case LegacyFrame.TYPE_MESSAGE -> parse(Message.parser(), frame);
        case LegacyFrame.TYPE_ACK -> parse(AckMessage.parser(), frame);
        default ->
            throw new ProtocolException(
                "frame type " + type + " is unknown; a Message is 11 and an AckMessage 10");
      };
    } catch (InvalidProtocolBufferException e) {
      String expected = type == LegacyFrame.TYPE_MESSAGE ? "Message" : "AckMessage";
      throw new ProtocolException("not a valid " + expected);
    }
  }

  private static <T> T parse(Parser<T> parser, byte[] frame) throws InvalidProtocolBufferException {
    return parser.parseFrom(
        frame, LegacyFrame.HEADER_LENGTH, frame.length - LegacyFrame.HEADER_LENGTH);
  }

  /** Writes a frame with a Message; many recipients may share it, and nobody changes it. */
  public static byte[] encode(Message message) {
    return encode(message, 0);
  }

  /** Writes a frame with a Message, after free space for the bytes of an outer framing. */
  public static byte[] encode(Message message, int room) {
    return encode(LegacyFrame.TYPE_MESSAGE, message, room);
  }

  /** Writes a frame with an acknowledgement. */
  public static byte[] encodeAck(String eventId) {
    return encodeAck(eventId, 0);
  }

  /** Writes a frame with an acknowledgement, after free space for an outer framing. */
  public static byte[] encodeAck(String eventId, int room) {
    return encode(LegacyFrame.TYPE_ACK, AckMessage.newBuilder().setEventId(eventId).build(), room);
  }

  private static byte[] encode(int type, MessageLite payload, int room) {
    int start = room + LegacyFrame.HEADER_LENGTH;
    int length = payload.getSerializedSize();
    byte[] frame = new byte[start + length];
    LegacyFrame.encodeHeader(type, frame, room);
    CodedOutputStream out = CodedOutputStream.newInstance(frame, start, length);
    try {
      payload.writeTo(out);
    } catch (IOException e) {
      throw new UncheckedIOException("a write to an array cannot fail", e);
    }
    return frame;
  }
}
