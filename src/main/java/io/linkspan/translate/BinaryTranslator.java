package io.linkspan.translate;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
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

  /**
   * Reads a frame.
   *
   * @return a {@link Message} or an {@link AckMessage}; fields this version does not know are kept
   * @throws ProtocolException when it is neither, saying what is wrong
   */
  public static MessageLite decode(Buffer bytes) {
    LegacyFrame frame = LegacyFrame.decode(bytes);
    byte[] payload = frame.payload().getBytes();
    try {
      return switch (frame.type()) {
        case LegacyFrame.TYPE_MESSAGE -> Message.parseFrom(payload);
        case LegacyFrame.TYPE_ACK -> AckMessage.parseFrom(payload);
        default ->
            throw new ProtocolException(
                "frame type " + frame.type() + " is unknown; a Message is 11 and an AckMessage 10");
      };
    } catch (InvalidProtocolBufferException e) {
      String expected = frame.type() == LegacyFrame.TYPE_MESSAGE ? "Message" : "AckMessage";
      throw new ProtocolException("not a valid " + expected + ": " + e.getMessage());
    }
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
