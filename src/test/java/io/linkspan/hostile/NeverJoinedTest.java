package io.linkspan.hostile;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.linkspan.testing.RawHttp;
import io.linkspan.testing.RawTcp;
import io.linkspan.testing.TlsClient;
import io.linkspan.testing.WebSocketTestClient;
import io.vertx.core.net.SelfSignedCertificate;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Clients that connect and never join: each of them costs little, and there are few. */
class NeverJoinedTest {

  private static final int LIMIT = 20;
  private static final int ATTEMPTS = 200;

  private final List<AutoCloseable> attackers = new ArrayList<>();
  private Siege siege;

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable attacker : attackers) {
      attacker.close();
    }
    siege.close();
  }

  private void start(String... settings) {
    Map<String, String> all = new java.util.HashMap<>();
    for (int i = 0; i < settings.length; i += 2) {
      all.put(settings[i], settings[i + 1]);
    }
    siege = Siege.start(all);
  }

  private int http() {
    return siege.gateway().httpPort();
  }

  private int connections(String transport) {
    return siege.gateway().node().getJsonObject("connections").getInteger(transport);
  }

  /** A new client is served as soon as the oldest attacker has had its time. */
  private void assertNewClientsJoin() {
    await()
        .ignoreExceptions()
        .until(
            () -> {
              try (var next =
                  WebSocketTestClient.connect(http(), "user=new&ack=transport").socket()) {
                return next.status().contains("101");
              }
            });
    siege.serve();
  }

  @Test
  void handshakesOfEngineIoAreFew() {
    start("limits.pending.maxPerAddress", Integer.toString(LIMIT));
    for (String eio : new String[] {"3", "4"}) {
      for (int i = 0; i < ATTEMPTS; i++) {
        handshake(eio);
        assertThat(connections("socketio")).isLessThanOrEqualTo(LIMIT);
      }
    }
    assertThat(siege.dropped()).isPositive();
    siege.serve();
    assertNewClientsJoin();
  }

  private void handshake(String eio) {
    try {
      RawHttp.get(
              http(), "/socket.io/?transport=polling&EIO=" + eio + "&filler=" + "x".repeat(3_000))
          .response();
    } catch (AssertionError | UncheckedIOException refused) {
      // Closed at once, since all places of the address are taken.
    }
  }

  @Test
  void socketsThatSayNothingGiveWayToClients() {
    start("limits.pending.maxPerAddress", Integer.toString(LIMIT));
    for (int i = 0; i < ATTEMPTS; i++) {
      attackers.add(RawTcp.connect(http()));
      siege.serve();
    }
    assertNewClientsJoin();
    assertThat(siege.pending()).isLessThanOrEqualTo(LIMIT);
  }

  @Test
  void socketsThatSayNothingAreGivenUp() {
    start("limits.pending.timeout", "1s");
    RawTcp silent = RawTcp.connect(http());
    RawTcp half = RawTcp.connect(http());
    RawTcp drip = RawTcp.connect(http());
    attackers.addAll(List.of(silent, half, drip));
    half.send("GET / HTTP/1.1\r\nHost: x\r\nX-Fill");
    drip.send("POST /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nContent-Length: 9\r\n\r\n1");
    assertThat(silent.atEnd()).isTrue();
    assertThat(half.atEnd()).isTrue();
    drip.readAll();
    siege.serve();
    await().untilAsserted(() -> assertThat(siege.pending()).isZero());
  }

  @Test
  void aSecondRequestThatNeverEndsIsGivenUp() {
    start("limits.pending.timeout", "1s");
    RawTcp half = RawTcp.connect(http());
    attackers.add(half);
    half.send("GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n");
    half.readUntil("\r\n\r\n");
    half.send("GET /nothing HTTP/1.1\r\nHost: x\r\nX-Fill");
    half.readAll();
    siege.serve();
  }

  @Test
  void silentClientsOfTcpGiveWay() {
    start(
        "tcp.enabled", "true",
        "limits.pending.maxPerAddress", Integer.toString(LIMIT),
        "auth.timeout", "1m");
    for (int i = 0; i < ATTEMPTS; i++) {
      attackers.add(RawTcp.connect(siege.gateway().tcpPort()));
      siege.serve();
    }
    assertThat(siege.pending()).isLessThanOrEqualTo(LIMIT);
    assertNewClientsJoin();
  }

  @Test
  void handshakesOfTlsThatNeverEndGiveWay() throws Exception {
    SelfSignedCertificate certificate = SelfSignedCertificate.create("gateway.example");
    attackers.add(certificate::delete);
    start(
        "tcp.enabled", "true",
        "tcp.tls.cert", certificate.certificatePath(),
        "tcp.tls.key", certificate.privateKeyPath(),
        "limits.pending.maxPerAddress", Integer.toString(LIMIT));
    fill(siege.gateway().tcpPort());
    await()
        .ignoreExceptions()
        .until(
            () -> {
              try (SSLSocket next = TlsClient.connect(siege.gateway().tcpPort())) {
                return next.getSession().isValid();
              }
            });
  }

  @Test
  void silentClientsOfTheProxyProtocolGiveWay() {
    start(
        "tcp.enabled", "true",
        "tcp.proxy.protocol", "true",
        "tcp.proxy.trusted", "10.0.0.0/8",
        "limits.pending.maxPerAddress", Integer.toString(LIMIT));
    fill(siege.gateway().tcpPort());
  }

  /** Opens more sockets than may be silent, of which no more than those are kept. */
  private void fill(int port) {
    for (int i = 0; i < ATTEMPTS; i++) {
      attackers.add(RawTcp.connect(port));
    }
    await().untilAsserted(() -> assertThat(siege.dropped()).isPositive());
    assertThat(siege.pending()).isLessThanOrEqualTo(LIMIT);
    siege.serve();
  }

  @Test
  void aStalledLoopDoesNotKeepOthersFromAccepting() throws IOException {
    start();
    var resumed = new CountDownLatch(1);
    List<Socket> clients = new ArrayList<>();
    try {
      siege.gateway().vertx().getOrCreateContext().runOnContext(v -> awaitUninterruptibly(resumed));
      for (int i = 0; i < ATTEMPTS; i++) {
        var client = new Socket("127.0.0.1", http());
        attackers.add(client);
        clients.add(client);
        client.getOutputStream().write("GET /x HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(US_ASCII));
      }
      // Half of them belong to the other loop.
      await().until(() -> answered(clients) >= ATTEMPTS / 2 - 1);
    } finally {
      resumed.countDown();
    }
    await().until(() -> answered(clients) == ATTEMPTS);
    siege.serve();
  }

  private static long answered(List<Socket> clients) throws IOException {
    long answered = 0;
    for (Socket client : clients) {
      answered += client.getInputStream().available() > 0 ? 1 : 0;
    }
    return answered;
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
