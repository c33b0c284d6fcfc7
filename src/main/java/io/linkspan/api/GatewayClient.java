package io.linkspan.api;

import io.linkspan.bus.OutboundSender;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/**
 * Sends to clients on any node and transport, and reads and changes their sessions. Must be created
 * on the context that uses it; every future completes there. Failures are {@link
 * MessageException}s.
 */
public final class GatewayClient {

  /** Longer than the time in which a gateway with the default configuration ends a delivery. */
  public static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(60);

  /** Source of the confirmation of a delivery. */
  public enum By {
    /** The client's application acknowledged the Message. */
    CLIENT("client"),
    /** The Message was written to the client's link, or passed to every member of a group. */
    TRANSPORT("transport");

    private final String label;

    By(String label) {
      this.label = label;
    }

    /** Returns the value of the bus header {@link Addresses#BY} and in HTTP answers. */
    public String label() {
      return label;
    }
  }

  /**
   * A completed delivery.
   *
   * @param by what confirmed it
   * @param reply the client's answer; null when the client only acknowledged
   */
  public record Delivery(By by, Message reply) {}

  private final EventBus bus;
  private final OutboundSender sender;

  private GatewayClient(Vertx vertx) {
    MessageCodecs.register(vertx);
    bus = vertx.eventBus();
    var nodes =
        new OutboundSender.Target(
            Addresses.OUTBOUND,
            Addresses::outboundOf,
            text -> new MessageException(ErrorCode.QUEUE_FULL, text));
    sender = new OutboundSender(vertx, nodes, vertx.isClustered());
  }

  /** Creates a client. Each has its own order of Messages. */
  public static GatewayClient create(Vertx vertx) {
    return new GatewayClient(vertx);
  }

  /** Does {@link #send(Message, Duration)} with the default time-out. */
  public Future<Delivery> send(Message message) {
    return send(message, DEFAULT_TIMEOUT);
  }

  /**
   * Sends to the user, group or session in {@code to}. Messages of one caller to one recipient
   * arrive in the order of the calls. Fails with {@link ErrorCode#QUEUE_FULL} when {@value
   * io.linkspan.bus.FlowWindow#MAX_WAITING} Messages wait for the node that carries them.
   *
   * @param timeout time until the acknowledgement; the Message may arrive even when it has passed
   */
  public Future<Delivery> send(Message message, Duration timeout) {
    var options = new DeliveryOptions().setSendTimeout(timeout.toMillis());
    return sender
        .request(message, options)
        .map(
            reply ->
                new Delivery(
                    By.CLIENT.label().equals(reply.headers().get(Addresses.BY))
                        ? By.CLIENT
                        : By.TRANSPORT,
                    reply.body() instanceof Message answer ? answer : null))
        .recover(failure -> Future.failedFuture(MessageException.from(failure)));
  }

  /**
   * Sends without waiting for the client. Completes when the session, or every member's session,
   * has the Message; the session sends it until the client acknowledges it.
   */
  public Future<Void> post(Message message) {
    return post(message, Duration.ofMillis(DeliveryOptions.DEFAULT_TIMEOUT));
  }

  /**
   * Does {@link #post(Message)}.
   *
   * @param timeout time until the sessions have it; the Message may arrive even when it has passed
   */
  public Future<Void> post(Message message, Duration timeout) {
    var options =
        new DeliveryOptions()
            .setSendTimeout(timeout.toMillis())
            .addHeader(Addresses.WAIT, Addresses.WAIT_ACCEPTED);
    return sender
        .request(message, options)
        .recover(failure -> Future.failedFuture(MessageException.from(failure)))
        .mapEmpty();
  }

  /** Returns the number of the user's live sessions. */
  public Future<Integer> presence(String user) {
    return control(new JsonObject().put("action", "presence").put("user", user))
        .map(reply -> reply.getInteger("sessions"));
  }

  /** Returns the user's live sessions, the first {@value SessionQuery#DEFAULT_LIMIT} of them. */
  public Future<List<SessionInfo>> sessions(String user) {
    return sessions(SessionQuery.ALL.ofUser(user)).map(SessionPage::sessions);
  }

  /** Returns one page of the sessions of all nodes, as they are now. */
  public Future<SessionPage> sessions(SessionQuery query) {
    return control(
            new JsonObject()
                .put("action", "sessions")
                .put("user", query.user())
                .put("group", query.group())
                .put("transport", query.transport())
                .put("session", query.session())
                .put("address", query.address())
                .put("limit", query.limit())
                .put("cursor", query.cursor()))
        .map(
            reply ->
                new SessionPage(
                    BusJson.objects(reply, "sessions").stream().map(SessionInfo::of).toList(),
                    BusJson.text(reply, "next")));
  }

  /** Returns the number of sessions in the group, on all nodes. */
  public Future<Integer> members(String group) {
    return control(new JsonObject().put("action", "group").put("group", group))
        .map(reply -> reply.getInteger("members"));
  }

  /**
   * Returns one page of the groups that have members, on all nodes.
   *
   * @param prefix start of their names; null for all
   * @param limit most groups of the page, 1 to 1,000
   * @param cursor {@code next} of the page before; null for the first page
   */
  public Future<GroupPage> groups(String prefix, int limit, String cursor) {
    return control(
            new JsonObject()
                .put("action", "groups")
                .put("prefix", prefix)
                .put("limit", limit)
                .put("cursor", cursor))
        .map(
            reply ->
                new GroupPage(
                    BusJson.objects(reply, "groups").stream().map(GroupInfo::of).toList(),
                    BusJson.text(reply, "next")));
  }

  /**
   * Returns one page of the users who are in a group, on all nodes.
   *
   * @param limit most users of the page, 1 to 1,000
   * @param cursor {@code next} of the page before; null for the first page
   */
  public Future<GroupUserPage> users(String group, int limit, String cursor) {
    return control(
            new JsonObject()
                .put("action", "users")
                .put("group", group)
                .put("limit", limit)
                .put("cursor", cursor))
        .map(
            reply ->
                new GroupUserPage(
                    BusJson.objects(reply, "users").stream().map(GroupUser::of).toList(),
                    BusJson.text(reply, "next")));
  }

  /**
   * Returns one page of the history of a group. Fails with {@code unavailable} when the store does
   * not answer.
   *
   * @param since a position such as that of the page before, a time such as {@code
   *     2026-11-30T09:00:00Z}, or the number of the latest Messages; null for all that are kept
   * @param limit most Messages of the page, 1 to 1,000
   */
  public Future<HistoryPage> history(String group, String since, int limit) {
    return control(
            new JsonObject()
                .put("action", "history")
                .put("group", group)
                .put("since", since)
                .put("limit", limit))
        .map(
            reply ->
                new HistoryPage(
                    BusJson.messages(reply, "messages"),
                    BusJson.text(reply, "position"),
                    Boolean.TRUE.equals(reply.getValue("recovered")),
                    Boolean.TRUE.equals(reply.getValue("more"))));
  }

  /** Makes a session a member of a group. Does nothing when it is one. */
  public Future<Void> join(String session, String group) {
    return control(
            new JsonObject().put("action", "join").put("session", session).put("group", group))
        .mapEmpty();
  }

  /** Ends a session's membership. Does nothing when there is none. */
  public Future<Void> leave(String session, String group) {
    return control(
            new JsonObject().put("action", "leave").put("session", session).put("group", group))
        .mapEmpty();
  }

  /** Ends a session and closes its link as {@code kicked}. */
  public Future<Void> disconnect(String session) {
    return control(new JsonObject().put("action", "disconnect").put("session", session)).mapEmpty();
  }

  /**
   * Refuses clients at all nodes, and ends the sessions that they have, with their links. If there
   * is an entry of the same kind and value, it is extended, and never shortened.
   *
   * @return the entry, once it outlives the loss of a node; fails with {@code queue-full} when
   *     there are too many entries
   */
  public Future<Revocation> revoke(Revocation revocation) {
    JsonObject json = new JsonObject().put("kind", revocation.kind().label());
    json.put("value", revocation.value()).put("reason", revocation.reason());
    if (revocation.until() != null) {
      json.put("until", revocation.until().toString());
    }
    if (revocation.issuedBefore() != null) {
      json.put("issuedBefore", revocation.issuedBefore().toString());
    }
    return control(new JsonObject().put("action", "revoke").put("revocation", json))
        .map(reply -> Revocation.of(reply.getJsonObject("revocation")));
  }

  /**
   * Ends a revocation before its time; fails with {@code no-such-recipient} when there is none.
   *
   * @param id of the entry
   */
  public Future<Void> unrevoke(String id) {
    return control(new JsonObject().put("action", "unrevoke").put("id", id)).mapEmpty();
  }

  /**
   * Returns one page of the revocations.
   *
   * @param cursor {@code next} of the page before; null for the first page
   */
  public Future<RevocationPage> revocations(String cursor) {
    return control(new JsonObject().put("action", "revocations").put("cursor", cursor))
        .map(
            reply ->
                new RevocationPage(
                    BusJson.objects(reply, "revocations").stream().map(Revocation::of).toList(),
                    BusJson.text(reply, "next")));
  }

  /**
   * Passes every event of every session to a listener, until the consumer is unregistered. Later
   * versions may publish further types of events; they arrive as {@link SessionEvent.Type#UNKNOWN}.
   *
   * @return the registration; its {@code completion()} is done when events can arrive from all
   *     nodes
   */
  public MessageConsumer<?> events(Consumer<SessionEvent> listener) {
    return bus.<JsonObject>consumer(
        Addresses.EVENTS, event -> listener.accept(SessionEvent.of(event.body())));
  }

  private Future<JsonObject> control(JsonObject request) {
    return bus.<JsonObject>request(Addresses.CONTROL, request)
        .map(io.vertx.core.eventbus.Message::body)
        .recover(failure -> Future.failedFuture(MessageException.from(failure)));
  }
}
