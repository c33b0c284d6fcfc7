package io.linkspan.protocol.engineio;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;

/** Reasons for which a request is refused. */
public enum EngineError {
  TRANSPORT_UNKNOWN(0, "Transport unknown", 400),
  SESSION_UNKNOWN(1, "Session ID unknown", 400),
  BAD_HANDSHAKE_METHOD(2, "Bad handshake method", 400),
  BAD_REQUEST(3, "Bad request", 400),
  FORBIDDEN(4, "Forbidden", 403),
  UNSUPPORTED_VERSION(5, "Unsupported protocol version", 400);

  /** The content type of every error body. */
  public static final String CONTENT_TYPE = "application/json";

  private final int code;
  private final String message;
  private final int status;

  EngineError(int code, String message, int status) {
    this.code = code;
    this.message = message;
    this.status = status;
  }

  /** Returns the number on the wire. */
  public int code() {
    return code;
  }

  public String message() {
    return message;
  }

  /** Returns the HTTP status. */
  public int status() {
    return status;
  }

  /** Returns the JSON body of the refusal. */
  public Buffer body() {
    return body(message);
  }

  /** Returns the JSON body of the refusal with another message. */
  public Buffer body(String otherMessage) {
    return new JsonObject().put("code", code).put("message", otherMessage).toBuffer();
  }
}
