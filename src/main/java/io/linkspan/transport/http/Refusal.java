package io.linkspan.transport.http;

import io.linkspan.admission.ConnectRefusedException;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;

/**
 * An HTTP response that refuses a request, with a JSON body {@code {"code","message"}}.
 *
 * @param status the HTTP status
 * @param code machine-readable name
 * @param message for a person
 * @param retryAfterMs when the client may retry; 0 is unknown
 */
public record Refusal(int status, String code, String message, long retryAfterMs) {

  public static final Refusal NOT_FOUND = new Refusal(404, "not-found", "nothing is here");
  public static final Refusal MALFORMED_PATH =
      new Refusal(400, "malformed", "the path cannot be decoded");
  public static final Refusal MALFORMED_QUERY =
      new Refusal(400, "malformed", "the query cannot be decoded");
  public static final Refusal UPGRADE_REQUIRED =
      new Refusal(426, "upgrade-required", "this path speaks WebSocket");

  public Refusal(int status, String code, String message) {
    this(status, code, message, 0);
  }

  /** Returns the answer to a client that is not admitted. */
  public static Refusal of(ConnectRefusedException refusal) {
    String message = refusal.getMessage();
    long retryAfterMs = refusal.retryAfterMs();
    return switch (refusal.reason()) {
      case RATE_LIMITED -> new Refusal(429, "rate-limited", message, retryAfterMs);
      case FORBIDDEN -> new Refusal(403, "forbidden", message, retryAfterMs);
      case UNAUTHENTICATED -> new Refusal(401, "unauthenticated", message);
      case MALFORMED -> new Refusal(400, "malformed", message);
      default -> new Refusal(503, "unavailable", message, retryAfterMs);
    };
  }

  public void send(HttpServerRequest request) {
    HttpServerResponse response = request.response().setStatusCode(status);
    JsonObject body = new JsonObject().put("code", code).put("message", message);
    if (retryAfterMs > 0) {
      response.putHeader(HttpHeaders.RETRY_AFTER, Long.toString((retryAfterMs + 999) / 1000));
      body.put("retryAfterMs", retryAfterMs);
    }
    if (status == UPGRADE_REQUIRED.status) {
      response.putHeader(HttpHeaders.UPGRADE, "websocket").putHeader("Sec-WebSocket-Version", "13");
    }
    response
        .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
        .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
        .end(body.toBuffer());
  }
}
