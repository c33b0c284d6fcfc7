package io.linkspan.ops;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import io.linkspan.storm.StormService;
import io.vertx.core.Future;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;

/** Serves the storm lab of this node in the HTTP API. */
final class StormApi {

  private static final String PATH = "/v1/storms";

  private final StormService storms;
  private final long maxBody;

  /**
   * @param maxBody bytes of a body
   */
  StormApi(StormService storms, long maxBody) {
    this.storms = storms;
    this.maxBody = maxBody;
  }

  void addTo(Router router) {
    router.get(PATH).handler(request -> request.json(storms.describe()));
    router.post(PATH).handler(BodyHandler.create(false).setBodyLimit(maxBody)).handler(this::start);
    router.delete(PATH).handler(this::stop);
    router.get(PATH + "/live").handler(request -> StatusApi.watch(request, storms::watch));
  }

  private void start(RoutingContext request) {
    JsonObject storm;
    try {
      storm = storms.start(bodyOf(request), request.request().localAddress().port());
    } catch (MessageException refusal) {
      Refusal.send(request, refusal);
      return;
    }
    if (storm == null) {
      Refusal.send(request, 409, "conflict", "a storm is running at this node");
      return;
    }
    request.response().setStatusCode(202);
    request.json(storm);
  }

  private static JsonObject bodyOf(RoutingContext request) {
    try {
      JsonObject body = request.body().asJsonObject();
      if (body != null) {
        return body;
      }
    } catch (DecodeException | ClassCastException e) {
      // It is refused below.
    }
    throw new MessageException(ErrorCode.MALFORMED, "the body must be a JSON object");
  }

  private void stop(RoutingContext request) {
    Future<JsonObject> stopped = storms.stop();
    if (stopped == null) {
      Refusal.send(request, 409, "conflict", "no storm is running at this node");
    } else {
      stopped.onComplete(request::json, failure -> Refusal.send(request, failure));
    }
  }
}
