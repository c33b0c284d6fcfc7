package io.linkspan.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.linkspan.testing.RawHttp;
import io.linkspan.testing.RawTcp;
import io.linkspan.testing.TcpTestClient;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.TlsClient;
import io.netty.buffer.ByteBufUtil;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.SelfSignedCertificate;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The address of a client behind proxies, on real sockets. */
class ProxyTest {

  private static final String V1 = "PROXY TCP4 203.0.113.7 192.0.2.1 4711 80\r\n";

  /** Version 2, PROXY, TCP over IPv4, 12 bytes: the same addresses and ports. */
  private static final String V2 = "0d0a0d0a000d0a515549540a2111000ccb007107c000020112670050";

  /** Version 2, PROXY, TCP over IPv6: ::ffff:203.0.113.7, which is an IPv4 address. */
  private static final String V2_MAPPED =
      "0d0a0d0a000d0a515549540a21210024"
          + "00000000000000000000ffffcb007107"
          + "00000000000000000000ffffc0000201"
          + "12670050";

  /** Version 2, LOCAL: a connection of the proxy itself. */
  private static final String V2_LOCAL = "0d0a0d0a000d0a515549540a20000000";

  /** One gateway for each configuration. */
  private static final Map<Map<String, String>, TestGateway> GATEWAYS = new HashMap<>();

  /** Of the test, which shares its gateway with others. */
  private final String user = UUID.randomUUID().toString();

  private TestGateway gateway;

  @AfterAll
  static void stop() {
    GATEWAYS.values().forEach(TestGateway::close);
    GATEWAYS.clear();
  }

  private void start(String... settings) {
    Map<String, String> all = new HashMap<>();
    for (int i = 0; i < settings.length; i += 2) {
      all.put(settings[i], settings[i + 1]);
    }
    gateway = GATEWAYS.computeIfAbsent(all, TestGateway::start);
  }

  private static String upgrade(String user, String... headers) {
    var request =
        new StringBuilder("GET /ws?user=" + user + " HTTP/1.1\r\nHost: 127.0.0.1\r\n")
            .append("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n")
            .append("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
    for (String header : headers) {
      request.append(header).append("\r\n");
    }
    return request.append("\r\n").toString();
  }

  /** Returns the address in the list of sessions, once the session of the test is there. */
  private String remote() {
    return await()
        .until(
            () -> {
              JsonArray sessions =
                  new JsonObject(
                          RawHttp.get(gateway.managementPort(), "/v1/sessions?user=" + user)
                              .response()
                              .body())
                      .getJsonArray("sessions");
              return sessions.isEmpty() ? null : sessions.getJsonObject(0).getString("remote");
            },
            remote -> remote != null);
  }

  private void assertRemote(String expected, String first, String... headers) {
    try (RawTcp client = RawTcp.connect(gateway.httpPort())) {
      client.send(first.getBytes(StandardCharsets.ISO_8859_1));
      client.send(upgrade(user, headers));
      assertThat(client.readLine()).contains(" 101 ");
      assertThat(remote()).startsWith(expected);
    }
  }

  private static String bytes(String hex) {
    return new String(ByteBufUtil.decodeHexDump(hex), StandardCharsets.ISO_8859_1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "x-forwarded-for | X-Forwarded-For: 198.51.100.1, 203.0.113.7           | 203.0.113.7:0",
        "x-forwarded-for | Forwarded: for=203.0.113.7                           | 127.0.0.1:",
        "forwarded       | Forwarded: for=198.51.100.1, for=203.0.113.7;by=a    | 203.0.113.7:0",
        "forwarded       | X-Forwarded-For: 203.0.113.7                         | 127.0.0.1:",
        "none            | X-Forwarded-For: 203.0.113.7                         | 127.0.0.1:",
      })
  void aTrustedProxyNamesTheClientInTheConfiguredHeader(
      String kind, String header, String expected) {
    start("http.proxy.trusted", "127.0.0.0/8", "http.proxy.header", kind);
    assertRemote(expected, "", header);
  }

  @Test
  void aHeaderOfAnybodyElseIsIgnored() {
    start("http.proxy.trusted", "192.0.2.0/24", "http.proxy.header", "x-forwarded-for");
    assertRemote("127.0.0.1:", "", "X-Forwarded-For: 192.0.2.9");
  }

  @Test
  void socketIoClientsHaveTheirOwnAddressToo() {
    start("http.proxy.trusted", "127.0.0.1", "http.proxy.header", "x-forwarded-for");
    String target = "/socket.io/?EIO=3&transport=polling&user=" + user;
    var answer = RawHttp.get(gateway.httpPort(), target, "X-Forwarded-For: 203.0.113.7").response();
    assertThat(answer.status()).isEqualTo(200);
    assertThat(remote()).startsWith("203.0.113.7");
  }

  @Test
  void limitsPerAddressAreThoseOfTheClientsAndNotOfTheProxy() {
    start(
        "http.proxy.trusted", "127.0.0.1",
        "http.proxy.header", "x-forwarded-for",
        "limits.connectionsPerAddress", "1");
    try (RawTcp first = RawTcp.connect(gateway.httpPort());
        RawTcp other = RawTcp.connect(gateway.httpPort());
        RawTcp same = RawTcp.connect(gateway.httpPort())) {
      first.send(upgrade("a", "X-Forwarded-For: 203.0.113.7"));
      assertThat(first.readLine()).contains(" 101 ");
      other.send(upgrade("b", "X-Forwarded-For: 203.0.113.8"));
      assertThat(other.readLine()).contains(" 101 ");
      same.send(upgrade("c", "X-Forwarded-For: ::ffff:203.0.113.7"));
      assertThat(same.readLine()).contains(" 429 ");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {V2, V2_MAPPED})
  void aTrustedProxyNamesTheClientOfAConnectionInBinary(String header) {
    start("http.proxy.trusted", "127.0.0.1", "http.proxy.protocol", "true");
    assertRemote("203.0.113.7:4711", bytes(header));
  }

  @Test
  void aTrustedProxyNamesTheClientOfAConnectionInText() {
    start("http.proxy.trusted", "127.0.0.1", "http.proxy.protocol", "true");
    assertRemote("203.0.113.7:4711", V1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"PROXY UNKNOWN\r\n", V2_LOCAL})
  void aConnectionOfTheProxyItselfHasItsAddress(String header) {
    start("http.proxy.trusted", "127.0.0.1", "http.proxy.protocol", "true");
    assertRemote("127.0.0.1:", header.startsWith("PROXY") ? header : bytes(header));
  }

  @Test
  void theHeaderOfAConnectionFromAnybodyElseIsIgnored() {
    start("http.proxy.trusted", "192.0.2.0/24", "http.proxy.protocol", "true");
    assertRemote("127.0.0.1:", V1);
  }

  @Test
  void bothKindsOfProxiesCanStandInARow() {
    start(
        "http.proxy.trusted", "127.0.0.1,203.0.113.7",
        "http.proxy.protocol", "true",
        "http.proxy.header", "x-forwarded-for");
    assertRemote("198.51.100.1:0", V1, "X-Forwarded-For: 10.0.0.1, 198.51.100.1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "PROXY TCP4 203.0.113.7 192.0.2.1 4711\r\n",
        "PROXY TCP4 203.0.113.777 192.0.2.1 4711 80\r\n",
        "PROXY TCP4 203.0.113.7 192.0.2.1 99999 80\r\n",
      })
  void aConnectionWithoutAHeaderIsClosed(String first) {
    start("http.proxy.trusted", "127.0.0.1", "http.proxy.protocol", "true");
    try (RawTcp client = RawTcp.connect(gateway.httpPort())) {
      client.send(first);
      assertThat(client.atEnd()).isTrue();
    }
  }

  /** Takes the three seconds of the time-out: no byte may extend it. */
  @Test
  void aHeaderThatIsNotCompleteInTimeEndsTheConnection() {
    start("http.proxy.trusted", "127.0.0.1", "http.proxy.protocol", "true");
    try (RawTcp client = RawTcp.connect(gateway.httpPort());
        RawTcp mute = RawTcp.connect(gateway.httpPort())) {
      client.send("PROXY TCP4 203.0.113.7");
      assertThat(client.atEnd()).isTrue();
      assertThat(mute.atEnd()).isTrue();
    }
  }

  @Test
  void aTcpListenerHasItsOwnProxies() {
    start(
        "tcp.enabled", "true",
        "tcp.proxy.trusted", "127.0.0.1",
        "tcp.proxy.protocol", "true",
        "limits.connectionsPerAddress", "1");
    try (RawTcp socket = RawTcp.connect(gateway.tcpPort());
        RawTcp same = RawTcp.connect(gateway.tcpPort());
        RawTcp direct = RawTcp.connect(gateway.httpPort())) {
      socket.send(V1);
      TcpTestClient.ofLengths(socket).authenticate(user, "transport");
      assertThat(remote()).isEqualTo("203.0.113.7:4711");
      same.send(V1);
      assertThat(TcpTestClient.ofLengths(same).closeCode()).isEqualTo(4429);
      direct.send(upgrade("b"));
      assertThat(direct.readLine()).contains(" 101 ");
    }
  }

  @Test
  void theHeaderComesBeforeTls() throws Exception {
    SelfSignedCertificate certificate = SelfSignedCertificate.create();
    try {
      start(
          "http.proxy.trusted",
          "127.0.0.1",
          "http.proxy.protocol",
          "true",
          "http.tls.cert",
          certificate.certificatePath(),
          "http.tls.key",
          certificate.privateKeyPath());
      try (Socket plain = new Socket("127.0.0.1", gateway.httpPort())) {
        plain.getOutputStream().write(V1.getBytes(StandardCharsets.US_ASCII));
        RawTcp client = RawTcp.over(TlsClient.over(plain));
        client.send(upgrade(user));
        assertThat(client.readLine()).contains(" 101 ");
        assertThat(remote()).isEqualTo("203.0.113.7:4711");
      }
    } finally {
      certificate.delete();
    }
  }
}
