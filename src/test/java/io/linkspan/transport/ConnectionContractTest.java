package io.linkspan.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import com.google.protobuf.GeneratedMessage;
import io.linkspan.api.AckMessage;
import io.linkspan.api.Addresses;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.GatewayClient;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.api.Service;
import io.linkspan.api.SessionInfo;
import io.linkspan.api.method.MethodChannel;
import io.linkspan.api.method.MethodException;
import io.linkspan.api.method.MissingMethodException;
import io.linkspan.connection.CloseReason;
import io.linkspan.protocol.methodchannel.Envelope;
import io.linkspan.protocol.methodchannel.MethodCall;
import io.linkspan.protocol.methodchannel.StandardMethodCodec;
import io.linkspan.testing.Patience;
import io.linkspan.testing.TestClient;
import io.linkspan.testing.TestGateway;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the guarantees of every transport, on real sockets. A transport's own test extends it. */
public abstract class ConnectionContractTest {

  private static final String ROUTES =
      """
      routes:
        - {to: "", bus: inbound}
        - {to: "service:echo", bus: echo}
        - {to: "service:accepted", bus: accepted, ack: accepted}
        - {to: "service:*", bus: services}
        - {to: "user:*"}
        - {to: "group:*"}
        - {to: "session:*"}
        - {type: method, to: "shop.*", bus: shop}
      """;

  /** For tests that wait for time-outs; in others a slow machine must not run into one. */
  private static final Map<String, String> SHORT_TIMEOUTS =
      Map.of("delivery.requestTimeout", "1s", "delivery.ackTimeout", "500ms");

  @TempDir Path folder;

  private TestGateway gateway;
  private BlockingQueue<JsonObject> events;

  /** Connects a client; transport specific settings of the query are not needed. */
  protected abstract TestClient connect(TestGateway gateway, String user);

  /** Connects a client that does not acknowledge. */
  protected abstract TestClient connectUnacknowledging(TestGateway gateway, String user);

  /** The name of the transport in events and metrics. */
  protected abstract String transport();

  /** Configuration keys that this transport needs to be there at all. */
  protected Map<String, String> settings() {
    return Map.of();
  }

  /** Configuration keys that make this transport's heartbeat expire within about a second. */
  protected abstract Map<String, String> fastHeartbeat();

  /** Returns the close code that the client of this transport receives for that reason. */
  protected abstract int closeCode(CloseReason reason);

  @BeforeEach
  void start() throws Exception {
    start(Map.of());
  }

  @AfterEach
  void stop() {
    gateway.close();
  }

  private void start(Map<String, String> more) throws Exception {
    if (gateway != null) {
      gateway.close();
    }
    Path routes = Files.writeString(folder.resolve("routes.yaml"), ROUTES);
    Map<String, String> settings = new HashMap<>();
    settings.put("delivery.requestTimeout", "10s");
    settings.put("delivery.ackTimeout", "10s");
    settings.put("delivery.maxAttempts", "3");
    settings.put("eventLoops", "2");
    settings.putAll(settings());
    settings.putAll(more);
    gateway = TestGateway.start(routes, settings);
    events = gateway.events();
  }

  private static Message.Builder message(String eventId, String to) {
    return Message.newBuilder().setEventId(eventId).setTo(to).setType("text").setBody("hello");
  }

  private JsonObject event(String name) throws InterruptedException {
    for (JsonObject event; (event = events.poll(Patience.SECONDS, TimeUnit.SECONDS)) != null; ) {
      if (event.getString("event").equals(name)) {
        return event;
      }
    }
    throw new AssertionError("no event " + name);
  }

  private void serve(Service.Handler handler) {
    TestGateway.await(Service.register(gateway.vertx(), "services", handler));
  }

  @Test
  void aServiceAnswersAndTheMessageIsAcknowledged() {
    try (TestClient alice = connect(gateway, "alice")) {
      alice.send(message("1", "service:echo").build());
      assertThat(alice.receiveAck()).isEqualTo("1");
      Message answer = alice.receiveMessage();
      assertThat(answer.getReplyTo()).isEqualTo("1");
      assertThat(answer.getBody()).isEqualTo("hello");
      assertThat(answer.getFrom()).isEqualTo("service:echo");
      assertThat(answer.getEventId()).isNotEmpty();
      assertThat(answer.getCreateAt()).endsWith("Z");
    }
  }

  @Test
  void anAnswerThatIsNotAcknowledgedComesAgainAndThenNoMore() throws Exception {
    start(SHORT_TIMEOUTS);
    try (TestClient alice = connect(gateway, "alice")) {
      alice.send(message("1", "service:echo").build());
      alice.receiveAck();
      Message first = alice.receiveMessage();
      assertThat(alice.receiveMessage()).isEqualTo(first);
      alice.acknowledge(first.getEventId());
      alice.send(message("2", "service:echo").setBody("next").build());
      // A third copy may be on its way already; after it comes what was asked for since.
      GeneratedMessage next = alice.receive();
      if (next instanceof Message copy) {
        assertThat(copy).isEqualTo(first);
        next = alice.receive();
      }
      assertThat(((AckMessage) next).getEventId()).isEqualTo("2");
      assertThat(alice.receiveMessage().getBody()).isEqualTo("next");
    }
  }

  @Test
  void aServiceSeesWhoSentIt() {
    BlockingQueue<io.linkspan.api.Origin> origins = new LinkedBlockingQueue<>();
    serve(
        (message, origin) -> {
          origins.add(origin);
          return Future.succeededFuture();
        });
    try (TestClient alice = connect(gateway, "alice")) {
      alice.send(message("1", "service:any").setFrom("mallory").build());
      assertThat(alice.receiveAck()).isEqualTo("1");
      var origin = origins.remove();
      assertThat(origin.user()).isEqualTo("alice");
      assertThat(origin.transport()).isEqualTo(transport());
      assertThat(origin.node()).isEqualTo(gateway.node().getString("node"));
      assertThat(origin.remote()).startsWith("127.0.0.1:");
      assertThat(origin.session()).isNotEmpty();
    }
  }

  @Test
  void theSenderIsNotifiedOfEveryFailureOfAService() throws Exception {
    start(SHORT_TIMEOUTS);
    Queue<Throwable> bugs = new ConcurrentLinkedQueue<>();
    gateway.vertx().exceptionHandler(bugs::add);
    serve(
        (message, origin) ->
            switch (message.getBody()) {
              case "forbidden" ->
                  Future.failedFuture(new MessageException(ErrorCode.FORBIDDEN, "not you"));
              case "odd" ->
                  Future.failedFuture(
                      new io.vertx.core.eventbus.ReplyException(
                          io.vertx.core.eventbus.ReplyFailure.RECIPIENT_FAILURE, 4711, "odd"));
              case "bug" -> throw new IllegalStateException("a secret of the service");
              case "silent" -> io.vertx.core.Promise.<Message>promise().future();
              default -> Future.succeededFuture();
            });
    try (TestClient alice = connect(gateway, "alice")) {
      assertError(alice, "forbidden", "forbidden", "not you");
      assertError(alice, "odd", "internal", "odd");
      assertError(alice, "bug", "internal", "the service failed");
      assertError(alice, "silent", "timeout", "no reply in time");
      alice.send(message("ok", "service:any").build());
      assertThat(alice.receiveAck()).isEqualTo("ok");
    }
    assertThat(bugs).extracting(Throwable::getMessage).containsExactly("a secret of the service");
  }

  private static void assertError(TestClient client, String body, String code, String text) {
    client.send(message(body, "service:any").setBody(body).build());
    JsonObject error = client.receiveError();
    assertThat(error.getString("replyTo")).isEqualTo(body);
    assertThat(error.getString("code")).isEqualTo(code);
    assertThat(error.getString("message")).isEqualTo(text);
  }

  @Test
  void whatNobodyServesIsUnavailableAndWhatNoRoutePermitsForbidden() throws Exception {
    try (TestClient alice = connect(gateway, "alice")) {
      alice.send(message("1", "").build());
      assertThat(alice.receiveError().getString("code")).isEqualTo("unavailable");
      alice.send(message("2", "service:accepted").build());
      assertThat(alice.receiveError().getString("code")).isEqualTo("unavailable");
      alice.send(message("3", "user:nobody").build());
      assertThat(alice.receiveError().getString("code")).isEqualTo("no-such-recipient");
    }
    Path none = Files.writeString(folder.resolve("none.yaml"), "routes: []");
    try (TestGateway closed = TestGateway.start(none, settings());
        TestClient alice = connect(closed, "alice")) {
      alice.send(message("4", "bob").build());
      assertThat(alice.receiveError().getString("code")).isEqualTo("forbidden");
    }
  }

  @Test
  void acceptedIsEnoughWhereTheRouteSaysSo() {
    gateway.vertx().eventBus().consumer("accepted", request -> {});
    try (TestClient alice = connect(gateway, "alice")) {
      alice.send(message("1", "service:accepted").build());
      assertThat(alice.receiveAck()).isEqualTo("1");
    }
  }

  @Test
  void aUserReachesAnotherAndHearsWhenItsApplicationHasIt() {
    try (TestClient alice = connect(gateway, "alice");
        TestClient bob = connect(gateway, "bob")) {
      alice.send(message("", "bob").setFrom("mallory").build());
      Message received = bob.receiveMessage();
      assertThat(received.getFrom()).isEqualTo("alice");
      assertThat(received.getBody()).isEqualTo("hello");
      assertThat(received.getEventId()).isNotEmpty();
      assertThat(received.getCreateAt()).endsWith("Z");
      alice.send(message("probe", "service:echo").build());
      // The acknowledgement of the probe overtakes: bob has not acknowledged yet.
      assertThat(alice.receiveAck()).isEqualTo("probe");
      alice.receiveMessage();
      bob.acknowledge(received.getEventId());
      assertThat(skipMessages(alice)).isEqualTo(received.getEventId());
    }
  }

  private static String skipMessages(TestClient client) {
    while (true) {
      if (client.receive() instanceof AckMessage ack) {
        return ack.getEventId();
      }
    }
  }

  @Test
  void aRecipientThatNeverAcknowledgesIsATimeoutForTheSender() throws Exception {
    start(SHORT_TIMEOUTS);
    try (TestClient alice = connect(gateway, "alice");
        TestClient bob = connect(gateway, "bob")) {
      alice.send(message("1", "user:bob").build());
      for (int attempt = 1; attempt <= 3; attempt++) {
        assertThat(bob.receiveMessage().getEventId()).isEqualTo("1");
      }
      assertThat(alice.receiveError().getString("code")).isEqualTo("timeout");
    }
  }

  @Test
  void aRecipientThatLeavesBeforeItAcknowledgesIsNoRecipient() {
    try (TestClient alice = connect(gateway, "alice")) {
      try (TestClient bob = connect(gateway, "bob")) {
        alice.send(message("1", "user:bob").build());
        bob.receiveMessage();
      }
      assertThat(alice.receiveError().getString("code")).isEqualTo("no-such-recipient");
    }
  }

  @Test
  void forAClientThatDoesNotAcknowledgeWritingIsEnough() {
    try (TestClient alice = connect(gateway, "alice");
        TestClient bob = connectUnacknowledging(gateway, "bob")) {
      alice.send(message("1", "bob").build());
      assertThat(alice.receiveAck()).isEqualTo("1");
      assertThat(bob.receiveMessage().getEventId()).isEqualTo("1");
    }
  }

  @Test
  void aDuplicateIsAnsweredAgainAndPassedOnOnce() {
    List<String> served = new ArrayList<>();
    serve(
        (message, origin) -> {
          served.add(message.getEventId());
          return message.getBody().equals("bad")
              ? Future.failedFuture(new MessageException(ErrorCode.FORBIDDEN, "no"))
              : Future.succeededFuture(Message.newBuilder().setBody("answer").build());
        });
    try (TestClient alice = connectUnacknowledging(gateway, "alice")) {
      alice.send(message("1", "service:any").build());
      assertThat(alice.receiveAck()).isEqualTo("1");
      assertThat(alice.receiveMessage().getBody()).isEqualTo("answer");
      alice.send(message("1", "service:any").build());
      // Acknowledged again; the answer is not given again.
      assertThat(alice.receiveAck()).isEqualTo("1");
      alice.send(message("2", "service:any").setBody("bad").build());
      assertThat(alice.receiveError().getString("code")).isEqualTo("forbidden");
      alice.send(message("2", "service:any").setBody("bad").build());
      assertThat(alice.receiveError().getString("replyTo")).isEqualTo("2");
      alice.leave();
    }
    try (TestClient again = connectUnacknowledging(gateway, "alice")) {
      again.send(message("1", "service:any").build());
      assertThat(again.receiveAck()).isEqualTo("1");
    }
    assertThat(served).containsExactly("1", "2");
  }

  @Test
  void twoThousandMessagesInOneGoArriveInOrderAndAreAcknowledgedOnce() throws Exception {
    int count = 2_000;
    try (TestClient alice = connect(gateway, "alice");
        TestClient bob = connect(gateway, "bob")) {
      Thread writer =
          new Thread(
              () -> {
                for (int i = 0; i < count; i++) {
                  alice.send(message("m" + i, "bob").build());
                }
              });
      writer.start();
      Thread reader =
          new Thread(
              () -> {
                for (int i = 0; i < count; ) {
                  Message received = bob.receiveMessage();
                  bob.acknowledge(received.getEventId());
                  if (received.getEventId().equals("m" + i)) {
                    i++;
                  }
                }
              });
      reader.start();
      Set<String> acknowledged = new HashSet<>();
      for (int i = 0; i < count; i++) {
        assertThat(acknowledged.add(alice.receiveAck())).isTrue();
      }
      writer.join();
      reader.join();
      assertThat(acknowledged).hasSize(count);
    }
  }

  @Test
  void groupsAreHeardByTheirMembersButNotByTheSpeaker() throws Exception {
    try (TestClient alice = connect(gateway, "alice");
        TestClient alsoAlice = connect(gateway, "alice");
        TestClient bob = connect(gateway, "bob");
        TestClient carol = connect(gateway, "carol")) {
      for (TestClient client : List.of(alice, alsoAlice, bob)) {
        client.send(message("j", "").setType("join_group").setBody("[\"news\",\"games\"]").build());
        assertThat(client.receiveAck()).isEqualTo("j");
      }
      assertThat(event("joined").getString("group")).isEqualTo("news");
      alice.send(message("1", "group:news").build());
      assertThat(alice.receiveAck()).isEqualTo("1");
      for (TestClient client : List.of(alsoAlice, bob)) {
        assertThat(client.receiveMessage().getTo()).isEqualTo("group:news");
        client.acknowledge("1");
      }
      bob.send(message("l", "").setType("leave_group").setBody("news").build());
      assertThat(bob.receiveAck()).isEqualTo("l");
      assertThat(event("left").getString("user")).isEqualTo("bob");
      carol.send(message("2", "group:news").build());
      assertThat(carol.receiveAck()).isEqualTo("2");
      assertThat(alice.receiveMessage().getEventId()).isEqualTo("2");
      carol.send(message("3", "group:nobody").build());
      assertThat(carol.receiveAck()).isEqualTo("3");
      bob.send(message("4", "service:echo").build());
      assertThat(bob.receiveAck()).isEqualTo("4");
      bob.send(message("5", "").setType("join_group").setBody("[1]").build());
      bob.receiveMessage();
      assertThat(bob.receiveError().getString("code")).isEqualTo("malformed");
    }
  }

  @Test
  void aServiceReachesClientsAndHearsWhoVouches() {
    GatewayClient clients = GatewayClient.create(gateway.vertx());
    try (TestClient alice = connect(gateway, "alice");
        TestClient bob = connectUnacknowledging(gateway, "bob")) {
      Future<GatewayClient.Delivery> toAlice =
          clients.send(message("1", "alice").setFrom("service:test").build());
      assertThat(alice.receiveMessage().getFrom()).isEqualTo("service:test");
      assertThat(toAlice.isComplete()).isFalse();
      alice.acknowledge("1");
      assertThat(TestGateway.await(toAlice).by()).isEqualTo(GatewayClient.By.CLIENT);
      assertThat(TestGateway.await(clients.send(message("2", "bob").build())).by())
          .isEqualTo(GatewayClient.By.TRANSPORT);
      assertThat(bob.receiveMessage().getEventId()).isEqualTo("2");
      TestGateway.await(clients.post(message("3", "alice").build()));
      assertThat(alice.receiveMessage().getEventId()).isEqualTo("3");
      alice.acknowledge("3");
      assertThat(failure(clients.send(message("4", "nobody").build())))
          .isEqualTo(ErrorCode.NO_SUCH_RECIPIENT);
      assertThat(failure(clients.post(message("5", "nobody").build())))
          .isEqualTo(ErrorCode.NO_SUCH_RECIPIENT);
      assertThat(failure(clients.send(message("6", "service:echo").build())))
          .isEqualTo(ErrorCode.MALFORMED);
      assertThat(failure(clients.send(message("7", "alice").build(), Duration.ofMillis(50))))
          .isEqualTo(ErrorCode.TIMEOUT);
    }
  }

  private static ErrorCode failure(Future<?> future) {
    return catchThrowableOfType(MessageException.class, () -> TestGateway.await(future)).code();
  }

  @Test
  void sessionsAreListedMovedAndKickedByServices() throws Exception {
    GatewayClient clients = GatewayClient.create(gateway.vertx());
    try (TestClient alice = connect(gateway, "alice")) {
      String session = event("connected").getString("session");
      assertThat(TestGateway.await(clients.presence("alice"))).isEqualTo(1);
      TestGateway.await(clients.join(session, "vip"));
      SessionInfo listed = TestGateway.await(clients.sessions("alice")).get(0);
      assertThat(listed.session()).isEqualTo(session);
      assertThat(listed.user()).isEqualTo("alice");
      assertThat(listed.transport()).isEqualTo(transport());
      assertThat(listed.groups()).containsExactly("vip");
      assertThat(listed.lastSeenAt()).isNotNull();
      TestGateway.await(clients.post(message("1", "group:vip").build()));
      assertThat(alice.receiveMessage().getEventId()).isEqualTo("1");
      alice.acknowledge("1");
      TestGateway.await(clients.leave(session, "vip"));
      TestGateway.await(clients.disconnect(session));
      assertThat(alice.closeCode()).isEqualTo(closeCode(CloseReason.KICKED));
      JsonObject gone = event("disconnected");
      assertThat(gone.getString("reason")).isEqualTo("kicked");
      assertThat(gone.getString("user")).isEqualTo("alice");
      assertThat(failure(clients.disconnect(session))).isEqualTo(ErrorCode.NO_SUCH_RECIPIENT);
      assertThat(TestGateway.await(clients.presence("alice"))).isZero();
    }
  }

  @Test
  void aControlRequestThatMakesNoSenseSaysWhy() {
    for (Object bad :
        List.of(
            "text",
            new JsonObject(),
            new JsonObject().put("action", "dance"),
            new JsonObject().put("action", "presence"),
            new JsonObject().put("action", "sessions").put("limit", 0),
            new JsonObject().put("action", "join").put("session", "x"))) {
      Future<?> reply = gateway.vertx().eventBus().request(Addresses.CONTROL, bad);
      assertThat(
              catchThrowableOfType(
                      io.vertx.core.eventbus.ReplyException.class, () -> TestGateway.await(reply))
                  .failureCode())
          .isEqualTo(ErrorCode.MALFORMED.number());
    }
  }

  @Test
  void eachEndIsToldWithItsReason() throws Exception {
    TestClient alice = connect(gateway, "alice");
    assertThat(event("connected").getString("transport")).isEqualTo(transport());
    alice.send(message("j", "").setType("join_group").setBody("news").build());
    alice.receiveAck();
    alice.leave();
    assertThat(event("left").getString("group")).isEqualTo("news");
    assertThat(event("disconnected").getString("reason")).isEqualTo("normal");
    await().until(() -> gateway.node().getInteger("sessions") == 0);
  }

  @Test
  void garbageIsAnsweredAndTooMuchOfItEndsTheConnection() throws Exception {
    start(Map.of("limits.malformed", "3"));
    try (TestClient alice = connect(gateway, "alice")) {
      for (int i = 0; i < 2; i++) {
        alice.sendGarbage();
        assertThat(alice.receiveError().getString("code")).isEqualTo("malformed");
      }
      alice.send(message("1", "service:echo").build());
      assertThat(alice.receiveAck()).isEqualTo("1");
      alice.sendGarbage();
      assertThat(alice.closeCode()).isEqualTo(closeCode(CloseReason.MALFORMED));
    }
  }

  @Test
  void namesHaveABound() {
    try (TestClient alice = connect(gateway, "alice")) {
      String tooLong = "x".repeat(257);
      for (Message bad :
          List.of(
              message(tooLong, "bob").build(),
              message("1", tooLong).build(),
              message("1", "bob").setType(tooLong).build(),
              message("1", "bob").setReplyTo(tooLong).build())) {
        alice.send(bad);
        assertThat(alice.receiveError().getString("code")).isEqualTo("malformed");
      }
    }
  }

  @Test
  void whatIsTooFastIsRefusedAndSaysWhenToComeAgain() throws Exception {
    start(Map.of("limits.messageRate", "2/s"));
    try (TestClient alice = connectUnacknowledging(gateway, "alice")) {
      for (int i = 0; i < 20; i++) {
        alice.send(message("m" + i, "group:none").build());
      }
      assertThat(alice.receiveAck()).isEqualTo("m0");
      // How many more pass depends on how long all this takes.
      GeneratedMessage next;
      do {
        next = alice.receive();
      } while (next instanceof AckMessage);
      JsonObject error = new JsonObject(((Message) next).getBody());
      assertThat(error.getString("code")).isEqualTo("rate-limited");
      assertThat(error.getLong("retryAfterMs")).isBetween(1L, 500L);
    }
  }

  @Test
  void messagesOverTheInFlightLimitWaitAndAcknowledgementsDoNot() throws Exception {
    start(Map.of("limits.inFlight", "1", "limits.waiting", "2", "delivery.ackTimeout", "10s"));
    try (TestClient alice = connect(gateway, "alice")) {
      // To herself: the first one ends only when she acknowledges it.
      for (int i = 0; i < 4; i++) {
        alice.send(message("m" + i, "alice").build());
      }
      assertThat(alice.receiveMessage().getEventId()).isEqualTo("m0");
      JsonObject error = alice.receiveError();
      assertThat(error.getString("code")).isEqualTo("queue-full");
      assertThat(error.getString("replyTo")).isEqualTo("m3");
      for (int i = 0; i < 3; i++) {
        alice.acknowledge("m" + i);
        assertThat(alice.receiveAck()).isEqualTo("m" + i);
        if (i < 2) {
          assertThat(alice.receiveMessage().getEventId()).isEqualTo("m" + (i + 1));
        }
      }
    }
  }

  @Test
  void aFullOutboxIsToldToTheProducerAndWhatIsPendingStays() throws Exception {
    start(Map.of("session.maxPending", "2", "delivery.ackTimeout", "10s"));
    try (TestClient alice = connectUnacknowledging(gateway, "alice");
        TestClient bob = connect(gateway, "bob")) {
      for (int i = 0; i < 3; i++) {
        alice.send(message("m" + i, "bob").build());
      }
      JsonObject error = alice.receiveError();
      assertThat(error.getString("code")).isEqualTo("queue-full");
      assertThat(error.getString("replyTo")).isEqualTo("m2");
      for (int i = 0; i < 2; i++) {
        bob.acknowledge(bob.receiveMessage().getEventId());
        assertThat(alice.receiveAck()).isEqualTo("m" + i);
      }
    }
  }

  @Test
  void aClaimedNameDoesNotEndTheSessionsOfTheUser() throws Exception {
    start(Map.of("session.perUser.max", "1"));
    try (TestClient first = connect(gateway, "alice")) {
      assertThat(event("connected").getString("user")).isEqualTo("alice");
      assertThatThrownBy(
          () -> {
            try (TestClient second = connect(gateway, "alice")) {
              second.send(message("2", "service:echo").build());
              second.receiveAck();
            }
          });
      first.send(message("1", "service:echo").build());
      assertThat(first.receiveAck()).isEqualTo("1");
      assertThat(events).noneMatch(event -> event.getString("event").equals("connected"));
    }
  }

  @Test
  void aSilentClientIsGoneWithinItsTimeout() throws Exception {
    start(fastHeartbeat());
    try (TestClient alice = connect(gateway, "alice")) {
      alice.send(message("1", "service:echo").build());
      // Reads nothing and says nothing from here on, not even in answer to a probe.
      JsonObject gone = event("disconnected");
      assertThat(gone.getString("reason")).isEqualTo("heartbeat-timeout");
      assertThat(alice.closeCode()).isEqualTo(closeCode(CloseReason.HEARTBEAT_TIMEOUT));
    }
  }

  @Test
  void aDrainAnswersWhatIsInHandAndSendsClientsAway() throws Exception {
    io.vertx.core.Promise<Message> slow = io.vertx.core.Promise.promise();
    start(Map.of("delivery.requestTimeout", "10s", "limits.closeTimeout", "300ms"));
    serve((message, origin) -> slow.future());
    try (TestClient alice = connectUnacknowledging(gateway, "alice");
        TestClient bob = connect(gateway, "bob")) {
      alice.send(message("1", "service:any").build());
      alice.send(message("2", "service:echo").build());
      assertThat(alice.receiveAck()).isEqualTo("2");
      alice.receiveMessage();
      Future<Void> drained = gateway.drain();
      assertThat(bob.closeCode()).isEqualTo(closeCode(CloseReason.GOING_AWAY));
      slow.complete(Message.newBuilder().setBody("late").build());
      assertThat(alice.receiveAck()).isEqualTo("1");
      assertThat(alice.receiveMessage().getBody()).isEqualTo("late");
      assertThat(alice.closeCode()).isEqualTo(closeCode(CloseReason.GOING_AWAY));
      TestGateway.await(drained);
    }
  }

  private static Message.Builder call(String eventId, String channel, String method, Object with) {
    return message(eventId, channel)
        .setType("method")
        .setContentType("application/x-flutter-standard-method")
        .addAttachments(
            ByteString.copyFrom(
                StandardMethodCodec.INSTANCE.encodeCall(new MethodCall(method, with))));
  }

  private static Envelope envelope(Message answer) {
    assertThat(answer.getType()).isEqualTo("method");
    assertThat(answer.getContentType()).isEqualTo("application/x-flutter-standard-method");
    return StandardMethodCodec.INSTANCE.decodeEnvelope(
        answer.getAttachments(0).asReadOnlyByteBuffer());
  }

  @Test
  void anAppCallsAMethodOfAService() {
    var shop = MethodChannel.create(gateway.vertx(), "shop");
    TestGateway.await(
        shop.setMethodCallHandler(
            (call, result) -> {
              switch (call.method()) {
                case "price" ->
                    result.success(
                        List.of(
                            call.origin().user(), call.channel(), call.<byte[]>argument("item")));
                case "fail" -> result.error("E", "no", 1.5);
                default -> result.notImplemented();
              }
            }));
    try (TestClient alice = connect(gateway, "alice")) {
      alice.send(call("1", "shop.tea", "price", Map.of("item", new byte[] {1, 2})).build());
      Message price = answerTo(alice, "1");
      Envelope.Success success = (Envelope.Success) envelope(price);
      assertThat((List<?>) success.result())
          .map(Object.class::cast)
          .containsExactly("alice", "shop.tea", new byte[] {1, 2});
      alice.send(call("2", "shop.tea", "fail", null).build());
      assertThat(envelope(answerTo(alice, "2")))
          .isEqualTo(new Envelope.Failure("E", "no", 1.5, null));
      alice.send(call("3", "shop.tea", "dance", null).build());
      assertThat(answerTo(alice, "3").getAttachmentsCount()).isZero();
    }
  }

  /** A call is acknowledged, then answered; the answer is acknowledged here. */
  private static Message answerTo(TestClient client, String eventId) {
    assertThat(client.receiveAck()).isEqualTo(eventId);
    Message answer = client.receiveMessage();
    assertThat(answer.getReplyTo()).isEqualTo(eventId);
    client.acknowledge(answer.getEventId());
    return answer;
  }

  @Test
  void aChannelThatNobodyServesImplementsNothing() {
    try (TestClient alice = connect(gateway, "alice")) {
      alice.send(call("1", "shop.tea", "price", null).build());
      Message answer = answerTo(alice, "1");
      assertThat(answer.getType()).isEqualTo("method");
      assertThat(answer.getAttachmentsCount()).isZero();
    }
  }

  @Test
  void aCallThatIsNoneIsRefusedAndOneToNoRouteForbidden() {
    var shop = MethodChannel.create(gateway.vertx(), "shop");
    TestGateway.await(shop.setMethodCallHandler((call, result) -> result.success(null)));
    try (TestClient alice = connect(gateway, "alice")) {
      alice.send(message("1", "shop.tea").setType("method").build());
      assertThat(alice.receiveError().getString("code")).isEqualTo("malformed");
      alice.send(call("2", "shop.tea", "price", null).setAttachments(0, ByteString.EMPTY).build());
      assertThat(alice.receiveError().getString("code")).isEqualTo("malformed");
      alice.send(call("3", "shop.tea", "price", null).setContentType("text/html").build());
      assertThat(alice.receiveError().getString("code")).isEqualTo("malformed");
      // A channel, and no user, whatever the name looks like.
      alice.send(call("4", "user:alice", "price", null).build());
      assertThat(alice.receiveError().getString("code")).isEqualTo("forbidden");
    }
  }

  @Test
  void aServiceCallsAMethodOfAnApp() {
    var shop = MethodChannel.create(gateway.vertx(), "shop");
    try (TestClient alice = connect(gateway, "alice")) {
      Future<Object> result = shop.invokeMethod("user:alice", "refresh", List.of(1, "two"));
      answerCall(alice, new Envelope.Success(Map.of("done", true)));
      assertThat(TestGateway.await(result)).isEqualTo(Map.of("done", true));

      Future<Object> failed = shop.invokeMethod("alice", "refresh", List.of(1, "two"));
      answerCall(alice, new Envelope.Failure("E", "no", 7, "at"));
      MethodException failure =
          catchThrowableOfType(MethodException.class, () -> TestGateway.await(failed));
      assertThat(failure).hasMessage("no");
      assertThat(failure.code()).isEqualTo("E");
      assertThat(failure.details()).isEqualTo(7);
      assertThat(failure.remoteStackTrace()).isEqualTo("at");

      Future<Object> missing = shop.invokeMethod("alice", "refresh", List.of(1, "two"));
      answerCall(alice, null);
      assertThatThrownBy(() -> TestGateway.await(missing))
          .isInstanceOf(MissingMethodException.class);

      // An app that knows nothing of channels acknowledges what it gets.
      Future<Object> ignored = shop.invokeMethod("alice", "refresh", null);
      alice.acknowledge(alice.receiveMessage().getEventId());
      assertThatThrownBy(() -> TestGateway.await(ignored))
          .isInstanceOf(MissingMethodException.class);
    }
    assertThat(failure(shop.invokeMethod("alice", "refresh", null)))
        .isEqualTo(ErrorCode.NO_SUCH_RECIPIENT);
  }

  @Test
  void anAppAnswersACallAlsoWhenItAcknowledgesNothing() throws Exception {
    start(SHORT_TIMEOUTS);
    var shop = MethodChannel.create(gateway.vertx(), "shop");
    try (TestClient alice = connectUnacknowledging(gateway, "alice")) {
      Future<Object> result = shop.invokeMethod("user:alice", "refresh", List.of(1, "two"));
      answerCall(alice, new Envelope.Success(null));
      assertThat(TestGateway.await(result)).isNull();
      Future<Object> unanswered = shop.invokeMethod("user:alice", "refresh", null);
      String eventId = alice.receiveMessage().getEventId();
      assertThat(alice.receiveMessage().getEventId()).isEqualTo(eventId);
      assertThat(alice.receiveMessage().getEventId()).isEqualTo(eventId);
      assertThat(failure(unanswered)).isEqualTo(ErrorCode.TIMEOUT);
      alice.send(answer("late", eventId, new Envelope.Success(null)));
      assertThat(alice.receiveError().getString("code")).isEqualTo("forbidden");
    }
  }

  /** Takes a call, checks it and answers it. */
  private static void answerCall(TestClient app, Envelope envelope) {
    Message call = app.receiveMessage();
    assertThat(call.getType()).isEqualTo("method");
    assertThat(call.getHeadersOrThrow("channel")).isEqualTo("shop");
    assertThat(
            StandardMethodCodec.INSTANCE.decodeCall(call.getAttachments(0).asReadOnlyByteBuffer()))
        .isEqualTo(new MethodCall("refresh", List.of(1, "two")));
    Message answer = answer("a-" + call.getEventId(), call.getEventId(), envelope);
    app.send(answer);
    assertThat(app.receiveAck()).isEqualTo(answer.getEventId());
    // Sent again, as after a lost link, it is acknowledged again and changes nothing.
    app.send(answer);
    assertThat(app.receiveAck()).isEqualTo(answer.getEventId());
  }

  private static Message answer(String eventId, String replyTo, Envelope envelope) {
    Message.Builder answer = message(eventId, "").setType("method").setReplyTo(replyTo);
    if (envelope != null) {
      answer
          .setContentType("application/x-flutter-standard-method")
          .addAttachments(
              ByteString.copyFrom(StandardMethodCodec.INSTANCE.encodeEnvelope(envelope)));
    }
    return answer.build();
  }

  @Test
  void anAnswerDoesNotWaitBehindMessagesThatWaitForIt() throws Exception {
    start(Map.of("limits.inFlight", "1", "delivery.requestTimeout", "10s"));
    GatewayClient clients = GatewayClient.create(gateway.vertx());
    serve(
        (message, origin) ->
            clients
                .send(Message.newBuilder().setTo("session:" + origin.session()).build())
                .map(delivery -> Message.newBuilder().setBody(delivery.reply().getBody()).build()));
    try (TestClient alice = connect(gateway, "alice")) {
      alice.send(message("1", "service:any").build());
      alice.send(message("2", "service:echo").build());
      String question = alice.receiveMessage().getEventId();
      alice.send(message("3", "").setReplyTo(question).setBody("because").build());
      assertThat(alice.receiveAck()).isEqualTo("3");
      assertThat(alice.receiveAck()).isEqualTo("1");
      assertThat(alice.receiveMessage().getBody()).isEqualTo("because");
      assertThat(alice.receiveAck()).isEqualTo("2");
    }
  }

  @Test
  void anAnswerWithoutASenderIsFromTheServiceAsTheClientAddressedIt() {
    serve(
        (message, origin) ->
            Future.succeededFuture(
                Message.newBuilder()
                    .setFrom(message.getBody().equals("named") ? "billing" : "")
                    .build()));
    try (TestClient alice = connectUnacknowledging(gateway, "alice")) {
      alice.send(message("1", "service:orders").build());
      assertThat(alice.receiveAck()).isEqualTo("1");
      assertThat(alice.receiveMessage().getFrom()).isEqualTo("service:orders");
      alice.send(message("2", "service:orders").setBody("named").build());
      assertThat(alice.receiveAck()).isEqualTo("2");
      assertThat(alice.receiveMessage().getFrom()).isEqualTo("billing");
    }
  }

  @Test
  void oneClientAnswersAnotherWithoutARoute() {
    try (TestClient alice = connect(gateway, "alice");
        TestClient bob = connect(gateway, "bob")) {
      alice.send(message("1", "bob").build());
      assertThat(bob.receiveMessage().getEventId()).isEqualTo("1");
      bob.send(message("2", "").setReplyTo("1").setFrom("mallory").setBody("hi").build());
      assertThat(bob.receiveAck()).isEqualTo("2");
      assertThat(alice.receiveAck()).isEqualTo("1");
      Message answer = alice.receiveMessage();
      assertThat(answer.getBody()).isEqualTo("hi");
      assertThat(answer.getFrom()).isEqualTo("bob");
      assertThat(answer.getReplyTo()).isEqualTo("1");
    }
  }
}
