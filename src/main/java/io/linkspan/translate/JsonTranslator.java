package io.linkspan.translate;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
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

  /** Names, values and brackets of a Message and its frame, apart from headers and attachments. */
  private static final int OTHER_TOKENS = 64;

  /** A longer text that is not JSON is refused without the words of the parser. */
  private static final int MAX_EXPLAINED = 4_096;

  private enum Shape {
    ONE_VALUE,
    /** Not JSON, or something follows the value. */
    BROKEN,
    TOO_MANY_VALUES
  }

  private JsonTranslator() {}

  /**
   * Reads a text frame of the {@code linkspan.json} subprotocol.
   *
   * @param limits are checked before a Message is read into objects
   * @return a {@link Message} or an {@link AckMessage}
   * @throws ProtocolException when it is neither; the message says why
   */
  public static MessageLite decodeFrame(String text, MessageLimits limits) {
    JsonFrame.Builder frame = JsonFrame.newBuilder();
    merge(text, frame, "{\"message\":{…}} or {\"ack\":{…}}", limits);
    return switch (frame.getFrameCase()) {
      case MESSAGE -> requireText(frame.getMessage(), limits);
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
  public static MessageLite decodeFrameOrMessage(String text, MessageLimits limits) {
    return FRAME.matcher(text).lookingAt() ? decodeFrame(text, limits) : decode(text, limits);
  }

  /**
   * Reads a bare Message.
   *
   * @throws ProtocolException when it is not one; the message says why
   */
  public static Message decode(String text, MessageLimits limits) {
    Message.Builder message = Message.newBuilder();
    merge(text, message, "a Message", limits);
    return requireText(message.build(), limits);
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
      String text,
      com.google.protobuf.Message.Builder into,
      String expected,
      MessageLimits limits) {
    Shape shape = shapeOf(text, limits);
    if (shape == Shape.TOO_MANY_VALUES
        || (shape == Shape.BROKEN && text.length() > MAX_EXPLAINED)) {
      throw new ProtocolException(
          shape == Shape.BROKEN
              ? "not " + expected + " in JSON"
              : "a message has at most "
                  + limits.headers()
                  + " headers and "
                  + limits.attachments()
                  + " attachments");
    }
    try {
      PARSER.merge(text, into);
    } catch (InvalidProtocolBufferException e) {
      throw new ProtocolException("not " + expected + " in JSON: " + e.getMessage());
    }
    if (shape == Shape.BROKEN) {
      throw new ProtocolException("not " + expected + " in JSON: something follows it");
    }
  }

  /** Checks what the parser ignores: that nothing follows the value; and counts its parts. */
  private static Shape shapeOf(String json, MessageLimits limits) {
    // A header has a name and a value.
    long tokensLeft = OTHER_TOKENS + 2L * limits.headers() + limits.attachments();
    try (JsonParser tokens = TOKENS.createParser(json)) {
      int depth = 0;
      do {
        JsonToken token = tokens.nextToken();
        if (token == null) {
          return Shape.BROKEN;
        }
        if (token.isStructStart()) {
          depth++;
        } else if (token.isStructEnd()) {
          depth--;
        }
        if (--tokensLeft < 0) {
          return Shape.TOO_MANY_VALUES;
        }
      } while (depth > 0);
      return tokens.nextToken() == null ? Shape.ONE_VALUE : Shape.BROKEN;
    } catch (IOException e) {
      return Shape.BROKEN;
    }
  }

  private static String print(MessageOrBuilder message) {
    try {
      return PRINTER.print(message);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("the schema has no Any, the only type that can fail", e);
    }
  }

  /**
   * Rejects half a surrogate pair, which JSON can escape and protobuf cannot hold, and too many
   * parts.
   */
  private static Message requireText(Message message, MessageLimits limits) {
    String tooMany = limits.refusalOf(message);
    if (tooMany != null) {
      throw new ProtocolException(tooMany);
    }
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
