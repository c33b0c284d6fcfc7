package io.linkspan.ops;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import io.linkspan.api.Revocation.Source;
import io.linkspan.revocation.RevocationRequests;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.util.Set;

/** Serves the revocations of all nodes in the HTTP API. */
final class RevocationApi {

  private static final String PATH = "/v1/revocations";
  private static final Set<String> PARAMETERS = Set.of("limit", "cursor");

  private final RevocationRequests revocations;
  private final long maxBody;

  /**
   * @param maxBody bytes of a body
   */
  RevocationApi(RevocationRequests revocations, long maxBody) {
    this.revocations = revocations;
    this.maxBody = maxBody;
  }

  void addTo(Router router) {
    router.get(PATH).handler(this::list);
    router.post(PATH).handler(BodyHandler.create(false).setBodyLimit(maxBody)).handler(this::add);
    router.delete(PATH + "/:id").handler(this::remove);
  }

  private void list(RoutingContext request) {
    JsonObject page;
    try {
      QueryParameters.check(request, PARAMETERS);
      page =
          revocations.list(
              QueryParameters.number(request, "limit"), QueryParameters.text(request, "cursor"));
    } catch (MessageException refusal) {
      Refusal.send(request, refusal);
      return;
    }
    request.json(page);
  }

  private void add(RoutingContext request) {
    JsonObject body;
    try {
      body = request.body().asJsonObject();
    } catch (DecodeException | ClassCastException e) {
      body = null;
    }
    if (body == null) {
      Refusal.send(
          request, new MessageException(ErrorCode.MALFORMED, "the body must be a JSON object"));
      return;
    }
    revocations
        .add(body, Source.OPERATOR)
        .onComplete(
            entry -> {
              request.response().setStatusCode(201);
              request.json(entry);
            },
            failure -> Refusal.send(request, failure));
  }

  private void remove(RoutingContext request) {
    revocations
        .remove(request.pathParam("id"))
        .onComplete(
            removed -> {
              if (removed) {
                request.response().setStatusCode(204).end();
              } else {
                Refusal.send(request, 404, "not-found", "no revocation has this id");
              }
            },
            failure -> Refusal.send(request, failure));
  }
}
