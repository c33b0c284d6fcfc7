package io.linkspan.upstream.http;

import com.google.protobuf.UnsafeByteOperations;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.protocol.ProtocolException;
import io.linkspan.protocol.StrictUtf8;
import io.linkspan.translate.ErrorAnswer;
import io.linkspan.translate.JsonTranslator;
import io.linkspan.translate.MessageLimits;
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
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads an HTTP response as the outcome of the Message that was posted. */
final class HttpAnswer {

  private static final String JSON = "application/json";

  /** One parameter of a media type, whose value is a token or a quoted string. */
  private static final Pattern PARAMETER =
      Pattern.compile(";\\s*([^\\s;=\"]+)=(?:\"((?:[^\"\\\\]|\\\\.)*)\"|([^\\s;\"]*))");

  private static final char BYTE_ORDER_MARK = '\uFEFF';
  private static final Pattern SECONDS = Pattern.compile("\\d{1,9}");

  /** All forms of a date, two of them obsolete (RFC 9110, section 5.6.7). */
  private static final List<DateTimeFormatter> DATES =
      List.of(
          DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ENGLISH),
          DateTimeFormatter.ofPattern("EEEE, dd-MMM-yy HH:mm:ss 'GMT'", Locale.ENGLISH),
          DateTimeFormatter.ofPattern("EEE MMM ppd HH:mm:ss yyyy", Locale.ENGLISH));

  /** Keys of the text of an error; {@code detail} and {@code title} are from RFC 9457. */
  private static final List<String> TEXT_KEYS = List.of("message", "detail", "error", "title");

  private HttpAnswer() {}

  /**
   * Reads a response.
   *
   * @param body without its content codings
   * @param now in milliseconds since 1970, for a {@code Retry-After} that is a date
   * @return the service's answer; null when it accepted without one
   * @throws BackendException when the service did not accept the Message
   */
  static Message read(int status, MultiMap headers, Buffer body, long now) {
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

  /** Reads JSON; what is not a Message becomes the body of one, and an error a refusal. */
  private static Message ofJson(String text) {
    Message message;
    try {
      message = JsonTranslator.decode(text, MessageLimits.NONE);
    } catch (ProtocolException e) {
      return Message.newBuilder().setContentType(JSON).setBody(text).build();
    }
    if (ErrorAnswer.isError(message)) {
      throw new BackendException(Kind.REFUSED, ErrorAnswer.refusal(message), null);
    }
    return message;
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

  /**
   * Decodes text, without a byte order mark (RFC 8259, section 8.1); null when the bytes are not
   * valid in their charset.
   */
  static String decode(Buffer body, String contentType) {
    Charset charset = charset(contentType);
    String text;
    try {
      text =
          charset.equals(StandardCharsets.UTF_8)
              ? StrictUtf8.decode(body)
              : charset.newDecoder().decode(ByteBuffer.wrap(body.getBytes())).toString();
    } catch (CharacterCodingException | ProtocolException e) {
      return null;
    }
    return !text.isEmpty() && text.charAt(0) == BYTE_ORDER_MARK ? text.substring(1) : text;
  }

  private static Charset charset(String contentType) {
    if (contentType == null || contentType.indexOf(';') < 0) {
      return StandardCharsets.UTF_8;
    }
    Matcher parameter = PARAMETER.matcher(contentType);
    while (parameter.find()) {
      if (parameter.group(1).equalsIgnoreCase("charset")) {
        String quoted = parameter.group(2);
        String name = quoted == null ? parameter.group(3) : quoted.replaceAll("\\\\(.)", "$1");
        try {
          return Charset.forName(name);
        } catch (IllegalArgumentException e) {
          return StandardCharsets.UTF_8;
        }
      }
    }
    return StandardCharsets.UTF_8;
  }

  /** Returns the text of an error, shortened for a client; the content of a web page is ignored. */
  static String text(int status, MultiMap headers, Buffer body) {
    String contentType = headers.get(HttpHeaders.CONTENT_TYPE);
    String type = mediaType(contentType);
    String text = null;
    if (isJson(type)) {
      text = textInJson(decode(body, contentType));
    } else if (type.isEmpty() || type.equals("text/plain")) {
      text = decode(body, contentType);
    }
    return text == null || text.isBlank()
        ? "the service answered " + status
        : ErrorAnswer.shortened(text.strip().replaceAll("\\p{Cntrl}+", " "));
  }

  private static String textInJson(String text) {
    if (text == null) {
      return null;
    }
    try {
      if (Json.decodeValue(text) instanceof JsonObject json) {
        for (String key : TEXT_KEYS) {
          if (json.getValue(key) instanceof String found) {
            return found;
          }
        }
      }
    } catch (DecodeException e) {
      // The caller uses a text of its own.
      return null;
    }
    return null;
  }

  /** Reads {@code Retry-After} (RFC 9110, section 10.2.3); 0 when it is missing or malformed. */
  private static long retryAfter(String value, long now) {
    if (value == null) {
      return 0;
    }
    if (SECONDS.matcher(value).matches()) {
      return ErrorAnswer.boundedRetryAfter(Long.parseLong(value) * 1000);
    }
    for (DateTimeFormatter form : DATES) {
      try {
        long date = form.parse(value, LocalDateTime::from).toInstant(ZoneOffset.UTC).toEpochMilli();
        return ErrorAnswer.boundedRetryAfter(date - now);
      } catch (DateTimeParseException e) {
        // The next form may fit.
      }
    }
    return 0;
  }
}
