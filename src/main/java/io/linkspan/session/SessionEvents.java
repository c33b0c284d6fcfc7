package io.linkspan.session;

import io.linkspan.api.Addresses;
import io.linkspan.connection.CloseReason;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.function.Consumer;

/** Publishes changes of sessions for services, at {@link Addresses#EVENTS}. */
final class SessionEvents {

  private final Consumer<JsonObject> publisher;
  private final String node;

  SessionEvents(Consumer<JsonObject> publisher, String node) {
    this.publisher = publisher;
    this.node = node;
  }

  void connected(GroupMember session) {
    publisher.accept(withData(event("connected", session), session));
  }

  void disconnected(GroupMember session, CloseReason reason) {
    publisher.accept(
        withData(event("disconnected", session).put("reason", reason.label()), session));
  }

  void resumed(GroupMember session) {
    publisher.accept(withData(event("resumed", session), session));
  }

  /**
   * A session has ended without a link.
   *
   * @param reason null when the client did not resume it in time
   */
  void expired(GroupMember session, CloseReason reason) {
    JsonObject event = event("expired", session);
    publisher.accept(reason == null ? event : event.put("reason", reason.label()));
  }

  void joined(GroupMember session, String group) {
    membership("joined", session, group);
  }

  void left(GroupMember session, String group) {
    membership("left", session, group);
  }

  /** To follow a streamed answer is not a membership for services. */
  private void membership(String name, GroupMember session, String group) {
    if (!Addresses.isGroupOfStream(group)) {
      publisher.accept(event(name, session).put("group", group));
    }
  }

  private static JsonObject withData(JsonObject event, GroupMember session) {
    return session.data() == null ? event : event.put("data", session.data());
  }

  private JsonObject event(String name, GroupMember session) {
    return new JsonObject()
        .put("event", name)
        .put("session", session.ref().session())
        .put("user", session.ref().user())
        .put("transport", session.transport())
        .put("node", node)
        // JSON has it as text, which is made only if somebody reads it.
        .put("at", Instant.ofEpochMilli(System.currentTimeMillis()));
  }
}
