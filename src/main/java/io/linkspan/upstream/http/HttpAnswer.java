package io.linkspan.upstream.http;

import com.google.protobuf.UnsafeByteOperations;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.protocol.ProtocolException;
import io.linkspan.translate.JsonTranslator;
import io.linkspan.upstream.BackendException;
import io.linkspan.upstream.BackendException.Kind;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonObject;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads an HTTP response as the outcome of the Message that was posted. */
final class HttpAnswer {

  private static final String JSON = "application/json";
  private static final Pattern CHARSET =
      Pattern.compile("charset=\"?([^\\s\";]+)", Pattern.CASE_INSENSITIVE);
  private static final Pattern SECONDS = Pattern.compile("\\d{1,9}");
  private static final Duration MAX_RETRY_AFTER = Duration.ofDays(1);

  /** Keys of the text of an error; {@code detail} and {@code title} are from RFC 9457. */
  private static final List<String> TEXT_KEYS = List.of("message", "detail", "error", "title");

  private static final int MAX_TEXT = 500;

  private HttpAnswer() {}

  /**
   * Reads a response.
   *
   * @param now in milliseconds since 1970, for a {@code Retry-After} that is a date
   * @return the service's answer; null when it accepted without one
   * @throws BackendException when the service did not accept the Message
   */
  static Message read(int status, MultiMap headers, Buffer body, long now) {
    String encoding = headers.get(HttpHeaders.CONTENT_ENCODING);
    if (encoding != null) {
      // A coding that was asked for has been decoded already.
      throw new BackendException(
          Kind.REFUSED,
          ErrorCode.INTERNAL,
          "the service's answer is encoded as " + shortened(encoding));
    }
    if (status >= 200 && status < 300) {
      return body.length() == 0 ? null : message(headers, body);
    }
    long retryAfterMs = retryAfter(headers.get(HttpHeaders.RETRY_AFTER), now);
    if (status >= 500) {
      throw new BackendException(
          kind(status),
          new MessageException(
              ErrorCode.UNAVAILABLE, "the service answered " + status, retryAfterMs),
          null);
    }
    if (status < 400) {
      throw new BackendException(
          Kind.REFUSED, ErrorCode.INTERNAL, "the service answered " + status);
    }
    ErrorCode code =
        switch (status) {
          case 403 -> ErrorCode.FORBIDDEN;
          case 404 -> ErrorCode.NO_SUCH_RECIPIENT;
          case 413 -> ErrorCode.TOO_LARGE;
          case 429 -> ErrorCode.RATE_LIMITED;
          default -> ErrorCode.MALFORMED;
        };
    throw new BackendException(
        Kind.REFUSED, new MessageException(code, text(status, headers, body), retryAfterMs), null);
  }

  private static Kind kind(int status) {
    return switch (status) {
      case 503 -> Kind.UNSENT;
      case 502, 504 -> Kind.LOST;
      default -> Kind.ERROR;
    };
  }

  private static Message message(MultiMap headers, Buffer body) {
    String contentType = headers.get(HttpHeaders.CONTENT_TYPE);
    String type = mediaType(contentType);
    boolean json = isJson(type);
    if (json || type.isEmpty() || type.startsWith("text/")) {
      String text = decode(body, contentType);
      if (text != null) {
        return json ? ofJson(text) : ofText(text, type);
      }
    }
    return Message.newBuilder()
        .setContentType(type)
        .addAttachments(UnsafeByteOperations.unsafeWrap(body.getBytes()))
        .build();
  }

  /** Reads JSON; what is not a Message becomes the body of one. */
  private static Message ofJson(String text) {
    try {
      return JsonTranslator.decode(text);
    } catch (ProtocolException e) {
      return Message.newBuilder().setContentType(JSON).setBody(text).build();
    }
  }

  private static Message ofText(String text, String type) {
    return Message.newBuilder()
        .setContentType(type.equals("text/plain") ? "" : type)
        .setBody(text)
        .build();
  }

  static boolean isJson(String type) {
    return type.equals(JSON) || type.endsWith("+json");
  }

  static String mediaType(String contentType) {
    if (contentType == null) {
      return "";
    }
    int end = contentType.indexOf(';');
    return (end < 0 ? contentType : contentType.substring(0, end)).strip().toLowerCase(Locale.ROOT);
  }

  /** Decodes text; null when the bytes are not valid in their charset. */
  static String decode(Buffer body, String contentType) {
    try {
      return charset(contentType).newDecoder().decode(ByteBuffer.wrap(body.getBytes())).toString();
    } catch (CharacterCodingException e) {
      return null;
    }
  }

  private static Charset charset(String contentType) {
    Matcher matcher = contentType == null ? null : CHARSET.matcher(contentType);
    if (matcher == null || !matcher.find()) {
      return StandardCharsets.UTF_8;
    }
    try {
      return Charset.forName(matcher.group(1));
    } catch (IllegalArgumentException e) {
      return StandardCharsets.UTF_8;
    }
  }

  /** Returns the text of an error, shortened for a client; the content of a web page is ignored. */
  static String text(int status, MultiMap headers, Buffer body) {
    String contentType = headers.get(HttpHeaders.CONTENT_TYPE);
    String type = mediaType(contentType);
    String text = null;
    if (isJson(type)) {
      text = textInJson(body);
    } else if (type.isEmpty() || type.equals("text/plain")) {
      text = decode(body, contentType);
    }
    return text == null || text.isBlank()
        ? "the service answered " + status
        : shortened(text.strip().replaceAll("\\p{Cntrl}+", " "));
  }

  private static String textInJson(Buffer body) {
    try {
      if (Json.decodeValue(body) instanceof JsonObject json) {
        for (String key : TEXT_KEYS) {
          if (json.getValue(key) instanceof String text) {
            return text;
          }
        }
      }
    } catch (DecodeException e) {
      // The caller uses a text of its own.
      return null;
    }
    return null;
  }

  private static String shortened(String text) {
    if (text.length() <= MAX_TEXT) {
      return text;
    }
    int end = Character.isHighSurrogate(text.charAt(MAX_TEXT - 1)) ? MAX_TEXT - 1 : MAX_TEXT;
    return text.substring(0, end) + '…';
  }

  /** Reads {@code Retry-After} (RFC 9110, section 10.2.3); 0 when it is missing or malformed. */
  private static long retryAfter(String value, long now) {
    if (value == null) {
      return 0;
    }
    long ms;
    if (SECONDS.matcher(value).matches()) {
      ms = Long.parseLong(value) * 1000;
    } else {
      try {
        ms = Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(value)).toEpochMilli() - now;
      } catch (DateTimeParseException e) {
        return 0;
      }
    }
    return Math.max(0, Math.min(ms, MAX_RETRY_AFTER.toMillis()));
  }
}
