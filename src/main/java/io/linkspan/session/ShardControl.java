package io.linkspan.session;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import io.linkspan.connection.CloseReason;
import io.linkspan.directory.SessionRef;
import io.linkspan.rebalance.RoundRequest;
import io.vertx.core.Future;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.json.JsonObject;

/** Answers the JSON requests of {@link ControlService} and of the management API to one shard. */
final class ShardControl {

  private static final String ACTION = "action";
  private static final String SESSION = "session";

  private final SessionTable sessions;
  private final Groups<Session> groups;
  private final ReconnectRequests reconnects;
  private final String node;

  ShardControl(
      SessionTable sessions, Groups<Session> groups, ReconnectRequests reconnects, String node) {
    this.node = node;
    this.sessions = sessions;
    this.groups = groups;
    this.reconnects = reconnects;
  }

  /** Asks the shard of a session to close its link. */
  static void close(EventBus bus, SessionRef session, CloseReason reason) {
    bus.send(
        session.shard(),
        new JsonObject()
            .put(ACTION, "disconnect")
            .put(SESSION, session.session())
            .put("reason", reason.name()));
  }

  /** Answers a request: JSON, an array or a number. */
  Future<?> answer(JsonObject request) {
    String group = request.getString("group");
    return switch (request.getString(ACTION)) {
      case "ping" -> done();
      case "sessions" ->
          Future.succeededFuture(
              SessionListing.of(
                  group == null ? sessions.owned() : groups.membersOf(group), request, node));
      case "members" -> Future.succeededFuture(groups.membersOf(group).size());
      case "users" -> Future.succeededFuture(UserListing.of(groups.membersOf(group), request));
      case "groups" ->
          Future.succeededFuture(
              GroupListing.of(groups.names(), name -> groups.membersOf(name).size(), request));
      case RoundRequest.LOAD -> Future.succeededFuture(reconnects.load().toJson());
      case RoundRequest.ROUND ->
          Future.succeededFuture(reconnects.round(RoundRequest.of(request)).toJson());
      case RoundRequest.END -> {
        reconnects.end(RoundRequest.runOf(request));
        yield done();
      }
      default -> {
        Session session = sessions.find(request.getString(SESSION));
        yield session == null
            ? Future.failedFuture(
                new MessageException(ErrorCode.NO_SUCH_RECIPIENT, "the session is not connected"))
            : change(session, request);
      }
    };
  }

  private Future<?> change(Session session, JsonObject request) {
    String group = request.getString("group");
    return switch (request.getString(ACTION)) {
      case "disconnect" -> {
        session.close(CloseReason.valueOf(request.getString("reason")));
        yield done();
      }
      case "leave" -> {
        groups.leave(session, group);
        yield done();
      }
      default -> groups.join(session, group).map(joined -> new JsonObject());
    };
  }

  private static Future<JsonObject> done() {
    return Future.succeededFuture(new JsonObject());
  }
}
