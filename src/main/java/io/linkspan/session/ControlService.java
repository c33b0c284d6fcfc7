package io.linkspan.session;

import io.linkspan.api.Addresses;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import io.linkspan.connection.CloseReason;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;

/**
 * Answers services at {@link Addresses#CONTROL}: which sessions there are, and to join, leave or
 * disconnect one. A request is JSON with an {@code action}:
 *
 * <pre>
 *   {"action":"sessions", "user"?, "group"?, "transport"?, "limit"?}  → {"sessions":[…]}
 *   {"action":"presence", "user"}                → {"user", "online", "sessions":n}
 *   {"action":"join" or "leave", "session", "group"}   → {}
 *   {"action":"disconnect", "session"}           → {}
 * </pre>
 */
public final class ControlService {

  private static final int DEFAULT_LIMIT = 100;
  private static final int MAX_LIMIT = 1_000;

  private final EventBus bus;
  private final SessionDirectory directory;
  private final List<String> shards;
  private MessageConsumer<Object> consumer;

  /**
   * @param shards bus addresses of all shards
   */
  public ControlService(Vertx vertx, SessionDirectory directory, List<String> shards) {
    this.bus = vertx.eventBus();
    this.directory = directory;
    this.shards = shards;
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
              : Future.failedFuture(malformed("the body has to be a JSON object"));
    } catch (MessageException refusal) {
      answer = Future.failedFuture(refusal);
    } catch (ClassCastException e) {
      answer = Future.failedFuture(malformed("a field has a value of the wrong type"));
    }
    answer.onComplete(
        request::reply,
        failure -> {
          MessageException why = MessageException.from(failure);
          request.fail(why.code().number(), why.getMessage());
        });
  }

  private Future<JsonObject> answer(JsonObject question) {
    String action = question.getString("action", "");
    return switch (action) {
      case "sessions" -> sessions(question);
      case "presence" -> presence(required(question, "user"));
      case "join", "leave" -> {
        String group = required(question, "group");
        if (group.length() > Session.MAX_NAME) {
          throw malformed("group is longer than " + Session.MAX_NAME + " characters");
        }
        yield change(action, question, new JsonObject().put("group", group));
      }
      case "disconnect" ->
          change(action, question, new JsonObject().put("reason", CloseReason.KICKED.name()));
      default ->
          Future.failedFuture(
              malformed("action has to be sessions, presence, join, leave or disconnect"));
    };
  }

  private Future<JsonObject> sessions(JsonObject question) {
    int limit = question.getInteger("limit", DEFAULT_LIMIT);
    if (limit < 1 || limit > MAX_LIMIT) {
      throw malformed("limit has to be 1 to " + MAX_LIMIT);
    }
    JsonObject toEach =
        new JsonObject()
            .put("action", "sessions")
            .put("user", question.getString("user"))
            .put("group", question.getString("group"))
            .put("transport", question.getString("transport"))
            .put("limit", limit);
    return Future.all(shards.stream().map(shard -> bus.<JsonArray>request(shard, toEach)).toList())
        .map(
            replies -> {
              JsonArray all = new JsonArray();
              for (Message<JsonArray> reply : replies.<Message<JsonArray>>list()) {
                reply.body().stream().limit(limit - all.size()).forEach(all::add);
              }
              return new JsonObject().put("sessions", all);
            });
  }

  private Future<JsonObject> presence(String user) {
    return directory
        .sessionsOf(user)
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
                    : bus.<JsonObject>request(found.shard(), change))
        .map(Message::body);
  }

  private static String required(JsonObject question, String field) {
    String value = question.getString(field);
    if (value == null || value.isEmpty()) {
      throw malformed(field + " is missing");
    }
    return value;
  }

  private static MessageException malformed(String text) {
    return new MessageException(ErrorCode.MALFORMED, text);
  }
}
