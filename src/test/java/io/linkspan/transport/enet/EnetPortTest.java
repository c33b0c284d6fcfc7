package io.linkspan.transport.enet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.GatewayClient;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.api.Service;
import io.linkspan.protocol.enet.Delivery;
import io.linkspan.protocol.enet.EnetConfig;
import io.linkspan.testing.EnetTestClient;
import io.linkspan.testing.Patience;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.WebSocketTestClient;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the promises of ENet alone, and what unknown addresses cannot do. */
class EnetPortTest {

  private static final int CONNECT_LENGTH = 52;
  private static final int VERIFY_LENGTH = 48;

  @TempDir Path folder;

  private TestGateway gateway;

  @AfterEach
  void stop() {
    gateway.close();
  }

  private static Message.Builder message(String eventId, String to) {
    return Message.newBuilder().setEventId(eventId).setTo(to).setType("text").setBody("hello");
  }

  private static void assertServed(EnetTestClient client, String eventId) {
    client.send(message(eventId, "service:echo").build());
    assertThat(client.receiveAck()).isEqualTo(eventId);
    assertThat(client.receiveMessage().getReplyTo()).isEqualTo(eventId);
  }

  @Test
  void answersGoBackOnTheChannelOfTheQuestion() {
    gateway = TestGateway.start(Map.of());
    try (var alice = EnetTestClient.connect(gateway.enetPort(), "alice", "transport")) {
      alice.send(3, message("1", "service:echo").build());
      assertThat(alice.receiveAck()).isEqualTo("1");
      assertThat(alice.last().channel()).isEqualTo(3);
      alice.receiveMessage();
      assertThat(alice.last().channel()).isEqualTo(3);
      alice.send(2, message("2", "user:nobody").build());
      alice.receiveError();
      assertThat(alice.last().channel()).isEqualTo(2);
      TestGateway.await(GatewayClient.create(gateway.vertx()).post(message("3", "alice").build()));
      alice.receiveMessage();
      assertThat(alice.last().channel()).isZero();
      assertThat(alice.last().delivery()).isEqualTo(Delivery.RELIABLE);
    }
  }

  @Test
  void anAnswerSharesADatagramWithTheAcknowledgementOfItsQuestion() throws Exception {
    gateway = TestGateway.start(Map.of("eventLoops", "1", "enet.pingInterval", "10s"));
    try (var alice = EnetTestClient.connect(gateway.enetPort(), "alice", "transport")) {
      double before = sentDatagrams();
      for (int i = 0; i < 50; i++) {
        assertServed(alice, "m" + i);
      }
      // One per message, and some retransmissions to a slow client; not two per message.
      assertThat(sentDatagrams() - before).isLessThan(90);
    }
  }

  private double sentDatagrams() throws Exception {
    return sum(metrics(), "linkspan_enet_datagrams_total", "\"out\"");
  }

  @Test
  void volatileMessagesAreSentOnceAndUnreliably() throws Exception {
    Path routes =
        Files.writeString(
            folder.resolve("routes.yaml"),
            "routes: [{to: \"user:*\", type: position, volatile: true}, {to: \"user:*\"}]");
    gateway = TestGateway.start(routes, Map.of("delivery.ackTimeout", "100ms"));
    try (var alice = EnetTestClient.connect(gateway.enetPort(), "alice", "client");
        var bob = EnetTestClient.connect(gateway.enetPort(), "bob", "client")) {
      alice.send(message("1", "bob").setType("position").build());
      assertThat(alice.receiveAck()).isEqualTo("1");
      assertThat(bob.receiveMessage().getHeadersOrThrow("volatile")).isEqualTo("true");
      assertThat(bob.last().delivery()).isEqualTo(Delivery.UNRELIABLE);
      alice.send(message("2", "bob").putHeaders("volatile", "true").build());
      assertThat(alice.receiveAck()).isEqualTo("2");
      assertThat(bob.receiveMessage().getEventId()).isEqualTo("2");
      assertThat(bob.last().delivery()).isEqualTo(Delivery.UNRELIABLE);
      // Neither is repeated: the next Message is the third.
      alice.send(message("3", "bob").build());
      assertThat(bob.receiveMessage().getEventId()).isEqualTo("3");
      assertThat(bob.receiveMessage().getEventId()).isEqualTo("3");
    }
  }

  @Test
  void aClientWithoutAnAuthMessageIsAnonymous() throws Exception {
    gateway = TestGateway.start(Map.of("auth.timeout", "200ms"));
    BlockingQueue<JsonObject> events = gateway.events();
    try (var talks = EnetTestClient.connect(gateway.enetPort())) {
      assertServed(talks, "1");
      assertThat(events.poll(Patience.SECONDS, TimeUnit.SECONDS).getString("user"))
          .startsWith("anonymous-");
      try (var listens = EnetTestClient.connect(gateway.enetPort())) {
        JsonObject connected = events.poll(Patience.SECONDS, TimeUnit.SECONDS);
        assertThat(connected.getString("event")).isEqualTo("connected");
        String address = "session:" + connected.getString("session");
        TestGateway.await(
            GatewayClient.create(gateway.vertx()).post(message("2", address).build()));
        assertThat(listens.receiveMessage().getEventId()).isEqualTo("2");
      }
    }
  }

  @Test
  void dataOfConnectAndDisconnectIsInTheEvents() throws Exception {
    gateway = TestGateway.start(Map.of());
    BlockingQueue<JsonObject> events = gateway.events();
    var alice = EnetTestClient.connect(gateway.enetPort(), 0xFEDCBA98);
    alice.send(message("auth", "").setType("auth").setBody("alice").build());
    assertThat(alice.receiveAck()).isEqualTo("auth");
    JsonObject connected = events.poll(Patience.SECONDS, TimeUnit.SECONDS);
    assertThat(connected.getString("event")).isEqualTo("connected");
    assertThat(connected.getLong("data")).isEqualTo(0xFEDCBA98L);
    alice.leave(77);
    JsonObject disconnected = events.poll(Patience.SECONDS, TimeUnit.SECONDS);
    assertThat(disconnected.getString("event")).isEqualTo("disconnected");
    assertThat(disconnected.getLong("data")).isEqualTo(77);

    // A disconnect of the gateway's own has none.
    var bob = EnetTestClient.connect(gateway.enetPort(), "bob", "client");
    connected = events.poll(Patience.SECONDS, TimeUnit.SECONDS);
    assertThat(connected.getLong("data")).isZero();
    TestGateway.await(
        GatewayClient.create(gateway.vertx()).disconnect(connected.getString("session")));
    assertThat(bob.closeCode()).isEqualTo(4410);
    assertThat(events.poll(Patience.SECONDS, TimeUnit.SECONDS).containsKey("data")).isFalse();
    bob.close();
  }

  @Test
  void anImpossibleNameIsRefusedAndANameCannotBeChanged() {
    gateway = TestGateway.start(Map.of());
    try (var alice = EnetTestClient.connect(gateway.enetPort())) {
      alice.send(message("1", "").setType("auth").setBody(" ").build());
      assertThat(alice.receiveError().getString("code")).isEqualTo("unauthenticated");
      assertThat(alice.closeCode()).isEqualTo(4401);
    }
    try (var alice = EnetTestClient.connect(gateway.enetPort(), "alice", "client")) {
      alice.send(message("1", "").setType("auth").setBody("bob").build());
      assertThat(alice.receiveError().getString("code")).isEqualTo("forbidden");
    }
  }

  @Test
  void aClientAboveTheLimitIsRefused() {
    gateway = TestGateway.start(Map.of("limits.connectionsPerAddress", "1"));
    try (var alice = EnetTestClient.connect(gateway.enetPort(), "alice", "client")) {
      try (var bob = EnetTestClient.connect(gateway.enetPort())) {
        assertThat(bob.closeCode()).isEqualTo(4429);
      }
      alice.leave();
    }
    try (var carol = EnetTestClient.connect(gateway.enetPort(), "carol", "client")) {
      assertServed(carol, "1");
    }
  }

  @Test
  void aClientThatReceivesNothingIsASlowConsumer() throws Exception {
    gateway = TestGateway.start(Map.of("limits.writeQueue", "64KiB", "delivery.ackTimeout", "30s"));
    BlockingQueue<JsonObject> events = gateway.events();
    GatewayClient clients = GatewayClient.create(gateway.vertx());
    try (var alice = EnetTestClient.connect(gateway.enetPort(), "alice", "client")) {
      String body = "x".repeat(10_000);
      for (int i = 0; i < 20; i++) {
        clients.send(message("m" + i, "alice").setBody(body).build());
      }
      // The client of alice does not run meanwhile.
      await()
          .until(
              () -> {
                JsonObject event = events.poll();
                return event != null && "slow-consumer".equals(event.getString("reason"));
              });
      assertThat(alice.closeCode()).isEqualTo(4413);
    }
  }

  @Test
  void aClientThatPipelinesIsNotASlowConsumerWhileItAcknowledges() {
    gateway = TestGateway.start(Map.of("eventLoops", "1", "limits.writeQueue", "64KiB"));
    try (var alice = EnetTestClient.connect(gateway.enetPort(), "alice", "transport")) {
      for (int i = 0; i < 10_000; i++) {
        alice.send(message("m" + i, "service:echo").build());
        if (i % 50 == 0) {
          alice.live();
        }
      }
      // Each is acknowledged and answered, or refused.
      int acknowledged = 0;
      int answered = 0;
      for (int ended = 0; ended < 10_000; ) {
        if (alice.receive() instanceof Message answer) {
          answered += answer.getType().equals("error") ? 0 : 1;
          ended++;
        } else {
          acknowledged++;
        }
      }
      assertThat(answered).isPositive().isEqualTo(acknowledged);
      assertServed(alice, "after");
    }
  }

  @Test
  void aMessageAboveTheLongestEndsTheConnectionAtOnce() {
    gateway = TestGateway.start(Map.of("enet.maxPacketSize", "64KiB"));
    try (var alice = EnetTestClient.connect(gateway.enetPort(), "alice", "client")) {
      alice.send(message("1", "service:echo").setBody("x".repeat(100_000)).build());
      assertThat(alice.closeCode()).isEqualTo(1009);
    }
  }

  @Test
  void aLongMessageDoesNotMakeASlowConsumer() {
    gateway = TestGateway.start(Map.of("limits.writeQueue", "64KiB"));
    try (var alice = EnetTestClient.connect(gateway.enetPort(), "alice", "client")) {
      String body = "x".repeat(1_000_000);
      alice.send(message("1", "service:echo").setBody(body).build());
      assertThat(alice.receiveAck()).isEqualTo("1");
      assertThat(alice.receiveMessage().getBody()).isEqualTo(body);
    }
  }

  @Test
  void aMessageLongerThanAPacketIsRefusedToItsSenderAndAnAnswerIsDropped() throws Exception {
    gateway = TestGateway.start(Map.of("enet.maxPacketSize", "4KiB"));
    GatewayClient service = GatewayClient.create(gateway.vertx());
    TestGateway.await(
        Service.register(
            gateway.vertx(),
            "inbound",
            (message, origin) ->
                Future.succeededFuture(Message.newBuilder().setBody("x".repeat(4096)).build())));
    try (var alice = EnetTestClient.connect(gateway.enetPort(), "alice", "client");
        var bob = WebSocketTestClient.connect(gateway.httpPort(), "user=bob")) {
      Message large = message("1", "alice").setBody("x".repeat(4096)).build();
      bob.send(large);
      assertThat(bob.receiveError().getString("code")).isEqualTo("too-large");
      assertTooLarge(service.send(large));
      assertTooLarge(service.post(large));
      alice.send(message("2", "").setType("join_group").setBody("room").build());
      assertThat(alice.receiveAck()).isEqualTo("2");
      bob.send(large.toBuilder().setEventId("3").setTo("group:room").build());
      assertThat(bob.receiveError().getString("code")).isEqualTo("too-large");
      // An answer of a service is dropped, since its work is done. The client stays connected.
      alice.send(message("4", "").build());
      assertThat(alice.receiveAck()).isEqualTo("4");
      assertServed(alice, "5");
    }
  }

  private static void assertTooLarge(Future<?> sending) {
    assertThatThrownBy(() -> TestGateway.await(sending))
        .isInstanceOfSatisfying(
            MessageException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.TOO_LARGE));
  }

  @Test
  void aFloodOfGarbageDoesNotDisturbClients() throws Exception {
    gateway = TestGateway.start(Map.of("eventLoops", "2"));
    var random = new Random(7);
    try (var alice = EnetTestClient.connect(gateway.enetPort(), "alice", "transport");
        var bob = WebSocketTestClient.connect(gateway.httpPort(), "user=bob");
        var flood = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
      flood.connect(InetAddress.getLoopbackAddress(), gateway.enetPort());
      assertServed(alice, "before");
      for (int i = 0; i < 100_000; i++) {
        byte[] bytes = hostile(random, i);
        flood.send(new DatagramPacket(bytes, bytes.length));
        if (i % 10_000 == 0) {
          assertServed(alice, "during" + i);
        }
      }
      assertServed(alice, "after");
      bob.send(message("1", "alice").build());
      assertThat(alice.receiveMessage().getFrom()).isEqualTo("bob");
      assertThat(gateway.node().getJsonObject("connections").getInteger("enet")).isEqualTo(1);
      String metrics = metrics();
      assertThat(metrics).contains("linkspan_connections{transport=\"enet\"} 1.0");
      assertThat(dropped(metrics, "unknown-peer")).isPositive();
      assertThat(dropped(metrics, "not-a-connect")).isPositive();
      assertThat(dropped(metrics, "too-short")).isPositive();
    }
  }

  private static byte[] hostile(Random random, int i) {
    byte[] bytes = new byte[i % 3 == 0 ? CONNECT_LENGTH : random.nextInt(200)];
    random.nextBytes(bytes);
    if (bytes.length >= 8 && i % 2 == 0) {
      // Without a peer id, and in half of the cases a CONNECT.
      ByteBuffer.wrap(bytes).putShort((short) 0x8FFF).putShort((short) i);
      bytes[4] = (byte) 0x82;
    }
    return bytes;
  }

  @Test
  void peersAreCountedFromTheHandshakeOn() throws Exception {
    gateway = TestGateway.start(Map.of("eventLoops", "1"));
    try (var silent = EnetTestClient.connect(gateway.enetPort());
        var forger = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
      forger.connect(InetAddress.getLoopbackAddress(), gateway.enetPort());
      byte[] connect = connect();
      forger.send(new DatagramPacket(connect, connect.length));
      forger.receive(new DatagramPacket(new byte[2048], 2048));
      assertThat(silent).isNotNull();
      assertThat(sum(metrics(), "linkspan_enet_peers", "connected")).isEqualTo(1);
      assertThat(sum(metrics(), "linkspan_enet_peers", "handshake")).isEqualTo(1);
    }
  }

  @Test
  void aForgedConnectDrawsOneAnswerSmallerThanItself() throws Exception {
    gateway = TestGateway.start(Map.of());
    try (var victim = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
      victim.connect(InetAddress.getLoopbackAddress(), gateway.enetPort());
      victim.setSoTimeout(6_000);
      byte[] connect = connect();
      victim.send(new DatagramPacket(connect, connect.length));
      int drawn = 0;
      try {
        while (true) {
          var packet = new DatagramPacket(new byte[2048], 2048);
          victim.receive(packet);
          drawn += packet.getLength();
        }
      } catch (java.net.SocketTimeoutException quiet) {
        assertThat(drawn).isEqualTo(VERIFY_LENGTH).isLessThan(CONNECT_LENGTH);
      }
    }
  }

  private static byte[] connect() {
    ByteBuffer bytes = ByteBuffer.allocate(CONNECT_LENGTH);
    bytes.putShort((short) 0x8FFF).putShort((short) 1);
    bytes.put((byte) 0x82).put((byte) 0xFF).putShort((short) 1);
    bytes.putShort((short) 0).put((byte) 0xFF).put((byte) 0xFF);
    bytes.putInt(1400).putInt(65536).putInt(1).putInt(0).putInt(0);
    bytes.putInt(5000).putInt(2).putInt(2).putInt(0x01020304).putInt(0);
    return bytes.array();
  }

  private static double dropped(String metrics, String reason) {
    return sum(metrics, "linkspan_enet_datagrams_dropped_total", "\"" + reason + "\"");
  }

  private static double sum(String metrics, String name, String label) {
    return metrics
        .lines()
        .filter(line -> line.startsWith(name))
        .filter(line -> line.contains(label))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
        .sum();
  }

  private String metrics() throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + gateway.managementPort() + "/metrics");
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
        .body();
  }

  @Test
  void aPortIsNotSharedWithAnotherGateway() {
    gateway = TestGateway.start(Map.of());
    String port = Integer.toString(gateway.enetPort());
    assertThatThrownBy(() -> TestGateway.start(Map.of("enet.port", port)))
        .hasMessageContaining("cannot listen at enet.host 127.0.0.1, enet.port " + port);
  }

  @Test
  void enetCanBeOff() {
    gateway = TestGateway.start(Map.of("enet.enabled", "false"));
    assertThat(gateway.node().getJsonObject("ports").getValue("enet")).isNull();
  }

  @Test
  void aClientWithOneChannelIsServedAndSoIsOneWithMany() {
    gateway = TestGateway.start(Map.of("enet.channels", "8"));
    for (int channels : new int[] {1, 255}) {
      try (var client = EnetTestClient.connect(gateway.enetPort(), EnetConfig.DEFAULT, channels)) {
        assertServed(client, "c" + channels);
      }
    }
  }
}
