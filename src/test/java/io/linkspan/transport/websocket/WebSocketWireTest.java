package io.linkspan.transport.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.linkspan.api.AckMessage;
import io.linkspan.api.GatewayClient;
import io.linkspan.api.Message;
import io.linkspan.connection.CloseReason;
import io.linkspan.testing.Patience;
import io.linkspan.testing.RawTcp;
import io.linkspan.testing.RawWebSocket;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.WebSocketTestClient;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** Tests the WebSocket wire, and the mistakes of clients on it. */
class WebSocketWireTest {

  private static final int MAX = 64 * 1024;
  private static final byte[] EMPTY = {};

  private TestGateway gateway;

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
    var settings = new java.util.HashMap<>(Map.of("websocket.maxMessageSize", "64KiB"));
    settings.putAll(more);
    gateway = TestGateway.start(settings);
  }

  private RawWebSocket raw(String target, String... headers) {
    return RawWebSocket.connect(gateway.httpPort(), target, headers);
  }

  private WebSocketTestClient client(String user) {
    return WebSocketTestClient.connect(gateway.httpPort(), "ack=transport&user=" + user);
  }

  private static byte[] echoRequest(String id) {
    Message message = Message.newBuilder().setEventId(id).setTo("service:echo").build();
    return WebSocketTestClient.frame(11, message.toByteArray());
  }

  private static void assertServes(WebSocketTestClient client, String id) {
    client.socket().sendBinary(echoRequest(id));
    assertThat(client.receiveAck()).isEqualTo(id);
    assertThat(client.receiveMessage().getReplyTo()).isEqualTo(id);
  }

  private static void assertMalformed(WebSocketTestClient client, String text) {
    JsonObject error = client.receiveError();
    assertThat(error.getString("code")).isEqualTo("malformed");
    assertThat(error.getString("message")).contains(text);
  }

  @Test
  void theHeartbeatOfOldClientsIsAnsweredInKind() {
    try (WebSocketTestClient old = client("old")) {
      String heartbeat = "{\"module\":\"HEART_CHECK\",\"message\":\"请求心跳\"}";
      old.socket().sendText(heartbeat);
      RawWebSocket.Frame answer = old.socket().readData();
      assertThat(answer.opcode()).isEqualTo(RawWebSocket.TEXT);
      assertThat(new JsonObject(answer.text()).getString("module")).isEqualTo("HEART_CHECK");
      assertServes(old, "1");
    }
  }

  @Test
  void otherTextFromABinaryClientIsRefusedInBinary() {
    try (WebSocketTestClient client = client("a")) {
      for (String text : new String[] {"hello", "", "{\"module\":\"OTHER\"}", "HEART_CHECK"}) {
        client.socket().sendText(text);
        assertMalformed(client, "HEART_CHECK");
      }
      assertServes(client, "1");
    }
  }

  @Test
  void aJsonClientIsSpokenToInJson() {
    try (RawWebSocket json = raw("/ws?user=json", "Sec-WebSocket-Protocol: other, linkspan.json")) {
      assertThat(json.responseHead()).containsIgnoringCase("sec-websocket-protocol: linkspan.json");
      json.sendText("{\"message\":{\"eventId\":\"1\",\"to\":\"service:echo\",\"body\":\"😀\"}}");
      assertThat(json.readData().text()).isEqualTo("{\"ack\":{\"eventId\":\"1\"}}");
      JsonObject answer = new JsonObject(json.readData().text()).getJsonObject("message");
      assertThat(answer.getString("body")).isEqualTo("😀");
      json.sendText("{\"ack\":{\"eventId\":\"" + answer.getString("eventId") + "\"}}");
      json.sendBinary(echoRequest("2"));
      assertThat(json.readData().text()).isEqualTo("{\"ack\":{\"eventId\":\"2\"}}");
      json.readData();
      for (String bad :
          new String[] {
            "",
            "{",
            "[]",
            "{}",
            "{\"message\":{\"nobody\":\"x\"}}",
            "{\"message\":{\"body\":\"\\ud800\"}}",
            "{\"message\":{},\"ack\":{}}",
            "{\"message\":{\"attachments\":[\"?\"]}}"
          }) {
        json.sendText(bad);
        JsonObject error = new JsonObject(json.readData().text()).getJsonObject("message");
        assertThat(new JsonObject(error.getString("body")).getString("code"))
            .as(bad)
            .isEqualTo("malformed");
      }
      json.sendText("{\"module\":\"HEART_CHECK\",\"message\":1}");
      assertThat(json.readData().text()).isEqualTo("{\"module\":\"HEART_CHECK\",\"message\":1}");
    }
  }

  @Test
  void malformedFramesAreRejectedWithAReason() {
    try (WebSocketTestClient client = client("a")) {
      client.socket().sendBinary(EMPTY);
      assertMalformed(client, "0 bytes");
      client.socket().sendBinary(new byte[] {11});
      assertMalformed(client, "1 bytes");
      client.socket().sendBinary(new byte[] {12, 0});
      assertMalformed(client, "type 12");
      client.socket().sendBinary(new byte[] {11, 1});
      assertMalformed(client, "type 267");
      client.socket().sendBinary(new byte[] {11, 0, 0x0A, 5, 'a'});
      assertMalformed(client, "not a valid Message");
      client.socket().sendBinary(new byte[] {10, 0, 0x0A, 2, (byte) 0xC3, '('});
      assertMalformed(client, "not a valid AckMessage");
      assertServes(client, "1");
    }
  }

  @Test
  void unknownFieldsPassThrough() {
    try (WebSocketTestClient alice = client("alice");
        WebSocketTestClient bob = client("bob")) {
      ByteArrayOutputStream payload = new ByteArrayOutputStream();
      payload.writeBytes(Message.newBuilder().setEventId("1").setTo("bob").build().toByteArray());
      // Field 999, a string, which no schema of ours has.
      payload.writeBytes(new byte[] {(byte) 0xBA, 0x3E, 3, 'n', 'e', 'w'});
      alice.socket().sendBinary(WebSocketTestClient.frame(11, payload.toByteArray()));
      Message received = bob.receiveMessage();
      assertThat(received.getUnknownFields().getField(999).getLengthDelimitedList())
          .containsExactly(ByteString.copyFromUtf8("new"));
    }
  }

  @Test
  void fragmentsMayBeEmptyAndControlFramesComeBetween() {
    try (WebSocketTestClient client = client("a")) {
      byte[] request = echoRequest("1");
      RawWebSocket socket = client.socket();
      socket.send(RawWebSocket.BINARY, false, EMPTY);
      socket.send(RawWebSocket.PING, true, new byte[] {7});
      assertThat(socket.read().opcode()).isEqualTo(RawWebSocket.PONG);
      socket.send(RawWebSocket.CONTINUATION, false, Arrays.copyOfRange(request, 0, 5));
      socket.send(RawWebSocket.PONG, true, EMPTY);
      socket.send(RawWebSocket.CONTINUATION, false, EMPTY);
      socket.send(RawWebSocket.CONTINUATION, false, Arrays.copyOfRange(request, 5, request.length));
      socket.send(RawWebSocket.CONTINUATION, true, EMPTY);
      assertThat(client.receiveAck()).isEqualTo("1");
      client.receiveMessage();
      assertServes(client, "2");
    }
  }

  @Test
  void aFrameSplitAtEveryByteOfTcpIsOneFrame() {
    try (WebSocketTestClient client = client("a")) {
      for (byte b : RawWebSocket.frame(RawWebSocket.BINARY, true, echoRequest("1"))) {
        client.socket().sendBytes(new byte[] {b});
      }
      assertThat(client.receiveAck()).isEqualTo("1");
    }
  }

  @Test
  void tooLargeIsClosedWith1009OnEveryPath() {
    try (WebSocketTestClient exact = client("exact")) {
      Message largest = Message.newBuilder().setEventId("1").setTo("service:none").build();
      int room = MAX - 2 - largest.getSerializedSize() - 4;
      exact.send(largest.toBuilder().setBody("x".repeat(room)).build());
      assertThat(exact.receiveError().getString("replyTo")).isEqualTo("1");
    }
    try (RawWebSocket oneFrame = raw("/ws")) {
      oneFrame.sendBinary(new byte[MAX + 1]);
      assertThat(oneFrame.readUntilClosed()).isEqualTo(1009);
    }
    try (RawWebSocket fragments = raw("/ws")) {
      fragments.send(RawWebSocket.TEXT, false, new byte[MAX]);
      fragments.send(RawWebSocket.CONTINUATION, false, new byte[] {1});
      assertThat(fragments.readUntilClosed()).isEqualTo(1009);
    }
    for (long declared : new long[] {MAX + 1L, 1L << 31, 1L << 40, Long.MAX_VALUE}) {
      try (RawWebSocket huge = raw("/ws")) {
        huge.sendBytes(RawWebSocket.frameHead(RawWebSocket.BINARY, true, declared));
        assertThat(huge.readUntilClosed()).isEqualTo(1009);
      }
    }
    try (RawWebSocket endless = raw("/ws")) {
      endless.send(RawWebSocket.TEXT, false, "a".getBytes(StandardCharsets.UTF_8));
      Thread writer =
          new Thread(
              () -> {
                byte[] more = "a".repeat(1_000).getBytes(StandardCharsets.UTF_8);
                for (int i = 0; i < 1_000; i++) {
                  endless.send(RawWebSocket.CONTINUATION, false, more);
                }
              });
      writer.setUncaughtExceptionHandler((thread, closedMeanwhile) -> {});
      writer.start();
      assertThat(endless.readUntilClosed()).isEqualTo(1009);
    }
    await().until(() -> gateway.node().getInteger("sessions") == 0);
  }

  @Test
  void aMessageTruncatedAtEveryByteOrWithAnyBitFlippedHurtsNobody() {
    start(Map.of("limits.malformed", "0"));
    byte[] request = echoRequest("flip");
    try (WebSocketTestClient good = client("good");
        WebSocketTestClient bad = client("bad")) {
      for (int length = 0; length < request.length; length++) {
        bad.socket().sendBinary(Arrays.copyOf(request, length));
      }
      for (int bit = 0; bit < request.length * 8; bit++) {
        byte[] flipped = request.clone();
        flipped[bit / 8] ^= (byte) (1 << (bit % 8));
        bad.socket().sendBinary(flipped);
      }
      assertServes(good, "1");
      bad.socket().sendBinary(echoRequest("end"));
      Object last;
      do {
        last = bad.receive();
      } while (!(last instanceof AckMessage ack && ack.getEventId().equals("end")));
    }
  }

  @RepeatedTest(20)
  void randomBytesHurtNobodyElse(RepetitionInfo seed) {
    Random random = new Random(seed.getCurrentRepetition());
    try (WebSocketTestClient good = client("good")) {
      for (int i = 0; i < 20; i++) {
        try (RawWebSocket bad = raw("/ws")) {
          byte[] noise = new byte[random.nextInt(2_000)];
          random.nextBytes(noise);
          if (random.nextBoolean()) {
            bad.sendBytes(noise);
          } else {
            bad.sendBinary(noise);
          }
        }
        assertServes(good, seed.getCurrentRepetition() + "." + i);
      }
    }
    await().until(() -> gateway.node().getInteger("sessions") == 0);
  }

  @Test
  void refusalsBeforeTheUpgradeAreHttp() {
    start(
        Map.of(
            "http.origins", "https://good.example",
            "limits.connectRate.perUser", "1/s",
            "limits.connectionsPerAddress", "2",
            "session.perUser.max", "1",
            "session.perUser.onExcess", "reject"));
    try (RawWebSocket evil = raw("/ws", "Origin: https://evil.example")) {
      assertThat(evil.status()).contains(" 403 ");
    }
    try (RawWebSocket elsewhere = raw("/nothing")) {
      assertThat(elsewhere.status()).contains(" 404 ");
    }
    try (RawWebSocket badAck = raw("/ws?ack=maybe")) {
      assertThat(badAck.status()).contains(" 400 ");
      assertThat(new JsonObject(badAck.readBody()).getString("message")).contains("ack");
    }
    try (RawWebSocket alice = raw("/ws?user=alice", "Origin: https://good.example");
        RawWebSocket again = raw("/ws?user=alice")) {
      assertThat(alice.status()).contains(" 101 ");
      assertThat(again.status()).contains(" 429 ");
      assertThat(again.responseHead()).containsIgnoringCase("retry-after: 1");
      try (RawWebSocket bob = raw("/ws?user=bob");
          RawWebSocket third = raw("/ws?user=carol")) {
        assertThat(bob.status()).contains(" 101 ");
        assertThat(third.status()).contains(" 429 ");
      }
    }
    await().until(() -> gateway.node().getInteger("sessions") == 0);
    start(Map.of("session.perUser.max", "1", "session.perUser.onExcess", "reject"));
    try (RawWebSocket alice = raw("/ws?user=alice");
        RawWebSocket again = raw("/ws?user=alice")) {
      assertThat(alice.status()).contains(" 101 ");
      assertThat(again.status()).contains(" 429 ");
      assertThat(new JsonObject(again.readBody()).getLong("retryAfterMs")).isPositive();
    }
  }

  @Test
  void anInvalidNameIsRejectedWithItsOwnCode() {
    for (String user : new String[] {"", "%20", "a%00b", "x".repeat(129)}) {
      try (RawWebSocket socket = raw("/ws?user=" + user)) {
        assertThat(socket.readUntilClosed()).isEqualTo(CloseReason.UNAUTHENTICATED.code());
      }
    }
  }

  @Test
  void aPlainRequestForTheWebSocketPathIsToldSo() {
    try (RawWebSocket page = raw("/")) {
      assertThat(page.status()).contains(" 200 ");
    }
  }

  private int connections() {
    return gateway.node().getJsonObject("connections").getInteger("websocket");
  }

  private static String reasonOf(BlockingQueue<JsonObject> events) throws InterruptedException {
    JsonObject event = events.poll(Patience.SECONDS, TimeUnit.SECONDS);
    assertThat(event).isNotNull();
    return event.getString("reason");
  }

  @Test
  void aClientThatAnswersProbesLivesAndOneThatGoesQuietDoesNot() throws Exception {
    start(Map.of("websocket.heartbeat.interval", "300ms", "websocket.heartbeat.timeout", "1500ms"));
    BlockingQueue<JsonObject> disconnects = gateway.disconnects();
    try (RawWebSocket live = raw("/ws?user=live");
        RawWebSocket quiet = raw("/ws?user=quiet")) {
      for (int probes = 0; probes < 8; probes++) {
        RawWebSocket.Frame probe = live.read();
        assertThat(probe.opcode()).isEqualTo(RawWebSocket.PING);
        live.send(RawWebSocket.PONG, true, probe.payload());
      }
      assertThat(reasonOf(disconnects)).isEqualTo("heartbeat-timeout");
      assertThat(quiet.readUntilClosed()).isEqualTo(CloseReason.HEARTBEAT_TIMEOUT.code());
      live.sendText("{\"module\":\"HEART_CHECK\",\"message\":1}");
      assertThat(live.readData().opcode()).isEqualTo(RawWebSocket.TEXT);
    }
  }

  /** A short heartbeat, and no limit that ends a link which does not read before it does. */
  private void startWithRoomToStall() {
    start(
        Map.of(
            "websocket.heartbeat.interval", "500ms",
            "websocket.heartbeat.timeout", "3s",
            "limits.writeQueue", "0",
            "session.maxPendingBytes", "64MiB"));
  }

  /** Sends more than the socket takes. */
  private void fillTheLinkOf(String user) {
    GatewayClient clients = GatewayClient.create(gateway.vertx());
    Message large = Message.newBuilder().setTo(user).setBody("x".repeat(60_000)).build();
    // On a slow machine the client may expire before the last one.
    TestGateway.await(
        Future.join(Stream.generate(() -> clients.post(large)).limit(100).toList())
            .otherwiseEmpty());
  }

  @Test
  void aClientThatTalksButDoesNotReadIsGoneWithinTheTimeout() throws Exception {
    startWithRoomToStall();
    BlockingQueue<JsonObject> disconnects = gateway.disconnects();
    try (RawWebSocket deaf =
        RawWebSocket.connect(gateway.httpPort(), 4_096, "/ws?ack=transport&user=deaf")) {
      fillTheLinkOf("deaf");
      JsonObject gone;
      while ((gone = disconnects.poll(20, TimeUnit.MILLISECONDS)) == null) {
        deaf.send(RawWebSocket.PING, true, EMPTY);
      }
      assertThat(gone.getString("user")).isEqualTo("deaf");
      assertThat(gone.getString("reason")).isEqualTo("heartbeat-timeout");
    }
  }

  @Test
  void aPartitionedClientWithDataInFlightExpiresWithinTheTimeout() throws Exception {
    startWithRoomToStall();
    BlockingQueue<JsonObject> disconnects = gateway.disconnects();
    // Neither reads nor says anything from here on: to the gateway, a cable that was pulled.
    try (RawWebSocket cut =
        RawWebSocket.connect(gateway.httpPort(), 4_096, "/ws?ack=transport&user=cut")) {
      assertThat(cut.status()).contains(" 101 ");
      fillTheLinkOf("cut");
      assertThat(reasonOf(disconnects)).isEqualTo("heartbeat-timeout");
      // The close frame cannot be written, and yet the drain does not wait for it.
      TestGateway.await(gateway.drain());
    }
  }

  @Test
  void badInputLeavesNothingBehind() {
    start(Map.of("limits.malformed", "0"));
    byte[] request = echoRequest("x");
    Random random = new Random(1);
    long before = 0;
    for (int round = 0; round < 6; round++) {
      for (int i = 0; i < 40; i++) {
        try (RawWebSocket bad = raw("/ws?ack=transport")) {
          for (int frame = 0; frame < 50; frame++) {
            byte[] noise = request.clone();
            noise[random.nextInt(noise.length)] ^= (byte) (1 << random.nextInt(8));
            bad.sendBinary(noise);
          }
          // Half of a message that never ends, half of a frame that never ends.
          bad.send(RawWebSocket.BINARY, false, new byte[MAX / 2]);
          bad.sendBytes(RawWebSocket.frameHead(RawWebSocket.CONTINUATION, true, MAX / 2));
        }
      }
      await().until(() -> gateway.node().getInteger("sessions") == 0);
      if (round == 2) {
        before = usedMemory();
      }
    }
    assertThat(usedMemory() - before).isLessThan(16L << 20);
  }

  private static long usedMemory() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  @Test
  void aClientThatReadsTooSlowlyIsASlowConsumer() throws Exception {
    start(Map.of("limits.writeQueue", "256KiB"));
    BlockingQueue<JsonObject> disconnects = gateway.disconnects();
    try (RawWebSocket slow =
            RawWebSocket.connect(gateway.httpPort(), 4_096, "/ws?ack=transport&user=slow");
        WebSocketTestClient talker = client("talker")) {
      assertThat(slow.status()).contains(" 101 ");
      Thread writer =
          new Thread(
              () -> {
                for (int i = 0; i < 400; i++) {
                  talker.send(
                      Message.newBuilder()
                          .setEventId("m" + i)
                          .setTo("slow")
                          .setBody("x".repeat(60_000))
                          .build());
                }
              });
      writer.start();
      for (int i = 0; i < 400; i++) {
        talker.receive();
      }
      writer.join();
      assertThat(reasonOf(disconnects)).isEqualTo("slow-consumer");
      // It does not take the close frame either, so its link is cut.
      await().until(() -> connections() == 1);
    }
  }

  @Test
  void compressionIsOffUnlessAskedForAndKnowsALimit() throws Exception {
    String offer = "Sec-WebSocket-Extensions: permessage-deflate";
    try (RawWebSocket off = raw("/ws", offer)) {
      assertThat(off.responseHead()).doesNotContainIgnoringCase("permessage-deflate");
    }
    start(Map.of("websocket.compression", "true"));
    try (RawWebSocket on = raw("/ws?ack=transport", offer)) {
      assertThat(on.responseHead()).containsIgnoringCase("permessage-deflate");
      on.send(RawWebSocket.BINARY | 0x40, true, deflate(echoRequest("1")));
      assertThat(on.readData().opcode()).isEqualTo(RawWebSocket.BINARY);
    }
    try (RawWebSocket bomb = raw("/ws", offer)) {
      byte[] small = deflate(new byte[32 * 1024 * 1024]);
      assertThat(small.length).isLessThan(MAX);
      bomb.send(RawWebSocket.BINARY | 0x40, true, small);
      assertThat(bomb.readUntilClosed()).isEqualTo(1009);
    }
  }

  private static byte[] deflate(byte[] message) {
    Deflater deflater = new Deflater(9, true);
    deflater.setInput(message);
    byte[] out = new byte[message.length + 64];
    int length = deflater.deflate(out, 0, out.length, Deflater.SYNC_FLUSH);
    deflater.end();
    // RFC 7692 §7.2.1: the empty block at the end is not sent.
    return Arrays.copyOf(out, length - 4);
  }

  @Test
  void framesInTheSameSegmentAsTheUpgradeAreHandled() throws IOException {
    byte[] message =
        Message.newBuilder().setEventId("early").setTo("service:echo").build().toByteArray();
    var segment = new ByteArrayOutputStream();
    segment.write(
        String.join(
                "\r\n",
                "GET /ws?user=a&ack=transport HTTP/1.1",
                "Host: 127.0.0.1",
                "Upgrade: websocket",
                "Connection: Upgrade",
                "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                "",
                "")
            .getBytes(StandardCharsets.US_ASCII));
    segment.write(
        RawWebSocket.frame(RawWebSocket.BINARY, true, WebSocketTestClient.frame(11, message)));
    try (RawTcp client = RawTcp.connect(gateway.httpPort())) {
      client.send(segment.toByteArray());
      assertThat(client.readUntil("early")).contains("101 Switching Protocols");
    }
  }
}
