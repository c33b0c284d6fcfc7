package io.linkspan.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.linkspan.testing.DocumentedCode;
import io.linkspan.testing.FreePort;
import io.linkspan.testing.ProxyProcess;
import io.linkspan.testing.RawHttp;
import io.linkspan.testing.RawTcp;
import io.linkspan.testing.TcpTestClient;
import io.linkspan.testing.TestGateway;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** Runs the examples for proxies. Clients are at one loopback address, and the proxy at another. */
@EnabledIf(
    value = "io.linkspan.testing.ProxyProcess#available",
    disabledReason = "haproxy or nginx is not installed")
class ProxyIT {

  private static final String CLIENT = "127.0.0.9";
  private static final int HTTP_OF_EXAMPLE = 80;
  private static final int TCP_OF_EXAMPLE = 70;

  @TempDir private Path folder;

  private static RawTcp connect(int port) throws IOException {
    return RawTcp.over(
        new Socket(InetAddress.getByName("127.0.0.1"), port, InetAddress.getByName(CLIENT), 0));
  }

  private static void upgrade(RawTcp client, String user, String... headers) {
    client.send(
        "GET /ws?user="
            + user
            + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            + String.join("\r\n", headers)
            + (headers.length > 0 ? "\r\n\r\n" : "\r\n"));
    assertThat(client.readUntil("\r\n\r\n")).contains(" 101 ");
  }

  private static String remote(TestGateway gateway, String user) {
    String target = "/v1/sessions?user=" + user;
    JsonArray sessions =
        await()
            .until(
                () ->
                    new JsonObject(RawHttp.get(gateway.managementPort(), target).response().body())
                        .getJsonArray("sessions"),
                list -> list.size() == 1);
    return sessions.getJsonObject(0).getString("remote");
  }

  @Test
  void haproxyNamesTheClientsOfBothListeners() throws Exception {
    int http = FreePort.of();
    int tcp = FreePort.of();
    try (TestGateway gateway =
            TestGateway.start(
                Map.of(
                    "http.proxy.trusted", "127.0.0.1",
                    "http.proxy.protocol", "true",
                    "tcp.enabled", "true",
                    "tcp.proxy.trusted", "127.0.0.1",
                    "tcp.proxy.protocol", "true"));
        var proxy =
            ProxyProcess.haproxy(
                folder,
                Map.of(
                    HTTP_OF_EXAMPLE,
                    http,
                    TCP_OF_EXAMPLE,
                    tcp,
                    8080,
                    gateway.httpPort(),
                    7000,
                    gateway.tcpPort()))) {
      proxy.awaitListening(http).awaitListening(tcp);
      try (RawTcp browser = connect(http);
          RawTcp device = connect(tcp)) {
        upgrade(browser, "browser", "X-Forwarded-For: 192.0.2.1");
        assertThat(remote(gateway, "browser")).startsWith(CLIENT + ":");
        TcpTestClient.ofLengths(device).authenticate("device", "transport");
        assertThat(remote(gateway, "device")).startsWith(CLIENT + ":");
      }
    }
  }

  @Test
  void nginxNamesTheClientsOfRequests() throws Exception {
    int http = FreePort.of();
    try (TestGateway gateway =
            TestGateway.start(
                Map.of(
                    "http.proxy.trusted", "127.0.0.1",
                    "http.proxy.header", "x-forwarded-for"));
        var proxy =
            ProxyProcess.nginx(folder, Map.of(HTTP_OF_EXAMPLE, http, 8080, gateway.httpPort()))) {
      proxy.awaitListening(http);
      try (RawTcp browser = connect(http)) {
        upgrade(browser, "browser", "X-Forwarded-For: 192.0.2.1");
        assertThat(remote(gateway, "browser")).isEqualTo(CLIENT + ":0");
      }
      assertThat(RawHttp.get(http, "/").response().status()).isEqualTo(200);
    }
  }

  @Test
  void theExampleForEnvoyIsYaml() throws Exception {
    var example = new YAMLMapper().readTree(DocumentedCode.read("docs/examples/envoy.yaml"));
    assertThat(example.at("/static_resources/listeners")).hasSize(2);
    assertThat(example.at("/static_resources/clusters")).hasSize(2);
  }
}
