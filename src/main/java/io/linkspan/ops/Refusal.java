package io.linkspan.ops;

import io.linkspan.api.MessageException;
import io.linkspan.translate.ErrorTranslator;
import io.vertx.ext.web.RoutingContext;

/** Answers requests of the HTTP API that are refused or failed. */
final class Refusal {

  private Refusal() {}

  /** Answers with the status and the JSON of an error. */
  static void send(RoutingContext request, MessageException why) {
    request.response().setStatusCode(why.code().number());
    request.json(ErrorTranslator.toJson(why));
  }

  /** Answers with the error code of a failure. */
  static void send(RoutingContext request, Throwable failure) {
    send(request, MessageException.from(failure));
  }
}
