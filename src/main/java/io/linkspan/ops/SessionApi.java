package io.linkspan.ops;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.GatewayClient;
import io.linkspan.api.MessageException;
import io.linkspan.api.SessionInfo;
import io.linkspan.api.SessionQuery;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Set;

/** Serves the sessions and groups of all nodes in the HTTP API. */
final class SessionApi {

  private static final Set<String> PARAMETERS =
      Set.of("user", "group", "transport", "limit", "cursor");

  private final GatewayClient clients;

  SessionApi(GatewayClient clients) {
    this.clients = clients;
  }

  void addTo(Router router) {
    router.get("/v1/sessions").handler(this::list);
    router
        .delete("/v1/sessions/:session")
        .handler(request -> answer(request, clients.disconnect(request.pathParam("session"))));
    router.get("/v1/groups/:group").handler(this::count);
    router.put("/v1/groups/:group/members/:session").handler(this::changeMember);
    router.delete("/v1/groups/:group/members/:session").handler(this::changeMember);
  }

  private void list(RoutingContext request) {
    SessionQuery query;
    try {
      query = query(request);
    } catch (MessageException refusal) {
      Refusal.send(request, refusal);
      return;
    }
    clients
        .sessions(query)
        .onComplete(
            page ->
                request.json(
                    new JsonObject()
                        .put(
                            "sessions",
                            new JsonArray(
                                page.sessions().stream().map(SessionInfo::toJson).toList()))
                        .put("next", page.next())),
            failure -> Refusal.send(request, failure));
  }

  private static SessionQuery query(RoutingContext request) {
    for (String name : request.queryParams().names()) {
      if (!PARAMETERS.contains(name) || request.queryParam(name).size() > 1) {
        throw malformed(name + " is not a parameter, or is given more than once");
      }
    }
    return new SessionQuery(
        parameter(request, "user"),
        parameter(request, "group"),
        parameter(request, "transport"),
        limit(parameter(request, "limit")),
        parameter(request, "cursor"));
  }

  /** Returns null when the parameter is absent. The gateway checks the bounds. */
  private static String parameter(RoutingContext request, String name) {
    List<String> values = request.queryParam(name);
    if (values.isEmpty()) {
      return null;
    }
    if (values.get(0).isEmpty()) {
      throw malformed(name + " is empty");
    }
    return values.get(0);
  }

  private static int limit(String limit) {
    try {
      return limit == null ? SessionQuery.DEFAULT_LIMIT : Integer.parseInt(limit);
    } catch (NumberFormatException e) {
      throw malformed("limit must be a number");
    }
  }

  private void count(RoutingContext request) {
    String group = request.pathParam("group");
    clients
        .members(group)
        .onComplete(
            members -> request.json(new JsonObject().put("group", group).put("members", members)),
            failure -> Refusal.send(request, failure));
  }

  private void changeMember(RoutingContext request) {
    String group = request.pathParam("group");
    String session = request.pathParam("session");
    answer(
        request,
        request.request().method().equals(HttpMethod.PUT)
            ? clients.join(session, group)
            : clients.leave(session, group));
  }

  private static void answer(RoutingContext request, Future<Void> done) {
    done.onComplete(
        v -> request.response().setStatusCode(204).end(),
        failure -> Refusal.send(request, failure));
  }

  private static MessageException malformed(String text) {
    return new MessageException(ErrorCode.MALFORMED, text);
  }
}
