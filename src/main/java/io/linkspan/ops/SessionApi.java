package io.linkspan.ops;

import io.linkspan.api.GatewayClient;
import io.linkspan.api.GroupInfo;
import io.linkspan.api.GroupPage;
import io.linkspan.api.GroupUser;
import io.linkspan.api.GroupUserPage;
import io.linkspan.api.HistoryPage;
import io.linkspan.api.MessageException;
import io.linkspan.api.SessionInfo;
import io.linkspan.api.SessionQuery;
import io.linkspan.translate.JsonTranslator;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Set;

/** Serves the sessions and groups of all nodes in the HTTP API. */
final class SessionApi {

  private static final Set<String> PARAMETERS =
      Set.of("user", "group", "transport", "session", "address", "limit", "cursor");
  private static final Set<String> GROUP_PARAMETERS = Set.of("prefix", "limit", "cursor");
  private static final Set<String> PAGE_PARAMETERS = Set.of("limit", "cursor");

  private static final Set<String> HISTORY_PARAMETERS = Set.of("since", "limit");

  private final GatewayClient clients;

  SessionApi(GatewayClient clients) {
    this.clients = clients;
  }

  void addTo(Router router) {
    router.get("/v1/sessions").handler(this::list);
    router
        .delete("/v1/sessions/:session")
        .handler(request -> answer(request, clients.disconnect(request.pathParam("session"))));
    router.get("/v1/groups").handler(this::listGroups);
    router.get("/v1/groups/:group").handler(this::count);
    router.get("/v1/groups/:group/presence").handler(this::listUsers);
    router.get("/v1/groups/:group/history").handler(this::history);
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

  /** Reads the query. The gateway checks the bounds. */
  private static SessionQuery query(RoutingContext request) {
    QueryParameters.check(request, PARAMETERS);
    return new SessionQuery(
        QueryParameters.text(request, "user"),
        QueryParameters.text(request, "group"),
        QueryParameters.text(request, "transport"),
        limit(request),
        QueryParameters.text(request, "cursor"),
        QueryParameters.text(request, "session"),
        QueryParameters.text(request, "address"));
  }

  private static int limit(RoutingContext request) {
    Integer limit = QueryParameters.number(request, "limit");
    return limit == null ? SessionQuery.DEFAULT_LIMIT : limit;
  }

  private void listGroups(RoutingContext request) {
    Future<GroupPage> groups;
    try {
      QueryParameters.check(request, GROUP_PARAMETERS);
      groups =
          clients.groups(
              QueryParameters.text(request, "prefix"),
              limit(request),
              QueryParameters.text(request, "cursor"));
    } catch (MessageException refusal) {
      Refusal.send(request, refusal);
      return;
    }
    groups.onComplete(
        page ->
            request.json(
                new JsonObject()
                    .put(
                        "groups",
                        new JsonArray(page.groups().stream().map(GroupInfo::toJson).toList()))
                    .put("next", page.next())),
        failure -> Refusal.send(request, failure));
  }

  private void count(RoutingContext request) {
    String group = request.pathParam("group");
    clients
        .members(group)
        .onComplete(
            members -> request.json(new JsonObject().put("group", group).put("members", members)),
            failure -> Refusal.send(request, failure));
  }

  private void history(RoutingContext request) {
    String group = request.pathParam("group");
    Future<HistoryPage> history;
    try {
      QueryParameters.check(request, HISTORY_PARAMETERS);
      history = clients.history(group, QueryParameters.text(request, "since"), limit(request));
    } catch (MessageException refusal) {
      Refusal.send(request, refusal);
      return;
    }
    history.onComplete(
        page ->
            request.json(
                new JsonObject()
                    .put("group", group)
                    .put(
                        "messages",
                        new JsonArray(
                            page.messages().stream()
                                .map(message -> new JsonObject(JsonTranslator.encode(message)))
                                .toList()))
                    .put("position", page.position())
                    .put("recovered", page.recovered())
                    .put("more", page.more())),
        failure -> Refusal.send(request, failure));
  }

  private void listUsers(RoutingContext request) {
    String group = request.pathParam("group");
    Future<GroupUserPage> users;
    try {
      QueryParameters.check(request, PAGE_PARAMETERS);
      users = clients.users(group, limit(request), QueryParameters.text(request, "cursor"));
    } catch (MessageException refusal) {
      Refusal.send(request, refusal);
      return;
    }
    users.onComplete(
        page ->
            request.json(
                new JsonObject()
                    .put("group", group)
                    .put(
                        "users",
                        new JsonArray(page.users().stream().map(GroupUser::toJson).toList()))
                    .put("next", page.next())),
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
}
