package io.linkspan.translate;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonStreamContext;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.MessageOrBuilder;
import com.google.protobuf.util.JsonFormat;
import io.linkspan.api.AckMessage;
import io.linkspan.api.Headers;
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

  private static final JsonFactory TOKENS =
      JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private static final int LONGEST_NAME = 64;
  private static final String ATTACHMENTS = "attachments";
  private static final String HEADERS = "headers";

  /** Beginning of a frame, including an empty one. */
  private static final Pattern FRAME = Pattern.compile("\\s*\\{\\s*(\\}|\"(message|ack)\"\\s*:)");

  private static final String BYTE_ORDER_MARK = "\uFEFF";

  /** Names, values and brackets of a Message and its frame, apart from headers and attachments. */
  private static final int OTHER_TOKENS = 64;

  private JsonTranslator() {}

  /**
   * Reads a text frame of the {@code linkspan.json} subprotocol.
   *
   * @param limits are checked before a Message is read into objects
   * @return a {@link Message} or an {@link AckMessage}
   * @throws ProtocolException when it is neither; the message says why
   */
  public static MessageLite decodeFrame(String text, MessageLimits limits) {
    MessageLite plain = decodePlainFrame(text);
    return plain == null ? decodeAnyFrame(text, limits) : plain;
  }

  private static MessageLite decodePlainFrame(String text) {
    AckMessage ack = AckReader.read(text);
    return ack == null ? JsonMessageReader.readFrame(text) : ack;
  }

  private static MessageLite decodeAnyFrame(String text, MessageLimits limits) {
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
    MessageLite plain = decodePlainFrame(text);
    if (plain != null) {
      return plain;
    }
    return FRAME.matcher(text).lookingAt() ? decodeAnyFrame(text, limits) : decode(text, limits);
  }

  /**
   * Reads a bare Message.
   *
   * @throws ProtocolException when it is not one; the message says why
   */
  public static Message decode(String text, MessageLimits limits) {
    Message plain = JsonMessageReader.read(text);
    return plain == null ? decodeAny(text, limits) : plain;
  }

  private static Message decodeAny(String text, MessageLimits limits) {
    Message.Builder message = Message.newBuilder();
    merge(text, message, "a Message", limits);
    return requireText(message.build(), limits);
  }

  /** Writes a text frame with a Message, in UTF-8; it may be shared and is not changed. */
  public static byte[] encodeFrame(Message message) {
    if (JsonMessageWriter.writes(message)) {
      return JsonMessageWriter.write("{\"message\":", message, "}");
    }
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

  /** Writes a bare Message in UTF-8. */
  public static byte[] encodeUtf8(Message message) {
    return JsonMessageWriter.writes(message)
        ? JsonMessageWriter.write("", message, "")
        : print(message).getBytes(StandardCharsets.UTF_8);
  }

  private static void merge(
      String json,
      com.google.protobuf.Message.Builder into,
      String expected,
      MessageLimits limits) {
    // Some libraries write a byte order mark, which may be ignored (RFC 8259, section 8.1).
    String text = json.startsWith(BYTE_ORDER_MARK) ? json.substring(1) : json;
    requireShape(text, expected, limits);
    try {
      PARSER.merge(text, into);
    } catch (InvalidProtocolBufferException e) {
      throw malformed(expected, "a field is unknown or has another type");
    }
  }

  /**
   * Checks what the parser takes and the mapping does not have: numbers, booleans and arrays in
   * place of strings, the only scalars of the schema, and text that is not JSON. Counts the values,
   * before objects are made of them.
   */
  private static void requireShape(String json, String expected, MessageLimits limits) {
    // A header has a name and a value.
    long tokensLeft = OTHER_TOKENS + 2L * limits.headers() + limits.attachments();
    int depth = 0;
    try (JsonParser tokens = TOKENS.createParser(json)) {
      do {
        JsonToken token = tokens.nextToken();
        if (token == null) {
          throw malformed(expected, "it is empty or truncated");
        }
        if (--tokensLeft < 0) {
          throw new ProtocolException(
              "a message has at most "
                  + limits.headers()
                  + " headers and "
                  + limits.attachments()
                  + " attachments");
        }
        if (token.isNumeric()
            || token.isBoolean()
            || (token == JsonToken.START_ARRAY && !isRepeated(tokens.getParsingContext()))) {
          throw malformed(expected, nameOf(tokens) + " is not a string");
        }
        depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
      } while (depth > 0);
      if (tokens.nextToken() != null) {
        throw malformed(expected, "something follows it");
      }
    } catch (IOException e) {
      throw malformed(
          expected,
          depth == 0 ? "something follows it" : "the syntax is wrong, or a name is repeated");
    }
  }

  /** Returns whether an array is the value of the only repeated field. */
  private static boolean isRepeated(JsonStreamContext array) {
    JsonStreamContext message = array.getParent();
    return ATTACHMENTS.equals(message.getCurrentName())
        && !HEADERS.equals(message.getParent().getCurrentName());
  }

  /** Returns the name of the field that the parser is in. */
  private static String nameOf(JsonParser tokens) {
    JsonStreamContext place = tokens.getParsingContext();
    if (place.inArray()) {
      place = place.getParent();
    }
    String name = place.getCurrentName();
    return name == null || name.length() > LONGEST_NAME ? "a field" : name;
  }

  private static ProtocolException malformed(String expected, String why) {
    return new ProtocolException("not " + expected + " in JSON: " + why);
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
    if (Headers.count(message) > 0) {
      for (Map.Entry<String, String> header : message.getHeadersMap().entrySet()) {
        requireText(HEADERS, header.getKey());
        requireText(HEADERS, header.getValue());
      }
    }
    return message;
  }

  private static void requireText(String field, String value) {
    if (!StrictUtf8.canEncode(value)) {
      throw new ProtocolException(field + " has half a surrogate pair");
    }
  }
}
