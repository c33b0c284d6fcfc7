package io.linkspan.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.linkspan.api.AckMessage;
import io.linkspan.api.Message;
import io.linkspan.testing.Patience;
import io.linkspan.testing.RawHttp;
import io.linkspan.testing.RawTcp;
import io.linkspan.testing.RawWebSocket;
import io.linkspan.testing.Scrape;
import io.linkspan.testing.TcpTestClient;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.WebSocketTestClient;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** Clients that make the node hold much, beside a good one, with a budget of few bytes. */
class MemoryPressureTest {

  private static final Duration PATIENCE = Patience.LONGEST;
  private static final int BODY = 10_000;

  private final List<AutoCloseable> open = new ArrayList<>();
  private TestGateway gateway;
  private WebSocketTestClient good;
  private int number;

  private void start(Map<String, String> settings) {
    Map<String, String> all = new HashMap<>();
    all.put("eventLoops", "1");
    all.put("tcp.enabled", "true");
    // Nothing of a client that has left remains.
    all.put("delivery.duplicates.users", "0");
    all.putAll(settings);
    gateway = TestGateway.start(all);
    good = client("user=good");
    assertGoodClientIsServed();
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable one : open) {
      one.close();
    }
    if (gateway != null) {
      gateway.close();
    }
  }

  private WebSocketTestClient client(String query) {
    WebSocketTestClient client = WebSocketTestClient.connect(gateway.httpPort(), query);
    open.add(client);
    return client;
  }

  private static Message message(String eventId, String to, String body) {
    return Message.newBuilder().setEventId(eventId).setTo(to).setType("t").setBody(body).build();
  }

  /** Sends a message to a service and reads its acknowledgement and the service's answer. */
  private void assertGoodClientIsServed() {
    String eventId = "good-" + ++number;
    good.send(message(eventId, "service:echo", "hello"));
    assertThat(good.receiveAck()).isEqualTo(eventId);
    Message answer = good.receiveMessage();
    assertThat(answer.getBody()).isEqualTo("hello");
    good.acknowledge(answer.getEventId());
  }

  private static ConditionFactory eventually() {
    return await().atMost(PATIENCE).pollInterval(Duration.ofMillis(10));
  }

  private double metric(String name) {
    return Scrape.metric(gateway.managementPort(), "linkspan_" + name);
  }

  private MemoryLevel level() {
    return List.of(MemoryLevel.values()).get((int) metric("memory_level{memory=\"heap\"}"));
  }

  private double charged(MemoryUse use) {
    return metric("memory_charged_bytes{use=\"" + use.label() + "\"}");
  }

  private void awaitLevel(MemoryLevel level) {
    eventually().until(this::level, level::equals);
  }

  private RawHttp.Response readiness() {
    try (RawHttp http = RawHttp.get(gateway.managementPort(), "/health/ready")) {
      return http.response();
    }
  }

  /** Makes messages wait for a client that does not acknowledge, until a level is reached. */
  private WebSocketTestClient fillOutboxUntil(MemoryLevel level) {
    WebSocketTestClient sender = client("user=sender");
    WebSocketTestClient slow = client("user=slow&session=");
    for (int i = 0; level().compareTo(level) < 0; i++) {
      assertThat(i).as("messages until %s", level).isLessThan(200);
      sender.send(message("fill-" + i, "user:slow", "x".repeat(BODY)));
      assertGoodClientIsServed();
    }
    return slow;
  }

  @Test
  void newClientsAreRefusedAndTheNodeIsNotReadyUntilMemoryIsFree() {
    start(Map.of("memory.heap", "1MiB", "session.maxPendingBytes", "1MiB"));
    assertThat(readiness().status()).isEqualTo(200);
    WebSocketTestClient slow = fillOutboxUntil(MemoryLevel.REFUSING);
    RawWebSocket refused = RawWebSocket.connect(gateway.httpPort(), "/ws?user=late");
    open.add(refused);
    assertThat(refused.status()).contains("503");
    assertThat(refused.responseHead().toLowerCase(java.util.Locale.ROOT))
        .contains("retry-after: 5");
    assertThat(new JsonObject(refused.readBody()).getString("message"))
        .isEqualTo("the gateway is short of memory");
    RawTcp overTcp = RawTcp.connect(gateway.tcpPort());
    open.add(overTcp);
    assertThat(TcpTestClient.ofLengths(overTcp).closeCode()).isEqualTo(1011);
    assertThat(readiness().status()).isEqualTo(503);
    assertThat(readiness().body()).contains("heap memory").contains("new clients are refused");
    // The clients that are here go on, and the messages have a place to wait.
    assertGoodClientIsServed();
    assertThat(slow.receiveMessage().getType()).isEqualTo("session");
    acknowledgeUntilNormal(slow);
    client("user=later");
    assertThat(readiness().status()).isEqualTo(200);
  }

  private void acknowledgeUntilNormal(WebSocketTestClient slow) {
    while (level() != MemoryLevel.NORMAL) {
      slow.acknowledge(slow.receiveMessage().getEventId());
      assertGoodClientIsServed();
    }
  }

  @Test
  void theClientThatHoldsMostIsClosedAndNoOther() {
    start(Map.of("memory.heap", "1MiB", "session.maxPendingBytes", "1MiB"));
    fillOutboxUntil(MemoryLevel.REFUSING);
    // New clients are refused by now.
    var sender = (WebSocketTestClient) open.get(1);
    for (int i = 0; metric("memory_shed_total") == 0; i++) {
      assertThat(i).as("messages until a session is shed").isLessThan(200);
      sender.send(message("more-" + i, "user:slow", "x".repeat(BODY)));
      assertGoodClientIsServed();
    }
    awaitLevel(MemoryLevel.NORMAL);
    assertThat(metric("memory_shed_total")).isEqualTo(1);
    assertThat(charged(MemoryUse.OUTBOX)).isLessThan(BODY);
    assertGoodClientIsServed();
  }

  @Test
  void messagesAreRefusedAsQueueFullWhileMemoryIsFull() {
    start(Map.of("memory.heap", "1MiB"));
    BlockingQueue<io.vertx.core.eventbus.Message<Message>> withService =
        new LinkedBlockingQueue<>();
    TestGateway.await(
        gateway.vertx().eventBus().<Message>consumer("inbound", withService::add).completion());
    WebSocketTestClient sender = client("user=sender");
    int sent = 0;
    while (level() != MemoryLevel.FULL) {
      assertThat(sent).as("messages until full").isLessThan(64);
      sender.send(message("held-" + sent++, "", "x".repeat(2 * BODY)));
      int all = sent;
      eventually().until(() -> withService.size() == all);
    }
    good.send(message("late", "service:echo", "hello"));
    JsonObject error = good.receiveError();
    assertThat(error.getString("code")).isEqualTo("queue-full");
    assertThat(error.getString("replyTo")).isEqualTo("late");
    assertThat(error.getLong("retryAfterMs")).isPositive();
    // Nothing that is here was lost: the service answers, and there is room again.
    withService.forEach(
        held -> held.reply(AckMessage.newBuilder().setEventId(held.body().getEventId()).build()));
    for (int i = 0; i < sent; i++) {
      assertThat(sender.receiveAck()).startsWith("held-");
    }
    assertGoodClientIsServed();
    assertThat(charged(MemoryUse.INBOX)).isZero();
  }

  @Test
  void unfinishedFramesAreChargedAndTheLargestAreDropped() {
    start(Map.of("memory.heap", "4MiB"));
    byte[] part = new byte[200_000];
    for (int i = 0; i < 30 && metric("memory_shed_total") == 0; i++) {
      if (level() == MemoryLevel.NORMAL) {
        RawWebSocket socket = client("user=half-" + i).socket();
        socket.sendBytes(RawWebSocket.frameHead(RawWebSocket.BINARY, true, 1 << 20));
        socket.sendBytes(part);
      }
      assertGoodClientIsServed();
    }
    double whole = charged(MemoryUse.ASSEMBLY);
    assertThat(whole).isGreaterThan(200_000);
    // The others go on with what they have begun.
    for (AutoCloseable one : open.subList(1, open.size())) {
      sendAll(((WebSocketTestClient) one).socket(), part);
    }
    eventually().until(() -> metric("memory_shed_total") > 0);
    awaitLevel(MemoryLevel.NORMAL);
    assertGoodClientIsServed();
    open.subList(1, open.size()).forEach(MemoryPressureTest::closeQuietly);
    eventually().until(() -> charged(MemoryUse.ASSEMBLY) == 0);
  }

  private static void sendAll(RawWebSocket socket, byte[] bytes) {
    try {
      socket.sendBytes(bytes);
    } catch (RuntimeException closed) {
      assertThat(closed).hasRootCauseInstanceOf(java.io.IOException.class);
    }
  }

  private static void closeQuietly(AutoCloseable one) {
    try {
      one.close();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void unfinishedFramesOnTcpAreCharged() {
    start(Map.of());
    RawTcp half = RawTcp.connect(gateway.tcpPort());
    open.add(half);
    TcpTestClient.ofLengths(half).authenticate("half", "client");
    half.send(java.nio.ByteBuffer.allocate(300_004).putInt(1_000_000).array());
    eventually().until(() -> charged(MemoryUse.ASSEMBLY) >= 300_000);
    half.reset();
    eventually().until(() -> charged(MemoryUse.ASSEMBLY) == 0);
  }

  @Test
  void rememberedEventIdsOfManyUsersTakeABoundedPart() {
    long heap = 2 << 20;
    start(Map.of("memory.heap", Long.toString(heap), "delivery.duplicates.users", "100000"));
    for (int user = 0; user < 40; user++) {
      WebSocketTestClient client = WebSocketTestClient.connect(gateway.httpPort(), "user=u" + user);
      for (int i = 0; i < 100; i++) {
        client.send(message("m" + i, "user:nobody" + i, ""));
      }
      for (int i = 0; i < 100; i++) {
        assertThat(client.receiveError().getString("code")).isEqualTo("no-such-recipient");
      }
      client.leave();
    }
    assertThat(charged(MemoryUse.DUPLICATES)).isBetween(heap / 16.0, heap / 8.0 + 100_000);
    assertThat(level()).isEqualTo(MemoryLevel.NORMAL);
    assertGoodClientIsServed();
  }

  @Test
  void sessionsThatWaitForTheirClientsAreNotMoreThanThereMayBeConnections() {
    start(Map.of("limits.connections", "10"));
    for (int i = 1; i <= 5; i++) {
      List<WebSocketTestClient> clients = new ArrayList<>();
      for (int j = 0; j < 8; j++) {
        WebSocketTestClient client = client("user=u" + i + "-" + j + "&session=");
        assertThat(client.receiveMessage().getType()).isEqualTo("session");
        clients.add(client);
      }
      clients.forEach(WebSocketTestClient::close);
      double ended = Math.max(0, 8 * i - 10);
      eventually().until(() -> metric("expired_total") == ended);
      assertThat(metric("sessions_away")).isEqualTo(Math.min(8 * i, 10));
    }
    assertThat(metric("sessions")).isEqualTo(11);
    assertGoodClientIsServed();
  }

  @Test
  void aMessageOfTinyPartsOrOfManyGroupsIsRefused() {
    start(Map.of());
    WebSocketTestClient hostile = client("user=hostile");
    Message.Builder headers = message("h", "service:echo", "").toBuilder();
    for (int i = 0; i < 100_000; i++) {
      headers.putHeaders(Integer.toString(i, 36), "");
    }
    hostile.send(headers.build());
    assertThat(hostile.receiveError().getString("code")).isEqualTo("malformed");
    Message.Builder attachments = message("a", "service:echo", "").toBuilder();
    for (int i = 0; i < 500_000; i++) {
      attachments.addAttachments(ByteString.EMPTY);
    }
    hostile.send(attachments.build());
    assertThat(hostile.receiveError().getString("code")).isEqualTo("malformed");
    hostile.send(join("j", 1_000));
    JsonObject error = hostile.receiveError();
    assertThat(error.getString("code")).isEqualTo("too-large");
    assertThat(error.getString("replyTo")).isEqualTo("j");
    hostile.send(join("k", 100));
    assertThat(hostile.receiveAck()).isEqualTo("k");
    assertThat(charged(MemoryUse.GROUPS)).isPositive();
    assertGoodClientIsServed();
  }

  private static Message join(String eventId, int groups) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < groups; i++) {
      names.add("\"g" + i + "\"");
    }
    return Message.newBuilder()
        .setEventId(eventId)
        .setType("join_group")
        .setBody(names.toString())
        .build();
  }

  @Test
  void workIsChargedByItsCost() {
    start(Map.of("limits.costRate", "100/s"));
    WebSocketTestClient heavy = client("user=heavy");
    heavy.send(message("first", "service:nowhere", "x".repeat(200_000)));
    assertThat(heavy.receiveError().getString("replyTo")).isEqualTo("first");
    heavy.send(message("second", "service:nowhere", ""));
    JsonObject error = heavy.receiveError();
    assertThat(error.getString("code")).isEqualTo("rate-limited");
    assertThat(error.getLong("retryAfterMs")).isPositive();
    assertGoodClientIsServed();
  }

  /** Whatever clients did, the node holds nothing for them once they have left. */
  @RepeatedTest(3)
  void nothingIsChargedWhenAllClientsHaveLeft(RepetitionInfo repetition) throws Exception {
    int seed = repetition.getCurrentRepetition();
    Random random = new Random(seed);
    start(Map.of("eventLoops", "2", "session.grace", "0s"));
    double quiet = charged(MemoryUse.LINKS);
    List<WebSocketTestClient> clients = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      clients.add(client("user=u" + i));
      clients.get(i).send(join("join", 1 + random.nextInt(3)));
    }
    for (int i = 0; i < 400; i++) {
      WebSocketTestClient from = clients.get(random.nextInt(clients.size()));
      String body = "x".repeat(random.nextInt(5_000));
      switch (random.nextInt(5)) {
        case 0 -> from.send(message("e" + i, "user:u" + random.nextInt(10), body));
        case 1 -> from.send(message("e" + i, "group:g" + random.nextInt(4), body));
        case 2 -> from.send(message("e" + i, "service:echo", body));
        case 3 -> from.send(message("e" + random.nextInt(i + 1), "user:u0", body));
        default -> {
          RawWebSocket socket = from.socket();
          socket.send(RawWebSocket.BINARY, false, new byte[random.nextInt(9_000)]);
          socket.send(RawWebSocket.CONTINUATION, true, new byte[0]);
        }
      }
      if (random.nextInt(60) == 0) {
        int which = random.nextInt(clients.size());
        clients.get(which).close();
        clients.set(which, client("user=u" + which));
      }
    }
    assertGoodClientIsServed();
    for (WebSocketTestClient client : clients) {
      client.close();
    }
    for (MemoryUse use : MemoryUse.values()) {
      double left =
          switch (use) {
            case LINKS -> quiet;
            case SESSIONS -> 2_048;
            case DUPLICATES -> charged(use);
            default -> 0;
          };
      eventually().alias("seed " + seed + ": " + use).until(() -> charged(use) == left);
    }
    good.leave();
    for (MemoryUse use : MemoryUse.values()) {
      eventually().alias("seed " + seed + ": " + use).until(() -> charged(use) == 0);
    }
  }
}
