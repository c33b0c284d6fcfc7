package io.linkspan.hostile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.linkspan.testing.RawHttp;
import io.linkspan.testing.RawTcp;
import io.linkspan.testing.WebSocketTestClient;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
}
