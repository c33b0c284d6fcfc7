package io.linkspan.api;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.linkspan.protocol.ProtocolException;
import io.linkspan.protocol.methodchannel.Envelope;
import io.linkspan.protocol.methodchannel.MethodCall;
import io.linkspan.protocol.methodchannel.MethodCodec;

/**
 * Method calls and their answers as Messages: the bytes of the codec are the first attachment, and
 * a Message without one says that the method is not implemented. For {@link MethodChannel} and for
 * upstreams; who writes a service needs it not.
 */
public final class MethodMessages {

  private MethodMessages() {}

  /** Whether a client calls a method with it. */
  public static boolean isCall(Message message) {
    return message.getType().equals(MethodChannel.TYPE) && message.getReplyTo().isEmpty();
  }

  /**
   * Reads a call.
   *
   * @throws MessageException {@code malformed}, when it is none
   */
  public static MethodCall call(Message message) {
    if (message.getAttachmentsCount() == 0) {
      throw malformed("a call has to be the first attachment");
    }
    try {
      return codec(message.getContentType())
          .decodeCall(message.getAttachments(0).asReadOnlyByteBuffer());
    } catch (ProtocolException e) {
      throw malformed(e.getMessage());
    }
  }

  /**
   * Writes the answer to a call, in the codec of the call.
   *
   * @throws IllegalArgumentException when it holds what the codec has no form for
   */
  public static Message answer(Message call, Envelope envelope) {
    return withBytes(
        notImplemented(call).toBuilder(),
        call.getContentType(),
        codec(call.getContentType()).encodeEnvelope(envelope));
  }

  /** The answer that nobody knows the method. */
  public static Message notImplemented(Message call) {
    return Message.newBuilder().setType(MethodChannel.TYPE).setFrom(call.getTo()).build();
  }

  /** A call for a client. */
  static Message call(String channel, String to, MethodChannel.Codec codec, MethodCall call) {
    return withBytes(
        Message.newBuilder()
            .setType(MethodChannel.TYPE)
            .setTo(to)
            .putHeaders(Headers.CHANNEL, channel),
        codec.contentType(),
        codec.codec().encodeCall(call));
  }

  /**
   * Reads the answer of a client.
   *
   * @return null when it says that the method is not implemented
   * @throws MessageException {@code malformed}, when it is none
   */
  static Envelope envelope(Message answer) {
    if (answer.getAttachmentsCount() == 0) {
      return null;
    }
    try {
      return codec(answer.getContentType())
          .decodeEnvelope(answer.getAttachments(0).asReadOnlyByteBuffer());
    } catch (ProtocolException e) {
      throw malformed("the app's answer can not be read: " + e.getMessage());
    }
  }

  private static Message withBytes(Message.Builder message, String contentType, byte[] bytes) {
    ByteString attachment = UnsafeByteOperations.unsafeWrap(bytes);
    return message.setContentType(contentType).addAttachments(attachment).build();
  }

  private static MethodCodec codec(String contentType) {
    for (MethodChannel.Codec codec : MethodChannel.Codec.values()) {
      if (contentType.equals(codec.contentType())) {
        return codec.codec();
      }
    }
    throw malformed(
        "contentType has to be "
            + MethodChannel.Codec.STANDARD.contentType()
            + " or "
            + MethodChannel.Codec.JSON.contentType());
  }

  private static MessageException malformed(String what) {
    return new MessageException(ErrorCode.MALFORMED, what);
  }
}
