package io.linkspan.translate;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.protocol.ProtocolException;
import io.linkspan.protocol.methodchannel.Envelope;
import io.linkspan.protocol.methodchannel.JsonMethodCodec;
import io.linkspan.protocol.methodchannel.MethodCall;
import io.linkspan.protocol.methodchannel.MethodCodec;
import io.linkspan.protocol.methodchannel.StandardMethodCodec;
import java.util.List;

/**
 * Turns method calls and their answers into Messages, and back. The first attachment holds the
 * bytes of the codec; an answer without an attachment says that the method is not implemented.
 */
public final class MethodTranslator {

  /** Type of the Messages that carry calls and their answers. */
  public static final String TYPE = "method";

  private static final List<MethodCodec> CODECS =
      List.of(StandardMethodCodec.INSTANCE, JsonMethodCodec.INSTANCE);

  private MethodTranslator() {}

  /** Returns whether a Message calls a method. */
  public static boolean isCall(Message message) {
    return message.getType().equals(TYPE) && message.getReplyTo().isEmpty();
  }

  /**
   * Reads a call.
   *
   * @throws MessageException {@code malformed}, when the Message is not a call
   */
  public static MethodCall decodeCall(Message message) {
    if (message.getAttachmentsCount() == 0) {
      throw malformed("a call must be the first attachment");
    }
    try {
      return codec(message.getContentType())
          .decodeCall(message.getAttachments(0).asReadOnlyByteBuffer());
    } catch (ProtocolException e) {
      throw malformed(e.getMessage());
    }
  }

  /**
   * Writes a call for a client.
   *
   * @throws IllegalArgumentException when the codec has no form for the arguments
   */
  public static Message encodeCall(String channel, String to, MethodCodec codec, MethodCall call) {
    return withBytes(
        Message.newBuilder().setType(TYPE).setTo(to).putHeaders(Headers.CHANNEL, channel),
        codec.contentType(),
        codec.encodeCall(call));
  }

  /**
   * Reads the answer of a client.
   *
   * @return null when the client does not implement the method
   * @throws MessageException {@code malformed}, when the Message is not an answer
   */
  public static Envelope decodeAnswer(Message answer) {
    if (answer.getAttachmentsCount() == 0) {
      return null;
    }
    try {
      return codec(answer.getContentType())
          .decodeEnvelope(answer.getAttachments(0).asReadOnlyByteBuffer());
    } catch (ProtocolException e) {
      throw malformed("the app's answer cannot be read: " + e.getMessage());
    }
  }

  /**
   * Writes the answer to a call, in the codec of the call.
   *
   * @throws IllegalArgumentException when the codec has no form for the result
   */
  public static Message encodeAnswer(Message call, Envelope envelope) {
    return withBytes(
        notImplemented(call).toBuilder(),
        call.getContentType(),
        codec(call.getContentType()).encodeEnvelope(envelope));
  }

  /** Writes the answer that the method is not implemented. */
  public static Message notImplemented(Message call) {
    return Message.newBuilder().setType(TYPE).setFrom(call.getTo()).build();
  }

  private static Message withBytes(Message.Builder message, String contentType, byte[] bytes) {
    ByteString attachment = UnsafeByteOperations.unsafeWrap(bytes);
    return message.setContentType(contentType).addAttachments(attachment).build();
  }

  private static MethodCodec codec(String contentType) {
    for (MethodCodec codec : CODECS) {
      if (contentType.equals(codec.contentType())) {
        return codec;
      }
    }
    throw malformed(
        "contentType must be "
            + StandardMethodCodec.INSTANCE.contentType()
            + " or "
            + JsonMethodCodec.INSTANCE.contentType());
  }

  private static MessageException malformed(String what) {
    return new MessageException(ErrorCode.MALFORMED, what);
  }
}
