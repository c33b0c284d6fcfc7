package io.linkspan.ops;

import io.linkspan.api.MessageException;
import io.linkspan.translate.ErrorTranslator;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;

/** Answers requests of the HTTP API that are refused or failed. */
final class Refusal {

  private Refusal() {}

  /** Answers with a status for which there is no error code, in the same form. */
  static void send(RoutingContext request, int status, String code, String message) {
    request.response().setStatusCode(status);
    request.json(new JsonObject().put("code", code).put("message", message));
  }

  /** Answers with the status and the JSON of an error. */
  static void send(RoutingContext request, MessageException why) {
    if (why.retryAfterMs() > 0) {
      request
          .response()
          .putHeader(HttpHeaders.RETRY_AFTER, Long.toString((why.retryAfterMs() + 999) / 1000));
    }
    request.response().setStatusCode(why.code().number());
    request.json(ErrorTranslator.toJson(why));
  }

  /** Answers with the error code of a failure. */
  static void send(RoutingContext request, Throwable failure) {
    send(request, MessageException.from(failure));
  }
}
