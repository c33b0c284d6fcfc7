package io.linkspan.api.testing;

import io.linkspan.api.AckMessage;
import io.linkspan.api.Addresses;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import io.linkspan.api.MessageCodecs;
import io.linkspan.api.MessageException;
import io.linkspan.api.Origin;
import io.linkspan.api.SessionEvent;
import io.linkspan.api.SessionInfo;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Stands in for a gateway in unit tests of services. It serves the event bus of one Vert.x instance
 * as a gateway does; its clients are objects of the test.
 *
 * <pre>{@code
 * FakeGateway gateway = FakeGateway.start(vertx).await();
 * FakeGateway.Client alice = gateway.connect("alice");
 * Message answer = alice.send("orders", Message.newBuilder().setBody("tea").build()).await();
 * }</pre>
 *
 * <p>Clients reach a service by its bus address. There are no routes, no limits and no retries.
 * Safe for use by several threads.
 */
public final class FakeGateway {

  private static final String NODE = "fake";
  private static final String SERVICE = "service:";

  private record Outcome(By by, Message reply) {}

  private final EventBus bus;
  private final MessageFields fields = new MessageFields();
  private final List<MessageConsumer<?>> consumers = new ArrayList<>();

  /** Connected clients by the id of their session. */
  private final Map<String, Client> clients = new TreeMap<>();

  private int sessions;

  private FakeGateway(Vertx vertx) {
    bus = vertx.eventBus();
    consumers.add(bus.consumer(Addresses.OUTBOUND, this::outbound));
    consumers.add(bus.consumer(Addresses.outboundOf(NODE), this::outbound));
    consumers.add(bus.consumer(Addresses.CONTROL, this::control));
  }

  /**
   * Starts to serve the bus. A Vert.x instance has one gateway at a time.
   *
   * @return done when services can use the gateway
   */
  public static Future<FakeGateway> start(Vertx vertx) {
    MessageCodecs.register(vertx);
    FakeGateway gateway = new FakeGateway(vertx);
    return Future.all(gateway.consumers.stream().map(MessageConsumer::completion).toList())
        .map(gateway);
  }

  /** Stops to serve the bus. Publishes no events for the clients. */
  public Future<Void> close() {
    return Future.join(consumers.stream().map(MessageConsumer::unregister).toList()).mapEmpty();
  }

  /** Connects a client over a WebSocket. */
  public Client connect(String user) {
    return connect(user, "websocket");
  }

  /** Connects a client over a transport. A user may have several clients. */
  public Client connect(String user, String transport) {
    Client client;
    synchronized (this) {
      client = new Client(String.format("s%05d", ++sessions), user, transport);
      clients.put(client.session(), client);
    }
    publish(client.event(SessionEvent.Type.CONNECTED, null, null));
    return client;
  }

  /** Publishes an event, also one that does not follow from what the clients did. */
  public void publish(SessionEvent event) {
    bus.publish(Addresses.EVENTS, event.toJson());
  }

  private synchronized List<Client> clients(Predicate<Client> wanted) {
    return clients.values().stream().filter(wanted).toList();
  }

  // ------------------------------------------------------------------- from services to clients

  private void outbound(io.vertx.core.eventbus.Message<Object> request) {
    if (!(request.body() instanceof Message sent)) {
      // A GatewayClient of a cluster asks for the node that carries what it sends.
      request.reply(new JsonObject().put("node", NODE));
      return;
    }
    Message message = fields.complete(sent).build();
    boolean atOnce =
        Addresses.WAIT_ACCEPTED.equals(request.headers().get(Addresses.WAIT))
            || "true".equals(message.getHeadersMap().get(Headers.VOLATILE));
    deliver(message, atOnce)
        .onComplete(
            outcome ->
                request.reply(
                    outcome.reply() == null
                        ? AckMessage.newBuilder().setEventId(message.getEventId()).build()
                        : outcome.reply(),
                    new DeliveryOptions().addHeader(Addresses.BY, outcome.by().label())),
            failure -> request.reply(MessageException.from(failure).toReply()));
  }

  private Future<Outcome> deliver(Message message, boolean atOnce) {
    String to = message.getTo();
    MessageException refusal = MessageFields.refusal(message);
    if (refusal != null) {
      return Future.failedFuture(refusal);
    }
    boolean isGroup = to.startsWith("group:");
    List<Client> recipients = clients(client -> client.isMeantBy(to));
    if (recipients.isEmpty() && !isGroup) {
      return Future.failedFuture(
          new MessageException(ErrorCode.NO_SUCH_RECIPIENT, to + " is not connected"));
    }
    List<Future<Message>> answers =
        recipients.stream().map(client -> client.deliver(message)).toList();
    if (isGroup || atOnce) {
      return Future.succeededFuture(new Outcome(By.TRANSPORT, null));
    }
    return Future.any(answers)
        .map(
            any ->
                answers.stream()
                    .filter(Future::succeeded)
                    .findFirst()
                    .map(first -> new Outcome(By.CLIENT, first.result()))
                    .orElseThrow());
  }

  // ------------------------------------------------------------------- questions and changes

  private void control(io.vertx.core.eventbus.Message<JsonObject> request) {
    try {
      request.reply(answer(request.body()));
    } catch (MessageException refusal) {
      request.reply(refusal.toReply());
    }
  }

  private JsonObject answer(JsonObject question) {
    String action = question.getString("action", "");
    switch (action) {
      case "sessions" -> {
        return FakeListings.sessions(sessionInfos(), question);
      }
      case "presence" -> {
        String user = required(question, "user");
        int count = clients(client -> client.user().equals(user)).size();
        return new JsonObject().put("user", user).put("online", count > 0).put("sessions", count);
      }
      case "group" -> {
        String group = required(question, "group");
        int count = clients(client -> client.groups().contains(group)).size();
        return new JsonObject().put("group", group).put("members", count);
      }
      case "groups" -> {
        return FakeListings.groups(sessionInfos(), question);
      }
      case "users" -> {
        return FakeListings.users(sessionInfos(), required(question, "group"), question);
      }
      case "history" -> {
        return FakeListings.noHistory();
      }
      case "join" -> client(question).join(required(question, "group"));
      case "leave" -> client(question).leave(required(question, "group"));
      case "disconnect" -> client(question).disconnect("kicked");
      default -> throw malformed("there is no action " + action);
    }
    return new JsonObject();
  }

  private List<SessionInfo> sessionInfos() {
    return clients(client -> true).stream().map(Client::info).toList();
  }

  private Client client(JsonObject question) {
    String session = required(question, "session");
    return clients(client -> client.session().equals(session)).stream()
        .findFirst()
        .orElseThrow(
            () ->
                new MessageException(ErrorCode.NO_SUCH_RECIPIENT, "the session is not connected"));
  }

  private static String required(JsonObject question, String field) {
    String value = question.getString(field, "");
    if (value.isEmpty()) {
      throw malformed(field + " is missing");
    }
    return value;
  }

  private static MessageException malformed(String text) {
    return new MessageException(ErrorCode.MALFORMED, text);
  }

  /** Receives and answers the Messages of services in the place of a client's application. */
  @FunctionalInterface
  public interface Application {

    /**
     * Called once for each Message to the client.
     *
     * @return the client's reply; a succeeded future with null for an acknowledgement alone. A
     *     failure refuses the Message; a future that does not complete never acknowledges it
     */
    Future<Message> receive(Message message);
  }

  /** One connected client. Acknowledges every Message unless the test sets an application. */
  public final class Client {

    private final Origin origin;
    private final Instant connectedAt = MessageFields.now();
    private final Set<String> groups = new TreeSet<>();
    private final List<Message> received = new ArrayList<>();
    private final Queue<Message> unread = new ArrayDeque<>();
    private final Queue<Promise<Message>> readers = new ArrayDeque<>();
    private Application application = message -> Future.succeededFuture();

    private Client(String session, String user, String transport) {
      origin = new Origin(session, user, transport, NODE, "127.0.0.1:" + (10_000 + sessions));
    }

    /** Returns what a service receives with this client's Messages. */
    public Origin origin() {
      return origin;
    }

    /** Returns the public id of the session. */
    public String session() {
      return origin.session();
    }

    /** Returns the authenticated name. */
    public String user() {
      return origin.user();
    }

    /** Returns how the client is connected. */
    public String transport() {
      return origin.transport();
    }

    /** Returns the groups that the session is a member of. */
    public Set<String> groups() {
      synchronized (FakeGateway.this) {
        return Set.copyOf(groups);
      }
    }

    /**
     * Sends a Message to the service at a bus address. An empty {@code to} becomes {@code service:}
     * and the address; {@code from}, {@code eventId} and {@code createAt} are filled in as by a
     * gateway.
     *
     * @return the answer as the client receives it; null when the service only accepted the
     *     Message. Fails with the {@link MessageException} that the client receives as an error
     */
    public Future<Message> send(String address, Message message) {
      requireConnected();
      Message.Builder request = fields.complete(message).setFrom(user());
      if (message.getTo().isEmpty()) {
        request.setTo(SERVICE + address);
      }
      Message inbound = request.build();
      var options =
          new DeliveryOptions()
              .addHeader(Addresses.SESSION, session())
              .addHeader(Addresses.USER, user())
              .addHeader(Addresses.TRANSPORT, transport())
              .addHeader(Addresses.NODE, NODE)
              .addHeader(Addresses.REMOTE, origin.remote());
      return bus.<Object>request(address, inbound, options)
          .map(
              reply ->
                  reply.body() instanceof Message answer ? fields.answer(answer, inbound) : null)
          .recover(failure -> Future.failedFuture(MessageException.from(failure)));
    }

    /** Sets what answers the Messages that services send to this client from now on. */
    public void onMessage(Application application) {
      synchronized (FakeGateway.this) {
        this.application = Objects.requireNonNull(application);
      }
    }

    /** Returns all Messages that services have sent to this client, in their order. */
    public List<Message> received() {
      synchronized (FakeGateway.this) {
        return List.copyOf(received);
      }
    }

    /** Returns the next Message from a service that no earlier call returned, when it arrives. */
    public Future<Message> receive() {
      synchronized (FakeGateway.this) {
        Message next = unread.poll();
        if (next != null) {
          return Future.succeededFuture(next);
        }
        Promise<Message> reader = Promise.promise();
        readers.add(reader);
        return reader.future();
      }
    }

    private Future<Message> deliver(Message message) {
      Promise<Message> reader;
      Application answering;
      synchronized (FakeGateway.this) {
        answering = application;
        received.add(message);
        reader = readers.poll();
        if (reader == null) {
          unread.add(message);
        }
      }
      if (reader != null) {
        reader.complete(message);
      }
      Future<Message> reply;
      try {
        reply = answering.receive(message);
      } catch (RuntimeException failure) {
        return Future.failedFuture(failure);
      }
      return reply.map(
          body ->
              body == null
                  ? null
                  : fields.answer(body.toBuilder().setFrom(user()).build(), message));
    }

    /** Makes the session a member of a group. Does nothing when it is one. */
    public void join(String group) {
      boolean joined;
      synchronized (FakeGateway.this) {
        requireConnected();
        joined = groups.add(group);
      }
      if (joined) {
        publish(event(SessionEvent.Type.JOINED, group, null));
      }
    }

    /** Ends the session's membership of a group. Does nothing when there is none. */
    public void leave(String group) {
      boolean left;
      synchronized (FakeGateway.this) {
        left = groups.remove(group);
      }
      if (left) {
        publish(event(SessionEvent.Type.LEFT, group, null));
      }
    }

    /** Closes the link and ends the session. Does nothing when it has ended. */
    public void disconnect() {
      disconnect("normal");
    }

    private void disconnect(String reason) {
      synchronized (FakeGateway.this) {
        if (clients.remove(session()) == null) {
          return;
        }
      }
      groups().forEach(this::leave);
      publish(event(SessionEvent.Type.DISCONNECTED, null, reason));
    }

    private void requireConnected() {
      synchronized (FakeGateway.this) {
        if (!clients.containsKey(session())) {
          throw new IllegalStateException("the client is not connected");
        }
      }
    }

    private boolean isMeantBy(String to) {
      if (to.startsWith("session:")) {
        return to.endsWith(":" + session());
      }
      return to.startsWith("group:")
          ? groups.contains(to.substring("group:".length()))
          : to.equals(user()) || to.equals("user:" + user());
    }

    private SessionInfo info() {
      return new SessionInfo(
          session(),
          user(),
          transport(),
          NODE,
          origin.remote(),
          connectedAt,
          connectedAt,
          new ArrayList<>(groups()),
          0,
          false);
    }

    private SessionEvent event(SessionEvent.Type type, String group, String reason) {
      return new SessionEvent(
          type, session(), user(), transport(), NODE, group, reason, null, MessageFields.now());
    }
  }
}
