package io.linkspan.ops;

import io.linkspan.rebalance.RebalanceRequests;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;

/** Serves the rebalance of clients over the nodes in the HTTP API. */
final class RebalanceApi {

  private static final String PATH = "/v1/rebalance";

  private final RebalanceRequests rebalance;

  RebalanceApi(RebalanceRequests rebalance) {
    this.rebalance = rebalance;
  }

  void addTo(Router router) {
    router
        .get(PATH)
        .handler(
            request ->
                rebalance
                    .status()
                    .onComplete(
                        status -> answer(request, 200, status),
                        failure -> Refusal.send(request, failure)));
    router
        .post(PATH)
        .handler(
            request ->
                rebalance
                    .start()
                    .onComplete(
                        status -> change(request, 202, status, "a rebalance is running"),
                        failure -> Refusal.send(request, failure)));
    router
        .delete(PATH)
        .handler(
            request ->
                rebalance
                    .abort()
                    .onComplete(
                        status -> change(request, 200, status, "no rebalance is running"),
                        failure -> Refusal.send(request, failure)));
  }

  private static void change(
      RoutingContext request, int success, JsonObject status, String refusal) {
    if (status.getBoolean(RebalanceRequests.DONE)) {
      answer(request, success, status);
    } else {
      Refusal.send(request, 409, "conflict", refusal);
    }
  }

  private static void answer(RoutingContext request, int code, JsonObject status) {
    status.remove(RebalanceRequests.DONE);
    request.response().setStatusCode(code);
    request.json(status);
  }
}
