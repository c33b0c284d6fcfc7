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

/** Between the binary frame and what it carries. */
public final class BinaryTranslator {

  private BinaryTranslator() {}

  /** As {@link #decode(byte[])}, with a copy of the bytes. */
  public static MessageLite decode(Buffer frame) {
    return decode(frame.getBytes());
  }

  /**
   * Reads a frame.
   *
   * @return a {@link Message} or an {@link AckMessage}; fields this version does not know are kept
   * @throws ProtocolException when it is neither, saying what is wrong
   */
  public static MessageLite decode(byte[] frame) {
    int type = LegacyFrame.typeOf(frame);
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
      throw new ProtocolException("not a valid " + expected + ": " + e.getMessage());
    }
  }

  private static <T> T parse(Parser<T> parser, byte[] frame) throws InvalidProtocolBufferException {
    return parser.parseFrom(
        frame, LegacyFrame.HEADER_LENGTH, frame.length - LegacyFrame.HEADER_LENGTH);
  }

  /** A frame with a Message; it may be shared by many recipients and is not changed. */
  public static byte[] encode(Message message) {
    return encode(message, 0);
  }

  /** The same behind so many bytes that are left to whoever frames the frame. */
  public static byte[] encode(Message message, int room) {
    return encode(LegacyFrame.TYPE_MESSAGE, message, room);
  }

  /** A frame with an acknowledgement. */
  public static byte[] encodeAck(String eventId) {
    return encodeAck(eventId, 0);
  }

  /** The same behind so many bytes that are left to whoever frames the frame. */
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
      throw new UncheckedIOException("an array does not fail", e);
    }
    return frame;
  }
}
