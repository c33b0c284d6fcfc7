package io.linkspan.transport.tcp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.linkspan.api.GatewayClient;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.connection.CloseReason;
import io.linkspan.testing.Patience;
import io.linkspan.testing.RawTcp;
import io.linkspan.testing.TcpTestClient;
import io.linkspan.testing.TestGateway;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.SelfSignedCertificate;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.zip.Deflater;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the parts that are specific to framed TCP, and its protocol errors. */
class TcpWireTest {

  @TempDir Path folder;

  private TestGateway gateway;

  @AfterEach
  void stop() {
    gateway.close();
  }

  private void start(String... keysAndValues) {
    Map<String, String> settings = new HashMap<>();
    settings.put("tcp.enabled", "true");
    settings.put("tcp.framing.maxFrameSize", "64KiB");
    // With one loop, events of two clients have a defined order.
    settings.put("eventLoops", "1");
    for (int i = 0; i < keysAndValues.length; i += 2) {
      settings.put(keysAndValues[i], keysAndValues[i + 1]);
    }
    gateway = TestGateway.start(settings);
  }

  private RawTcp raw() {
    return RawTcp.connect(gateway.tcpPort());
  }

  private TcpTestClient stranger() {
    return TcpTestClient.ofLengths(raw());
  }

  private TcpTestClient client(String user) {
    return stranger().authenticate(user, "transport");
  }

  private static Message toEcho(String id) {
    return Message.newBuilder().setEventId(id).setTo("service:echo").setBody("hello").build();
  }

  private static void assertServes(TcpTestClient client, String id) {
    client.send(toEcho(id));
    assertThat(client.receiveAck()).isEqualTo(id);
    assertThat(client.receiveMessage().getReplyTo()).isEqualTo(id);
  }

  private static void assertEnds(TcpTestClient client, String code, CloseReason reason) {
    assertThat(client.receiveError().getString("code")).isEqualTo(code);
    assertThat(client.closeCode()).isEqualTo(reason.code());
  }

  private static JsonObject next(BlockingQueue<JsonObject> events) throws InterruptedException {
    JsonObject event = events.poll(Patience.SECONDS, TimeUnit.SECONDS);
    assertThat(event).isNotNull();
    return event;
  }

  private int connections() {
    return gateway.node().getJsonObject("connections").getInteger("tcp");
  }

  @Test
  void frameSplitAtAnyByteIsOneFrameAndDelaysNoOtherClient() {
    start();
    byte[] frame = TcpTestClient.frame(toEcho("1"));
    try (TcpTestClient split = client("split");
        TcpTestClient other = client("other")) {
      for (int at = 1; at < frame.length; at++) {
        split.socket().send(Arrays.copyOfRange(frame, 0, at));
        assertServes(other, "other-" + at);
        split.socket().send(Arrays.copyOfRange(frame, at, frame.length));
        assertThat(split.receiveAck()).isEqualTo("1");
        if (at == 1) {
          assertThat(split.receiveMessage().getBody()).isEqualTo("hello");
        }
      }
    }
  }

  @Test
  void frameSentByteByByteIsOneFrame() {
    start();
    try (TcpTestClient slow = client("slow");
        TcpTestClient other = client("other")) {
      int sent = 0;
      for (byte b : TcpTestClient.frame(toEcho("drip"))) {
        slow.socket().send(new byte[] {b});
        assertServes(other, "other-" + sent++);
      }
      assertThat(slow.receiveAck()).isEqualTo("drip");
    }
  }

  @Test
  void thousandFramesInOneSegmentAreAnsweredInOrder() {
    start();
    var segment = new ByteArrayOutputStream();
    for (int i = 0; i < 1000; i++) {
      Message message = Message.newBuilder().setEventId("m" + i).setTo("group:none").build();
      segment.writeBytes(TcpTestClient.frame(message));
    }
    try (TcpTestClient client = client("a")) {
      client.socket().send(segment.toByteArray());
      for (int i = 0; i < 1000; i++) {
        assertThat(client.receiveAck()).isEqualTo("m" + i);
      }
    }
  }

  @Test
  void frameOverTheLimitIsRefusedByItsLengthAndClosesTheConnection() {
    start();
    try (TcpTestClient client = client("a")) {
      client.socket().send(HexFormat.of().parseHex("00010000"));
      assertEnds(client, "too-large", CloseReason.TOO_LARGE);
    }
    try (TcpTestClient largest = client("b")) {
      Message message = Message.newBuilder().setEventId("1").setTo("service:none").build();
      int room = 64 * 1024 - 4 - 2 - message.getSerializedSize() - 4;
      largest.send(message.toBuilder().setBody("x".repeat(room)).build());
      assertThat(largest.receiveError().getString("replyTo")).isEqualTo("1");
      largest.send(message.toBuilder().setBody("x".repeat(room + 1)).build());
      assertEnds(largest, "too-large", CloseReason.TOO_LARGE);
    }
  }

  @Test
  void lineOverTheLimitClosesTheConnection() {
    start("tcp.framing.kind", "line");
    try (RawTcp client = raw()) {
      client.send("x".repeat(64 * 1024 + 1));
      assertThat(client.readLine()).contains("too-large");
      assertThat(client.readLine()).contains("closing", "1009", "too-large");
      assertThat(client.atEnd()).isTrue();
    }
  }

  @Test
  void lostFramingClosesTheConnectionAtOnce() {
    start("tcp.framing.lengthAdjustment", "-4");
    // A length that includes itself is at least 4.
    try (RawTcp client = raw()) {
      client.send(HexFormat.of().parseHex("00000003"));
      assertThat(new String(client.readAll(), UTF_8)).contains("malformed", "closing", "4400");
    }
  }

  @RepeatedTest(20)
  void randomBytesDoNotAffectOtherClients(RepetitionInfo seed) {
    start("tcp.framing.kind", seed.getCurrentRepetition() % 2 == 0 ? "line" : "length-field");
    var random = new Random(seed.getCurrentRepetition());
    byte[] bytes = new byte[random.nextInt(200_000)];
    random.nextBytes(bytes);
    try (RawTcp wild = raw()) {
      wild.send(bytes);
      wild.finish();
      wild.readAll();
    }
    await().until(() -> connections() == 0);
    try (RawTcp tame = raw()) {
      TcpTestClient client =
          seed.getCurrentRepetition() % 2 == 0
              ? TcpTestClient.ofDelimiters(tame, "\n")
              : TcpTestClient.ofLengths(tame);
      assertServes(client.authenticate("a", "transport"), "1");
    }
  }

  @Test
  void emptyFramesAreIgnored() {
    start("limits.malformed", "1");
    try (TcpTestClient client = client("a")) {
      client.socket().send(new byte[12]);
      assertServes(client, "1");
    }
  }

  @Test
  void clientThatDoesNotAuthenticateIsAnonymous() throws Exception {
    start();
    BlockingQueue<JsonObject> disconnects = gateway.disconnects();
    try (TcpTestClient client = stranger()) {
      assertServesWithAck(client);
      client.send(Message.newBuilder().setEventId("late").setType("auth").setBody("a").build());
      assertThat(client.receiveError().getString("code")).isEqualTo("forbidden");
      client.leave();
    }
    assertThat(next(disconnects).getString("user")).startsWith("anonymous-");
  }

  private static void assertServesWithAck(TcpTestClient client) {
    client.send(toEcho("1"));
    assertThat(client.receiveAck()).isEqualTo("1");
    client.acknowledge(client.receiveMessage().getEventId());
  }

  @Test
  void silentClientIsAnonymousAfterTheAuthTimeout() {
    start("auth.timeout", "50ms");
    try (TcpTestClient client = stranger()) {
      await().until(() -> connections() == 1);
      client.send(Message.newBuilder().setEventId("late").setType("auth").setBody("a").build());
      assertThat(client.receiveError().getString("code")).isEqualTo("forbidden");
    }
  }

  @Test
  void rejectedClientReceivesTheReason() {
    start("limits.connectRate.perUser", "1/s");
    try (TcpTestClient nobody = stranger()) {
      nobody.send(Message.newBuilder().setEventId("1").setType("auth").setBody(" ").build());
      assertEnds(nobody, "unauthenticated", CloseReason.UNAUTHENTICATED);
    }
    try (TcpTestClient odd = stranger()) {
      odd.send(
          Message.newBuilder().setType("auth").setBody("a").putHeaders("ack", "never").build());
      assertEnds(odd, "malformed", CloseReason.MALFORMED);
    }
    try (TcpTestClient first = client("eager");
        TcpTestClient second = stranger()) {
      second.send(Message.newBuilder().setType("auth").setBody("eager").build());
      JsonObject error = second.receiveError();
      assertThat(error.getString("code")).isEqualTo("rate-limited");
      assertThat(error.getLong("retryAfterMs")).isPositive();
      assertThat(second.closeCode()).isEqualTo(CloseReason.RATE_LIMITED.code());
      assertServes(first, "1");
    }
  }

  @Test
  void connectionOverTheLimitIsRejectedUntilAnotherOneCloses() {
    start("limits.connectionsPerAddress", "1", "tcp.framing.kind", "line");
    RawTcp first = raw();
    TcpTestClient.ofDelimiters(first, "\n").authenticate("a", "transport");
    try (RawTcp second = raw()) {
      JsonObject closing = new JsonObject(second.readLine()).getJsonObject("message");
      assertThat(closing.getString("type")).isEqualTo("closing");
      assertThat(new JsonObject(closing.getString("body")))
          .isEqualTo(
              new JsonObject()
                  .put("code", 4429)
                  .put("reason", "rate-limited")
                  .put("retryAfterMs", 5000));
      assertThat(second.atEnd()).isTrue();
    }
    first.close();
    await().until(() -> connections() == 0);
    try (RawTcp third = raw()) {
      TcpTestClient.ofDelimiters(third, "\n").authenticate("a", "transport");
    }
  }

  @Test
  void finIsANormalCloseAndRstIsALostConnection() throws Exception {
    start();
    BlockingQueue<JsonObject> disconnects = gateway.disconnects();
    TcpTestClient polite = client("polite");
    polite.socket().finish();
    assertLeft(next(disconnects), "polite", "normal");
    assertThat(polite.socket().atEnd()).isTrue();
    client("rude").socket().reset();
    assertLeft(next(disconnects), "rude", "connection-lost");
    await().until(() -> gateway.node().getInteger("sessions") == 0);
  }

  private static void assertLeft(JsonObject event, String user, String reason) {
    assertThat(event.getString("user")).isEqualTo(user);
    assertThat(event.getString("reason")).isEqualTo(reason);
  }

  @Test
  void drainClosesUnauthenticatedAndNewConnections() {
    start("limits.closeTimeout", "300ms");
    CompletableFuture<Void> taken = new CompletableFuture<>();
    gateway.vertx().eventBus().consumer("inbound", request -> taken.complete(null));
    try (TcpTestClient silent = stranger();
        TcpTestClient waiting = client("waiting")) {
      waiting.send(Message.newBuilder().setEventId("1").build());
      taken.orTimeout(10, TimeUnit.SECONDS).join();
      var drained = gateway.drain();
      assertThat(silent.closeCode()).isEqualTo(CloseReason.GOING_AWAY.code());
      try (TcpTestClient late = stranger()) {
        assertThat(late.closeCode()).isEqualTo(CloseReason.GOING_AWAY.code());
      }
      waiting.leave();
      TestGateway.await(drained);
    }
  }

  private TcpTestClient reluctantReader(String user) {
    return TcpTestClient.ofLengths(RawTcp.connect(gateway.tcpPort(), 4_096))
        .authenticate(user, "transport");
  }

  /** Sends more than the socket accepts, and ignores the outcomes. */
  private void fillTheLinkOf(String user) {
    GatewayClient clients = GatewayClient.create(gateway.vertx());
    Message large = Message.newBuilder().setTo(user).setBody("x".repeat(60_000)).build();
    TestGateway.await(
        Future.join(IntStream.range(0, 150).mapToObj(i -> clients.post(large)).toList())
            .otherwiseEmpty());
  }

  @Test
  void clientThatReadsTooSlowlyIsASlowConsumer() throws Exception {
    start("limits.writeQueue", "256KiB", "limits.closeTimeout", "200ms");
    BlockingQueue<JsonObject> disconnects = gateway.disconnects();
    try (TcpTestClient slow = reluctantReader("slow")) {
      fillTheLinkOf("slow");
      assertThat(next(disconnects).getString("reason")).isEqualTo("slow-consumer");
      // The closing frame cannot be written either, so the link is reset.
      assertThat(slow.socket()).satisfies(TcpWireTest::awaitReset);
    }
  }

  private static void awaitReset(RawTcp socket) {
    await()
        .until(
            () -> {
              try {
                socket.send(new byte[4]);
                return false;
              } catch (UncheckedIOException e) {
                return true;
              }
            });
  }

  @Test
  void clientThatSendsButDoesNotReadIsClosedWithinTheTimeout() throws Exception {
    start(
        "tcp.heartbeat.interval", "300ms",
        "tcp.heartbeat.timeout", "1500ms",
        "limits.writeQueue", "0",
        "limits.closeTimeout", "300ms");
    BlockingQueue<JsonObject> disconnects = gateway.disconnects();
    try (TcpTestClient deaf = reluctantReader("deaf")) {
      fillTheLinkOf("deaf");
      JsonObject gone;
      while ((gone = disconnects.poll(20, TimeUnit.MILLISECONDS)) == null) {
        deaf.socket().send(new byte[4]);
      }
      assertThat(gone.getString("reason")).isEqualTo("heartbeat-timeout");
      // The closing frame cannot be written, and the drain does not wait for it.
      TestGateway.await(gateway.drain());
    }
  }

  @Test
  void messageThatDoesNotFitTheTransportLeavesTheConnectionOpen() {
    start("tcp.framing.maxFrameSize", "1KiB");
    GatewayClient clients = GatewayClient.create(gateway.vertx());
    try (TcpTestClient small = client("small")) {
      Message large = Message.newBuilder().setTo("small").setBody("x".repeat(1024)).build();
      assertThatThrownBy(() -> TestGateway.await(clients.send(large)))
          .isInstanceOf(MessageException.class);
      assertServes(small, "1");
    }
  }

  private static byte[] deflated(String text) {
    var deflater = new Deflater();
    deflater.setInput(text.getBytes(UTF_8));
    byte[] bytes = new byte[text.length() + 100];
    int length = deflater.deflate(bytes, 0, bytes.length, Deflater.SYNC_FLUSH);
    deflater.end();
    return Arrays.copyOf(bytes, length);
  }

  @Test
  void compressedStreamsAreReadAndBombsAreRefused() {
    start(
        "tcp.framing.kind", "line",
        "tcp.framing.compression", "zlib",
        "tcp.framing.maxInflated", "64KiB");
    try (RawTcp client = raw()) {
      client.send(deflated("{\"eventId\":\"1\",\"to\":\"group:none\"}\n"));
      assertThat(client.inflating().readLine()).isEqualTo("{\"ack\":{\"eventId\":\"1\"}}");
    }
    try (RawTcp bomb = raw()) {
      byte[] bytes = deflated("{\"ack\":{\"eventId\":\"x\"}}\n".repeat(100_000));
      assertThat(bytes.length).isLessThan(16 * 1024);
      bomb.send(bytes);
      RawTcp answers = bomb.inflating();
      assertThat(answers.readLine()).contains("too-large", "once inflated");
      assertThat(answers.readLine()).contains("closing", "1009");
      assertThat(answers.atEnd()).isTrue();
    }
    try (RawTcp damaged = raw()) {
      damaged.send("this is not zlib");
      RawTcp answers = damaged.inflating();
      assertThat(answers.readLine()).contains("malformed");
      assertThat(answers.readLine()).contains("closing", "4400");
      assertThat(answers.atEnd()).isTrue();
    }
  }

  @Test
  void listenersWithDifferentFramingsShareUsers() throws IOException {
    String conf =
        """
        tcp:
          enabled: true
          acknowledge: transport
          listeners:
            - {name: lines, port: 0, framing: {kind: line}}
            - {name: little, port: 0, framing: {byteOrder: little, lengthFieldLength: 2,
               initialBytesToStrip: 2}}
        """;
    gateway = TestGateway.start(Files.writeString(folder.resolve("c.yaml"), conf), Map.of());
    assertThat(gateway.node().getJsonObject("ports").fieldNames())
        .containsExactly("http", "enet", "tcp", "tcp.lines", "tcp.little", "management");
    try (RawTcp lines = RawTcp.connect(gateway.port("tcp.lines"));
        TcpTestClient bob = client("bob");
        RawTcp little = RawTcp.connect(gateway.port("tcp.little"))) {
      lines.send("{\"eventId\":\"0\",\"type\":\"auth\",\"body\":\"alice\"}\n");
      assertThat(lines.readLine()).isEqualTo("{\"ack\":{\"eventId\":\"0\"}}");
      lines.send("{\"eventId\":\"1\",\"to\":\"bob\",\"body\":\"hi\"}\n");
      assertThat(lines.readLine()).isEqualTo("{\"ack\":{\"eventId\":\"1\"}}");
      assertThat(bob.receiveMessage().getBody()).isEqualTo("hi");
      // Type 11, eventId "x", to "group:g".
      little.send(HexFormat.of().parseHex("0e000b000a01781a0767726f75703a67"));
      assertThat(HexFormat.of().formatHex(little.read(7))).isEqualTo("05000a000a0178");
      assertThat(connections()).isEqualTo(3);
    }
  }

  @Test
  void listenerWithACertificateUsesTls() throws Exception {
    SelfSignedCertificate certificate = SelfSignedCertificate.create();
    start(
        "tcp.tls.cert", certificate.certificatePath(),
        "tcp.tls.key", certificate.privateKeyPath(),
        "limits.writeQueue", "256KiB");
    BlockingQueue<JsonObject> disconnects = gateway.disconnects();
    SSLContext tls = trusting(Path.of(certificate.certificatePath()));
    try (RawTcp socket =
            RawTcp.over(tls.getSocketFactory().createSocket("127.0.0.1", gateway.tcpPort()));
        RawTcp slow =
            RawTcp.over(tls.getSocketFactory().createSocket("127.0.0.1", gateway.tcpPort()))) {
      TcpTestClient client = TcpTestClient.ofLengths(socket).authenticate("a", "transport");
      assertServes(client, "1");
      client.socket().send(HexFormat.of().parseHex("ffffffff"));
      assertEnds(client, "too-large", CloseReason.TOO_LARGE);
      assertThat(next(disconnects).getString("reason")).isEqualTo("too-large");
      // Bytes that wait below TLS count as pending, too.
      TcpTestClient.ofLengths(slow).authenticate("slow", "transport");
      fillTheLinkOf("slow");
      assertThat(next(disconnects).getString("reason")).isEqualTo("slow-consumer");
    } finally {
      certificate.delete();
    }
  }

  private static SSLContext trusting(Path certificate) throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (var pem = Files.newInputStream(certificate)) {
      store.setCertificateEntry(
          "gateway", CertificateFactory.getInstance("X.509").generateCertificate(pem));
    }
    var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }
}
