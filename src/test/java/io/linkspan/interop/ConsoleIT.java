package io.linkspan.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Message;
import io.linkspan.testing.Browser;
import io.linkspan.testing.EnetTestClient;
import io.linkspan.testing.NodeScript;
import io.linkspan.testing.PrefixProxy;
import io.linkspan.testing.RawTcp;
import io.linkspan.testing.RequiresBrowser;
import io.linkspan.testing.SocketIoTestClient;
import io.linkspan.testing.TcpTestClient;
import io.linkspan.testing.TestClient;
import io.linkspan.testing.TestCluster;
import io.linkspan.testing.WebSocketTestClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Uses the console of two nodes in a real browser, with clients of all transports. */
@RequiresBrowser
class ConsoleIT {

  /** The clients do not answer heartbeats while the browser works. */
  private static final Map<String, String> SETTINGS =
      Map.of(
          "eventLoops", "1",
          "management.apiKey", "0123456789abcdef",
          "tcp.enabled", "true",
          "websocket.heartbeat.timeout", "1h",
          "tcp.heartbeat.timeout", "1h",
          "socketio.pingTimeout", "1h");

  private static Browser browser;
  private static TestCluster cluster;
  private static final List<TestClient> CLIENTS = new ArrayList<>();

  @BeforeAll
  static void start() throws InterruptedException {
    browser = Browser.start();
    cluster = TestCluster.start(2, SETTINGS);
    EnetTestClient enet = EnetTestClient.connect(cluster.node(1).enetPort(), "enet-user", "client");
    CLIENTS.add(enet);
    CLIENTS.add(connect("websocket-user"));
    CLIENTS.add(
        SocketIoTestClient.connect(cluster.node(1).httpPort(), "ack=client&user=socketio-user"));
    CLIENTS.add(
        TcpTestClient.ofLengths(RawTcp.connect(cluster.node(0).tcpPort()))
            .authenticate("tcp-user", "client"));
    for (TestClient client : CLIENTS) {
      client.send(message("joins", "").setType("join_group").setBody("lobby").build());
      client.receiveAck();
      client.send(message("echo", "service:echo").build());
    }
    keepAlive(enet);
  }

  /** An ENet peer must answer pings. */
  private static void keepAlive(EnetTestClient enet) {
    var thread =
        new Thread(
            () -> {
              while (!Thread.currentThread().isInterrupted()) {
                enet.live();
              }
            },
            "ENet client");
    thread.setDaemon(true);
    thread.setUncaughtExceptionHandler((t, closed) -> t.interrupt());
    thread.start();
  }

  @AfterAll
  static void stop() {
    CLIENTS.forEach(TestClient::close);
    if (browser != null) {
      browser.close();
    }
    if (cluster != null) {
      cluster.close();
    }
  }

  private static TestClient connect(String user) {
    return WebSocketTestClient.connect(cluster.node(0).httpPort(), "user=" + user);
  }

  private static Message.Builder message(String eventId, String to) {
    return Message.newBuilder().setEventId(eventId).setTo(to).setType("text");
  }

  private static String address() {
    return "http://127.0.0.1:" + cluster.node(1).managementPort() + "/";
  }

  private static void run(String scenario, String address) throws InterruptedException {
    NodeScript.run("console.mjs", scenario, browser.endpoint(), address);
  }

  @Test
  void eachPageShowsTheClientsOfAllTransports() throws InterruptedException {
    run("pages", address());
  }

  @Test
  void pagesFitOnAPhone() throws InterruptedException {
    run("phone", address());
  }

  @Test
  void theKeyIsAskedForAndKeptInTheTab() throws InterruptedException {
    run("key", address());
  }

  @Test
  void theConsoleWorksBelowAPrefix() throws InterruptedException {
    try (var proxy =
        new PrefixProxy(cluster.node(0).vertx(), "/ops/one", cluster.node(1).managementPort())) {
      run("pages", proxy.address());
    }
  }

  @Test
  void actionsDoWhatTheySay() throws InterruptedException {
    try (TestClient traced = connect("traced");
        TestClient kicked = connect("kicked");
        TestClient blocked = connect("blocked");
        TestClient revoked = connect("revoked");
        NodeScript script =
            NodeScript.start("console.mjs", "actions", browser.endpoint(), address())) {
      script.awaitLine("tracing");
      traced.send(message("seen", "service:echo").setBody("from the client").build());
      assertThat(traced.receiveAck()).isEqualTo("seen");
      assertThat(traced.receiveMessage().getBody()).isEqualTo("from the client");
      assertThat(traced.receiveMessage().getBody()).isEqualTo("<b>from the operator</b>");
      script.awaitLine("blocked");
      assertThat(kicked.closeCode()).isEqualTo(4410);
      assertThat(blocked.closeCode()).isEqualTo(4403);
      script.awaitSuccess();
      assertThat(revoked.closeCode()).isEqualTo(4401);
      try (TestClient again = connect("blocked")) {
        again.send(message("again", "service:echo").build());
        assertThat(again.receiveAck()).isEqualTo("again");
      }
    }
  }
}
