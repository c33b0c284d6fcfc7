package io.linkspan.transport.http;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;

/**
 * An HTTP answer that says no, with a JSON body {@code {"code","message"}}.
 *
 * @param status the HTTP status
 * @param code machine-readable name
 * @param message for a person
 * @param retryAfterMs when another try makes sense; 0 says nothing
 */
public record Refusal(int status, String code, String message, long retryAfterMs) {

  public static final Refusal NOT_FOUND = new Refusal(404, "not-found", "nothing is here");
  public static final Refusal ORIGIN =
      new Refusal(403, "forbidden", "this origin is not in http.origins");
  public static final Refusal UPGRADE_REQUIRED =
      new Refusal(426, "upgrade-required", "this path speaks WebSocket");

  private static final Refusal DRAINING =
      new Refusal(503, "unavailable", "this node is being drained", 1_000);
  private static final Refusal UNAVAILABLE =
      new Refusal(503, "unavailable", "the gateway can not take clients now", 1_000);

  public Refusal(int status, String code, String message) {
    this(status, code, message, 0);
  }

  /** The client comes too fast, or is one too many. */
  public static Refusal rateLimited(String message, long retryAfterMs) {
    return new Refusal(429, "rate-limited", message, retryAfterMs);
  }

  /** This node takes no new clients. */
  public static Refusal draining() {
    return DRAINING;
  }

  /** A part that this node depends on does not answer. */
  public static Refusal unavailable() {
    return UNAVAILABLE;
  }

  public void send(HttpServerRequest request) {
    HttpServerResponse response = request.response().setStatusCode(status);
    JsonObject body = new JsonObject().put("code", code).put("message", message);
    if (retryAfterMs > 0) {
      response.putHeader(HttpHeaders.RETRY_AFTER, Long.toString((retryAfterMs + 999) / 1000));
      body.put("retryAfterMs", retryAfterMs);
    }
    if (status == UPGRADE_REQUIRED.status) {
      response.putHeader(HttpHeaders.UPGRADE, "websocket");
    }
    response
        .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
        .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
        .end(body.toBuffer());
  }
}
