package io.linkspan.upstream.http;

import com.google.protobuf.UnsafeByteOperations;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.protocol.ProtocolException;
import io.linkspan.protocol.methodchannel.Envelope;
import io.linkspan.protocol.methodchannel.JsonValues;
import io.linkspan.protocol.methodchannel.MethodCall;
import io.linkspan.translate.MethodTranslator;
import io.linkspan.upstream.BackendException;
import io.linkspan.upstream.BackendException.Kind;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * Translates a Flutter method call to a plain JSON request, and the response to its result.
 *
 * <pre>
 *   POST {"channel":"orders","method":"price","arguments":{"item":"tea"}}
 *
 *   2xx with JSON, text, bytes or nothing    success: the value, a string, bytes or null
 *   501                                      not implemented
 *   429                                      the error rate-limited
 *   other 4xx                                failure: "code", "message" and "details" of a JSON
 *                                            object, else the status, and the text that there is
 *   anything else                            as for any Message
 * </pre>
 */
final class MethodPost {

  private static final int NOT_IMPLEMENTED = 501;
  private static final int TOO_MANY_REQUESTS = 429;

  private MethodPost() {}

  /**
   * Returns the call with its JSON as the body.
   *
   * @throws MessageException {@code malformed}, when the Message is not a call or JSON cannot
   *     express it
   */
  static Message withJson(Message message) {
    MethodCall call = MethodTranslator.decodeCall(message);
    Map<String, Object> json = new HashMap<>();
    json.put("channel", message.getTo());
    json.put("method", call.method());
    json.put("arguments", call.arguments());
    try {
      return message.toBuilder()
          .setBodyBytes(UnsafeByteOperations.unsafeWrap(JsonValues.write(json)))
          .build();
    } catch (IllegalArgumentException e) {
      throw new MessageException(ErrorCode.MALFORMED, e.getMessage());
    }
  }

  /**
   * Reads a response as the result of the call that was posted.
   *
   * @param now in milliseconds since 1970
   * @throws BackendException when the service did not answer the call
   */
  static Message answer(Message call, int status, MultiMap headers, Buffer body, long now) {
    try {
      if (status >= 200 && status < 300) {
        return MethodTranslator.encodeAnswer(call, new Envelope.Success(value(headers, body)));
      }
      if (status == NOT_IMPLEMENTED) {
        return MethodTranslator.notImplemented(call);
      }
      if (status >= 400 && status < 500 && status != TOO_MANY_REQUESTS) {
        return MethodTranslator.encodeAnswer(call, failure(status, headers, body));
      }
    } catch (ProtocolException | IllegalArgumentException e) {
      throw new BackendException(
          Kind.REFUSED, ErrorCode.INTERNAL, "the service's answer cannot be read");
    }
    return HttpAnswer.read(status, headers, body, now);
  }

  private static Object value(MultiMap headers, Buffer body) {
    if (body.length() == 0) {
      return null;
    }
    String contentType = headers.get(HttpHeaders.CONTENT_TYPE);
    String type = HttpAnswer.mediaType(contentType);
    if (HttpAnswer.isJson(type)) {
      return readJson(body, contentType);
    }
    boolean isText = type.isEmpty() || type.startsWith("text/");
    String text = isText ? HttpAnswer.decode(body, contentType) : null;
    return text == null ? body.getBytes() : text;
  }

  private static Object readJson(Buffer body, String contentType) {
    String text = HttpAnswer.decode(body, contentType);
    if (text == null) {
      throw new ProtocolException("not text in its charset");
    }
    return JsonValues.read(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
  }

  private static Envelope failure(int status, MultiMap headers, Buffer body) {
    String code = Integer.toString(status);
    Object details = null;
    if (HttpAnswer.isJson(HttpAnswer.mediaType(headers.get(HttpHeaders.CONTENT_TYPE)))
        && jsonIn(body, headers.get(HttpHeaders.CONTENT_TYPE)) instanceof Map<?, ?> json) {
      details = json.get("details");
      if (json.get("code") instanceof String own) {
        code = own;
      }
    }
    return new Envelope.Failure(code, HttpAnswer.text(status, headers, body), details, null);
  }

  /** Reads the details of an error; null when they cannot be read. */
  private static Object jsonIn(Buffer body, String contentType) {
    try {
      return readJson(body, contentType);
    } catch (ProtocolException e) {
      return null;
    }
  }
}
