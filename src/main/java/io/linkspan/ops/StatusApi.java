package io.linkspan.ops;

import io.linkspan.api.MessageException;
import io.linkspan.status.StatusListener;
import io.linkspan.status.StatusService;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Set;
import java.util.function.Function;

/** Serves the state of all nodes and the events of their sessions in the HTTP API. */
final class StatusApi {

  private final StatusService status;

  StatusApi(StatusService status) {
    this.status = status;
  }

  void addTo(Router router) {
    router.get("/v1/overview").handler(this::overview);
    router.get("/v1/overview/live").handler(request -> watch(request, status::watchOverview));
    router.get("/v1/events").handler(request -> watch(request, status::watchEvents));
  }

  private void overview(RoutingContext request) {
    if (hasNoParameters(request)) {
      status.overview().onComplete(request::json, failure -> Refusal.send(request, failure));
    }
  }

  /** Answers with server-sent events until the request ends. */
  static void watch(RoutingContext request, Function<StatusListener, Runnable> begin) {
    if (!hasNoParameters(request)) {
      return;
    }
    var stream = new StatusStream(request.response());
    Runnable end;
    try {
      end = begin.apply(stream);
    } catch (MessageException refusal) {
      Refusal.send(request, refusal);
      return;
    }
    request.response().closeHandler(v -> end.run());
    stream.begin();
  }

  private static boolean hasNoParameters(RoutingContext request) {
    try {
      QueryParameters.check(request, Set.of());
      return true;
    } catch (MessageException refusal) {
      Refusal.send(request, refusal);
      return false;
    }
  }
}
