package io.linkspan.translate;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.MessageOrBuilder;
import com.google.protobuf.util.JsonFormat;
import io.linkspan.api.AckMessage;
import io.linkspan.api.Message;
import io.linkspan.protocol.ProtocolException;
import io.linkspan.protocol.StrictUtf8;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.regex.Pattern;

/** Reads and writes protobuf's JSON mapping. */
public final class JsonTranslator {

  private static final JsonFormat.Parser PARSER = JsonFormat.parser();
  private static final JsonFormat.Printer PRINTER =
      JsonFormat.printer().omittingInsignificantWhitespace();

  private static final JsonFactory TOKENS = new JsonFactory();

  /** Beginning of a frame, including an empty one. */
  private static final Pattern FRAME = Pattern.compile("\\s*\\{\\s*(\\}|\"(message|ack)\"\\s*:)");

  private static final String BYTE_ORDER_MARK = "\uFEFF";

  private JsonTranslator() {}

  /**
   * Reads a text frame of the {@code linkspan.json} subprotocol.
   *
   * @return a {@link Message} or an {@link AckMessage}
   * @throws ProtocolException when it is neither; the message says why
   */
  public static MessageLite decodeFrame(String text) {
    JsonFrame.Builder frame = JsonFrame.newBuilder();
    merge(text, frame, "{\"message\":{…}} or {\"ack\":{…}}");
    return switch (frame.getFrameCase()) {
      case MESSAGE -> requireText(frame.getMessage());
      case ACK -> frame.getAck();
      case FRAME_NOT_SET ->
          throw new ProtocolException("expected {\"message\":{…}} or {\"ack\":{…}}");
    };
  }

  /**
   * Reads a frame as above, or a Message without a frame around it, which a person may type. The
   * schema does not have a field called message or ack.
   *
   * @return a {@link Message} or an {@link AckMessage}
   * @throws ProtocolException when it is neither; the message says why
   */
  public static MessageLite decodeFrameOrMessage(String text) {
    return FRAME.matcher(text).lookingAt() ? decodeFrame(text) : decode(text);
  }

  /**
   * Reads a bare Message.
   *
   * @throws ProtocolException when it is not one; the message says why
   */
  public static Message decode(String text) {
    Message.Builder message = Message.newBuilder();
    merge(text, message, "a Message");
    return requireText(message.build());
  }

  /** Writes a text frame with a Message, in UTF-8; it may be shared and is not changed. */
  public static byte[] encodeFrame(Message message) {
    return print(JsonFrame.newBuilder().setMessage(message)).getBytes(StandardCharsets.UTF_8);
  }

  /** Writes a text frame with an acknowledgement, in UTF-8. */
  public static byte[] encodeAckFrame(String eventId) {
    return print(JsonFrame.newBuilder().setAck(AckMessage.newBuilder().setEventId(eventId)))
        .getBytes(StandardCharsets.UTF_8);
  }

  /** Writes a bare Message. */
  public static String encode(Message message) {
    return print(message);
  }

  private static void merge(
      String json, com.google.protobuf.Message.Builder into, String expected) {
    // Some libraries write a byte order mark, which may be ignored (RFC 8259, section 8.1).
    String text = json.startsWith(BYTE_ORDER_MARK) ? json.substring(1) : json;
    try {
      PARSER.merge(text, into);
    } catch (InvalidProtocolBufferException e) {
      throw new ProtocolException("not " + expected + " in JSON: " + e.getMessage());
    }
    if (!isOneValue(text)) {
      throw new ProtocolException("not " + expected + " in JSON: something follows it");
    }
  }

  /** Checks what the parser ignores: that nothing follows the value. */
  private static boolean isOneValue(String json) {
    try (JsonParser tokens = TOKENS.createParser(json)) {
      tokens.nextToken();
      tokens.skipChildren();
      return tokens.nextToken() == null;
    } catch (IOException e) {
      return false;
    }
  }

  private static String print(MessageOrBuilder message) {
    try {
      return PRINTER.print(message);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("the schema has no Any, the only type that can fail", e);
    }
  }

  /** Rejects half a surrogate pair, which JSON can escape and protobuf cannot hold. */
  private static Message requireText(Message message) {
    requireText("eventId", message.getEventId());
    requireText("from", message.getFrom());
    requireText("to", message.getTo());
    requireText("createAt", message.getCreateAt());
    requireText("type", message.getType());
    requireText("body", message.getBody());
    requireText("contentType", message.getContentType());
    requireText("replyTo", message.getReplyTo());
    for (Map.Entry<String, String> header : message.getHeadersMap().entrySet()) {
      requireText("headers", header.getKey());
      requireText("headers", header.getValue());
    }
    return message;
  }

  private static void requireText(String field, String value) {
    if (!StrictUtf8.canEncode(value)) {
      throw new ProtocolException(field + " has half a surrogate pair");
    }
  }
}
