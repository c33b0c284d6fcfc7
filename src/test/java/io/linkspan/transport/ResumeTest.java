package io.linkspan.transport;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.GeneratedMessage;
import io.linkspan.api.GatewayClient;
import io.linkspan.api.Message;
import io.linkspan.testing.EnetTestClient;
import io.linkspan.testing.Patience;
import io.linkspan.testing.RawTcp;
import io.linkspan.testing.SocketIoTestClient;
import io.linkspan.testing.TcpTestClient;
import io.linkspan.testing.TestClient;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.WebSocketTestClient;
import io.linkspan.wire.ShardCall;
import io.vertx.core.json.JsonObject;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A session outlives its link, on whichever loop and transport the client reconnects. */
class ResumeTest {

  /** A way to connect. */
  enum Transport {
    WEBSOCKET {
      @Override
      TestClient connect(TestGateway gateway, String user, String token) {
        return WebSocketTestClient.connect(
            gateway.httpPort(), "user=" + user + "&session=" + token);
      }
    },
    SOCKETIO {
      @Override
      TestClient connect(TestGateway gateway, String user, String token) {
        return SocketIoTestClient.connect(
            gateway.httpPort(), "ack=client&user=" + user + "&session=" + token);
      }
    },
    ENET {
      @Override
      TestClient connect(TestGateway gateway, String user, String token) {
        return EnetTestClient.connect(
            gateway.enetPort(), user, Map.of("ack", "client", "session", token));
      }
    },
    TCP {
      @Override
      TestClient connect(TestGateway gateway, String user, String token) {
        return TcpTestClient.ofLengths(RawTcp.connect(gateway.tcpPort()))
            .authenticate(user, Map.of("ack", "client", "session", token));
      }
    };

    /** With an empty token for a new session. */
    abstract TestClient connect(TestGateway gateway, String user, String token);
  }

  private TestGateway gateway;
  private BlockingQueue<JsonObject> events;

  @BeforeEach
  void start() {
    start(Map.of());
  }

  @AfterEach
  void stop() {
    gateway.close();
  }

  private void start(Map<String, String> more) {
    if (gateway != null) {
      gateway.close();
    }
    Map<String, String> settings = new HashMap<>();
    settings.put("eventLoops", "3");
    settings.put("tcp.enabled", "true");
    settings.put("enet.pingInterval", "100ms");
    settings.put("enet.timeout.minimum", "500ms");
    settings.put("enet.timeout.maximum", "1s");
    settings.putAll(more);
    gateway = TestGateway.start(settings);
    events = gateway.events();
  }

  private static Message message(String eventId, String to) {
    return Message.newBuilder().setEventId(eventId).setTo(to).setType("text").build();
  }

  /** Breaks the link without a close message. */
  static void drop(TestClient client) {
    if (client instanceof EnetTestClient enet) {
      enet.vanish();
    } else if (client instanceof TcpTestClient tcp) {
      // As the kernel does it for a process that was killed.
      tcp.socket().close();
    } else {
      client.close();
    }
  }

  /** Returns the first message to the client. */
  private static JsonObject session(TestClient client) {
    Message told = client.receiveMessage();
    assertThat(told.getType()).isEqualTo("session");
    return new JsonObject(told.getBody());
  }

  private JsonObject nextEvent(String user) throws InterruptedException {
    for (JsonObject event; (event = events.poll(Patience.SECONDS, TimeUnit.SECONDS)) != null; ) {
      if (event.getString("user").equals(user)) {
        return event;
      }
    }
    throw new AssertionError("no further event of " + user);
  }

  static Stream<Arguments> fromAndTo() {
    return Stream.of(Transport.values())
        .flatMap(from -> Stream.of(Transport.values()).map(to -> Arguments.of(from, to)));
  }

  @ParameterizedTest
  @MethodSource("fromAndTo")
  void aSessionIsTakenUpWithAllThatIsNotAcknowledged(Transport from, Transport to)
      throws Exception {
    try (TestClient alice = WebSocketTestClient.connect(gateway.httpPort(), "user=alice")) {
      TestClient before = from.connect(gateway, "bob", "");
      JsonObject first = session(before);
      assertThat(first.getBoolean("recovered")).isFalse();
      assertThat(first.getLong("expiresAfterMs")).isEqualTo(120_000);
      before.send(
          Message.newBuilder().setEventId("j").setType("join_group").setBody("room").build());
      assertThat(before.receiveAck()).isEqualTo("j");
      alice.send(message("1", "bob"));
      assertThat(before.receiveMessage().getEventId()).isEqualTo("1");
      before.acknowledge("1");
      assertThat(alice.receiveAck()).isEqualTo("1");
      alice.send(message("2", "bob"));
      alice.send(message("3", "group:room"));
      assertThat(before.receiveMessage().getEventId()).isEqualTo("2");
      assertThat(before.receiveMessage().getEventId()).isEqualTo("3");
      assertThat(alice.receiveAck()).isEqualTo("3");
      drop(before);
      alice.send(message("4", "bob"));

      try (TestClient after = to.connect(gateway, "bob", first.getString("session"))) {
        JsonObject second = session(after);
        assertThat(second.getBoolean("recovered")).isTrue();
        assertThat(second.getString("session")).isEqualTo(first.getString("session"));
        for (String eventId : List.of("2", "3", "4")) {
          assertThat(after.receiveMessage().getEventId()).isEqualTo(eventId);
          after.acknowledge(eventId);
        }
        assertThat(List.of(alice.receiveAck(), alice.receiveAck()))
            .containsExactlyInAnyOrder("2", "4");
        alice.send(message("5", "group:room"));
        assertThat(after.receiveMessage().getEventId()).isEqualTo("5");
        assertThat(alice.receiveAck()).isEqualTo("5");
        after.send(message("6", "service:echo"));
        assertThat(after.receiveAck()).isEqualTo("6");
        after.leave();
      }
      List<String> story = new ArrayList<>();
      do {
        JsonObject event = nextEvent("bob");
        story.add(event.getString("event"));
        if (story.contains("resumed") && event.getString("event").equals("disconnected")) {
          assertThat(event.getString("reason")).isEqualTo("normal");
        }
      } while (!(story.contains("left") && story.get(story.size() - 1).equals("disconnected")));
      assertThat(story)
          .containsExactly(
              "connected", "joined", "disconnected", "resumed", "left", "disconnected");
    }
  }

  @ParameterizedTest
  @EnumSource
  void aClientThatDoesNotReconnectHasLeft(Transport transport) throws Exception {
    start(Map.of("session.grace", "300ms"));
    try (TestClient alice = WebSocketTestClient.connect(gateway.httpPort(), "user=alice")) {
      TestClient bob = transport.connect(gateway, "bob", "");
      String token = session(bob).getString("session");
      bob.send(Message.newBuilder().setEventId("j").setType("join_group").setBody("room").build());
      assertThat(bob.receiveAck()).isEqualTo("j");
      alice.send(message("1", "bob"));
      bob.receiveMessage();
      drop(bob);
      JsonObject error = alice.receiveError();
      assertThat(error.getString("code")).isEqualTo("no-such-recipient");
      assertThat(error.getString("replyTo")).isEqualTo("1");
      assertThat(nextEvent("bob").getString("event")).isEqualTo("connected");
      assertThat(nextEvent("bob").getString("event")).isEqualTo("joined");
      assertThat(nextEvent("bob").getString("event")).isEqualTo("disconnected");
      assertThat(nextEvent("bob").getString("event")).isEqualTo("left");
      assertThat(nextEvent("bob").getString("event")).isEqualTo("expired");
      Awaitility.await().until(() -> gateway.node().getInteger("sessions") == 1);
      try (TestClient late = transport.connect(gateway, "bob", token)) {
        JsonObject fresh = session(late);
        assertThat(fresh.getBoolean("recovered")).isFalse();
        assertThat(fresh.getString("session")).isNotEqualTo(token);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aClientThatDisconnectsCannotResume(Transport transport) {
    TestClient bob = transport.connect(gateway, "bob", "");
    String token = session(bob).getString("session");
    bob.leave();
    try (TestClient again = transport.connect(gateway, "bob", token)) {
      assertThat(session(again).getBoolean("recovered")).isFalse();
    }
  }

  @ParameterizedTest
  @EnumSource
  void nobodyGetsTheSessionOfAnother(Transport transport) {
    try (TestClient bob = transport.connect(gateway, "bob", "");
        TestClient alice = transport.connect(gateway, "alice", session(bob).getString("session"))) {
      assertThat(session(alice).getBoolean("recovered")).isFalse();
      bob.send(message("1", "service:echo"));
      assertThat(bob.receiveAck()).isEqualTo("1");
    }
  }

  @Test
  void aWrongSecretIsWorthNothing() {
    try (TestClient bob = Transport.WEBSOCKET.connect(gateway, "bob", "")) {
      String token = session(bob).getString("session");
      String forged = token.substring(0, token.length() - 1) + (token.endsWith("x") ? "y" : "x");
      for (String wrong :
          List.of(forged, token.substring(0, 16), "x.y", ".", "x.", ".x", "x".repeat(2_000))) {
        try (TestClient other = Transport.WEBSOCKET.connect(gateway, "bob", wrong)) {
          assertThat(session(other).getBoolean("recovered")).isFalse();
        }
      }
      bob.send(message("1", "service:echo"));
      assertThat(bob.receiveAck()).isEqualTo("1");
    }
  }

  @Test
  void ofTwoTakersTheLastHasTheSessionAndTheOthersAreReplaced() throws Exception {
    TestClient first = Transport.WEBSOCKET.connect(gateway, "bob", "");
    String token = session(first).getString("session");
    List<Thread> threads = new ArrayList<>();
    BlockingQueue<TestClient> takers = new LinkedBlockingQueue<>();
    for (int i = 0; i < 6; i++) {
      threads.add(new Thread(() -> takers.add(Transport.WEBSOCKET.connect(gateway, "bob", token))));
    }
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(first.closeCode()).isEqualTo(4409);
    try (TestClient alice = WebSocketTestClient.connect(gateway.httpPort(), "user=alice")) {
      alice.send(message("1", "bob"));
      int replaced = 0;
      int served = 0;
      for (TestClient taker : takers) {
        try (taker) {
          // A client that is overtaken early enough is accepted and then closed.
          GeneratedMessage next = ((WebSocketTestClient) taker).receiveOrNull();
          if (next instanceof Message told && told.getType().equals("session")) {
            assertThat(new JsonObject(told.getBody()).getBoolean("recovered")).isTrue();
            next = ((WebSocketTestClient) taker).receiveOrNull();
          }
          if (next == null) {
            replaced++;
          } else {
            served++;
            taker.acknowledge(((Message) next).getEventId());
            assertThat(alice.receiveAck()).isEqualTo("1");
          }
        }
      }
      assertThat(served).isEqualTo(1);
      assertThat(replaced).isEqualTo(takers.size() - 1);
    }
  }

  /** The client hops from link to link while messages pour in. */
  @RepeatedTest(3)
  void orderHoldsAndNothingIsLostWhileTheClientMoves(RepetitionInfo repetition) {
    Random random = new Random(repetition.getCurrentRepetition());
    int total = 1_500;
    // A shard may give a session away before it has read what the client acknowledged last, so many
    // links end with the same Message unacknowledged.
    start(
        Map.of(
            "limits.inFlight", "100", "limits.waiting", "10000", "delivery.maxAttempts", "1000"));
    AtomicInteger questions = countFlushes();
    try (TestClient alice = WebSocketTestClient.connect(gateway.httpPort(), "user=alice")) {
      TestClient bob = Transport.WEBSOCKET.connect(gateway, "bob", "");
      String token = session(bob).getString("session");
      Thread sender =
          new Thread(
              () -> {
                for (int i = 0; i < total; i++) {
                  alice.send(message("m" + i, "bob"));
                }
              });
      sender.start();
      Set<String> seen = new LinkedHashSet<>();
      int moves = 0;
      int untilMove = 1 + random.nextInt(200);
      while (seen.size() < total) {
        Message next = bob.receiveMessage();
        seen.add(next.getEventId());
        if (random.nextInt(10) > 0) {
          bob.acknowledge(next.getEventId());
        }
        if (--untilMove == 0) {
          untilMove = 1 + random.nextInt(200);
          moves++;
          bob.close();
          Transport to = random.nextBoolean() ? Transport.WEBSOCKET : Transport.SOCKETIO;
          bob = to.connect(gateway, "bob", token);
          assertThat(session(bob).getBoolean("recovered")).isTrue();
        }
      }
      assertThat(moves).isGreaterThan(3);
      int expected = 0;
      for (String eventId : seen) {
        assertThat(eventId).isEqualTo("m" + expected++);
      }
      bob.close();
      // Shards that have passed something on to each other do not ask each other for ever.
      assertThat(questions.get()).isLessThan(20 * moves);
    }
  }

  /** How often shards ask each other whether something has got there. */
  private AtomicInteger countFlushes() {
    AtomicInteger count = new AtomicInteger();
    gateway
        .vertx()
        .eventBus()
        .addOutboundInterceptor(
            sending -> {
              if (sending.body() instanceof ShardCall call && call.hasFlush()) {
                count.incrementAndGet();
              }
              sending.next();
            });
    return count;
  }

  @Test
  void aServiceIsToldWhenTheClientHasItAfterAll() throws Exception {
    TestClient bob = Transport.WEBSOCKET.connect(gateway, "bob", "");
    String token = session(bob).getString("session");
    bob.close();
    assertThat(nextEvent("bob").getString("event")).isEqualTo("connected");
    assertThat(nextEvent("bob").getString("event")).isEqualTo("disconnected");
    GatewayClient client = GatewayClient.create(gateway.vertx());
    var delivery = client.send(message("1", "bob")).toCompletionStage().toCompletableFuture();
    try (TestClient again = Transport.ENET.connect(gateway, "bob", token)) {
      assertThat(session(again).getBoolean("recovered")).isTrue();
      assertThat(again.receiveMessage().getEventId()).isEqualTo("1");
      assertThat(delivery).isNotDone();
      again.acknowledge("1");
      assertThat(delivery.get(Patience.SECONDS, TimeUnit.SECONDS).by())
          .isEqualTo(GatewayClient.By.CLIENT);
    }
  }

  @Test
  void aThousandSessionsThatResumeAndExpireLeaveNothingBehind() throws Exception {
    start(Map.of("session.grace", "50ms", "delivery.duplicates.users", "100"));
    resumeAndExpire(300);
    long before = heapAfterCollection();
    resumeAndExpire(1_000);
    // Those that moved are remembered for 10 s, without the ten kilobytes of a link for each.
    assertThat(heapAfterCollection() - before).isLessThan(3_000_000);
  }

  private void resumeAndExpire(int sessions) {
    for (int i = 0; i < sessions; i++) {
      String user = UUID.randomUUID().toString();
      TestClient bob = Transport.WEBSOCKET.connect(gateway, user, "");
      String token = session(bob).getString("session");
      bob.close();
      TestClient again = Transport.WEBSOCKET.connect(gateway, user, token);
      session(again);
      again.close();
    }
    events.clear();
    Awaitility.await()
        .untilAsserted(() -> assertThat(gateway.node().getInteger("sessions")).isZero());
    events.clear();
  }

  private static long heapAfterCollection() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }
}
