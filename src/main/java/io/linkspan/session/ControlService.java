package io.linkspan.session;

import io.linkspan.api.Addresses;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import io.linkspan.api.Revocation;
import io.linkspan.api.SessionQuery;
import io.linkspan.connection.CloseReason;
import io.linkspan.directory.Nodes;
import io.linkspan.directory.SessionDirectory;
import io.linkspan.directory.SessionRef;
import io.linkspan.history.GroupHistories;
import io.linkspan.history.Since;
import io.linkspan.revocation.RevocationRequests;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Collection;
import java.util.List;

/**
 * Answers services at {@link Addresses#CONTROL}, for all nodes: lists sessions, makes one join,
 * leave or disconnect, and changes the revocations. A request is JSON with an {@code action}:
 *
 * <pre>
 *   {"action":"sessions", "user"?, "group"?, "transport"?, "session"?, "address"?,
 *    "limit"?, "cursor"?}                        → {"sessions":[…], "next":cursor or null}
 *   {"action":"presence", "user"}                → {"user", "online", "sessions":n}
 *   {"action":"group", "group"}                  → {"group", "members":n}
 *   {"action":"groups", "prefix"?, "limit"?, "cursor"?}
 *                                                → {"groups":[{"group","members"}], "next"}
 *   {"action":"users", "group", "limit"?, "cursor"?}
 *                                                → {"group", "users":[{"user","sessions"}], "next"}
 *   {"action":"history", "group", "since"?, "limit"?}
 *                                                → {"messages":[…], "position", "recovered", "more"}
 *   {"action":"join" or "leave", "session", "group"}   → {}
 *   {"action":"disconnect", "session"}           → {}
 *   {"action":"revoke", "revocation":{…}}        → {"revocation":{…}}
 *   {"action":"unrevoke", "id"}                  → {}
 *   {"action":"revocations", "limit"?, "cursor"?}
 *                                                → {"revocations":[…], "next":cursor or null}
 * </pre>
 */
public final class ControlService {

  private static final int MAX_LIMIT = 1_000;
  private static final String ACTIONS =
      "sessions, presence, group, groups, users, history, join, leave, disconnect, revoke, unrevoke"
          + " and revocations";
  private static final DeliveryOptions TIMEOUT = new DeliveryOptions().setSendTimeout(5_000);

  private final EventBus bus;
  private final SessionDirectory directory;
  private final Nodes nodes;
  private final RevocationRequests revocations;
  private final GroupHistories histories;
  private MessageConsumer<Object> consumer;

  /** Creates the service, which {@link #open} starts. */
  public ControlService(
      Vertx vertx,
      SessionDirectory directory,
      Nodes nodes,
      RevocationRequests revocations,
      GroupHistories histories) {
    this.bus = vertx.eventBus();
    this.directory = directory;
    this.nodes = nodes;
    this.revocations = revocations;
    this.histories = histories;
  }

  public Future<Void> open() {
    consumer = bus.consumer(Addresses.CONTROL, this::receive);
    return consumer.completion();
  }

  public Future<Void> close() {
    return consumer.unregister();
  }

  private void receive(Message<Object> request) {
    Future<JsonObject> answer;
    try {
      answer =
          request.body() instanceof JsonObject question
              ? answer(question)
              : Future.failedFuture(malformed("the body must be a JSON object"));
    } catch (MessageException refusal) {
      answer = Future.failedFuture(refusal);
    } catch (ClassCastException e) {
      answer = Future.failedFuture(malformed("a field has a value of the wrong type"));
    }
    answer.onComplete(
        request::reply, failure -> request.reply(MessageException.from(failure).toReply()));
  }

  private Future<JsonObject> answer(JsonObject question) {
    String action = question.getString("action", "");
    return switch (action) {
      case "sessions" -> sessions(question);
      case "presence" -> presence(required(question, "user"));
      case "group" -> group(required(question, "group"));
      case "groups" -> groups(question);
      case "users" -> users(required(question, "group"), question);
      case "history" -> history(question);
      case "join", "leave" ->
          change(action, question, new JsonObject().put("group", required(question, "group")));
      case "disconnect" ->
          change(action, question, new JsonObject().put("reason", CloseReason.KICKED.name()));
      case "revoke" -> revoke(question.getJsonObject("revocation"));
      case "unrevoke" -> unrevoke(required(question, "id"));
      case "revocations" ->
          Future.succeededFuture(
              revocations.list(question.getInteger("limit"), bounded(question, "cursor")));
      default -> Future.failedFuture(malformed("action must be one of " + ACTIONS));
    };
  }

  private Future<JsonObject> revoke(JsonObject entry) {
    if (entry == null) {
      throw malformed("revocation is missing");
    }
    return revocations
        .add(entry, Revocation.Source.SERVICE)
        .map(added -> new JsonObject().put("revocation", added));
  }

  private Future<JsonObject> unrevoke(String id) {
    return revocations
        .remove(id)
        .compose(
            removed ->
                removed
                    ? Future.succeededFuture(new JsonObject())
                    : Future.failedFuture(
                        new MessageException(
                            ErrorCode.NO_SUCH_RECIPIENT, "no revocation has this id")));
  }

  private Future<JsonObject> sessions(JsonObject question) {
    int limit = limit(question);
    for (String field : List.of("user", "group", "transport", "session", "address", "cursor")) {
      bounded(question, field);
    }
    String cursor = question.getString("cursor");
    if (cursor != null && !Token.isSession(cursor)) {
      throw malformed("cursor must be the next of a page");
    }
    return shardsWith(question.getString("user"))
        .compose(shards -> ask(shards, SessionListing.question(question, limit), new JsonArray()))
        .map(answers -> SessionListing.page(answers, limit));
  }

  private static int limit(JsonObject question) {
    int limit = question.getInteger("limit", SessionQuery.DEFAULT_LIMIT);
    if (limit < 1 || limit > MAX_LIMIT) {
      throw malformed("limit must be 1 to " + MAX_LIMIT);
    }
    return limit;
  }

  private Future<Collection<String>> shardsWith(String user) {
    if (user == null) {
      return Future.succeededFuture(allShards());
    }
    return directory
        .askAgain(user)
        .map(sessions -> sessions.stream().map(SessionRef::shard).distinct().toList());
  }

  private Future<JsonObject> group(String group) {
    return ask(allShards(), new JsonObject().put("action", "members").put("group", group), 0)
        .map(
            counts ->
                new JsonObject()
                    .put("group", group)
                    .put("members", counts.stream().mapToInt(Integer::intValue).sum()));
  }

  private Future<JsonObject> groups(JsonObject question) {
    int limit = limit(question);
    String prefix = bounded(question, "prefix");
    String cursor = bounded(question, "cursor");
    return ask(allShards(), GroupListing.question(prefix, cursor, limit), new JsonArray())
        .map(answers -> GroupListing.page(answers, limit));
  }

  private Future<JsonObject> users(String group, JsonObject question) {
    int limit = limit(question);
    String cursor = bounded(question, "cursor");
    return ask(allShards(), UserListing.question(group, cursor, limit), new JsonArray())
        .map(answers -> UserListing.page(group, answers, limit));
  }

  private Future<JsonObject> history(JsonObject question) {
    String since = bounded(question, "since");
    return histories.page(
        required(question, "group"),
        since == null ? null : Since.parse(since),
        limit(question),
        System.currentTimeMillis());
  }

  private List<String> allShards() {
    return nodes.all().stream().flatMap(node -> node.addresses().stream()).toList();
  }

  /**
   * Asks several shards.
   *
   * @param nothing the answer of a shard that has ended in the meantime
   */
  private <T> Future<List<T>> ask(Collection<String> shards, JsonObject question, T nothing) {
    return Future.all(
            shards.stream()
                .map(
                    shard ->
                        bus.<T>request(shard, question, TIMEOUT)
                            .map(Message::body)
                            .recover(
                                failure ->
                                    hasEnded(failure)
                                        ? Future.succeededFuture(nothing)
                                        : Future.failedFuture(failure)))
                .toList())
        .map(answers -> answers.<T>list());
  }

  private static boolean hasEnded(Throwable failure) {
    return failure instanceof ReplyException reply
        && reply.failureType() == ReplyFailure.NO_HANDLERS;
  }

  private Future<JsonObject> presence(String user) {
    return directory
        .askAgain(user)
        .map(
            sessions ->
                new JsonObject()
                    .put("user", user)
                    .put("online", !sessions.isEmpty())
                    .put("sessions", sessions.size()));
  }

  private Future<JsonObject> change(String action, JsonObject question, JsonObject parameters) {
    String session = required(question, "session");
    JsonObject change = parameters.put("action", action).put("session", session);
    return directory
        .find(session)
        .compose(
            found ->
                found == null
                    ? Future.failedFuture(
                        new MessageException(
                            ErrorCode.NO_SUCH_RECIPIENT, "the session is not connected"))
                    : bus.<JsonObject>request(found.shard(), change, TIMEOUT))
        .map(Message::body);
  }

  private static String required(JsonObject question, String field) {
    String value = bounded(question, field);
    if (value == null || value.isEmpty()) {
      throw malformed(field + " is missing");
    }
    return value;
  }

  private static String bounded(JsonObject question, String field) {
    String value = question.getString(field);
    if (value != null && value.length() > Inbox.MAX_NAME) {
      throw malformed(field + " is longer than " + Inbox.MAX_NAME + " characters");
    }
    return value;
  }

  private static MessageException malformed(String text) {
    return new MessageException(ErrorCode.MALFORMED, text);
  }
}
