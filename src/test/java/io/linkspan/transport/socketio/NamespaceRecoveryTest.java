package io.linkspan.transport.socketio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.linkspan.api.GatewayClient;
import io.linkspan.api.Message;
import io.linkspan.testing.SocketIoTestClient;
import io.linkspan.testing.TestGateway;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** After a recovery, each namespace gets its own missed events and those of no other. */
class NamespaceRecoveryTest {

  /** How one namespace of a client can be recovered. */
  private record Bookmark(String pid, String offset) {
    String auth() {
      return new JsonObject().put("pid", pid).put("offset", offset).encode();
    }
  }

  private TestGateway gateway;
  private GatewayClient clients;

  @BeforeEach
  void start() {
    gateway =
        TestGateway.start(Map.of("socketio.recovery", "true", "socketio.namespaces", "/, /admin"));
    clients = GatewayClient.create(gateway.vertx());
  }

  @AfterEach
  void stop() {
    gateway.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/,/admin", "/admin,/"})
  void missedEventsWaitForTheirNamespace(String order) {
    String[] namespaces = order.split(",", -1);
    Bookmark first;
    Bookmark second;
    try (SocketIoTestClient client = SocketIoTestClient.open(gateway.httpPort(), "user=alice")) {
      first = join(client, namespaces[0], "{}");
      second = join(client, namespaces[1], "{}");
      client.socket().close();
    }
    await().until(() -> !isConnected());
    send(namespaces[1], "late");
    send(namespaces[0], "early");
    send(namespaces[1], "later");
    try (SocketIoTestClient client = SocketIoTestClient.open(gateway.httpPort(), "user=alice")) {
      client.sendPacket("40" + prefix(namespaces[0]) + first.auth());
      assertThat(client.readPacket()).startsWith("42" + prefix(namespaces[0]) + "[\"early\"");
      assertThat(client.readPacket())
          .startsWith("40" + prefix(namespaces[0]))
          .contains(first.pid());
      send(namespaces[1], "live");
      client.sendPacket("40" + prefix(namespaces[1]) + second.auth());
      String[] expected = {"[\"late\"", "[\"later\"", "[\"live\""};
      for (String event : expected) {
        assertThat(client.readPacket()).startsWith("42" + prefix(namespaces[1]) + event);
      }
      assertThat(client.readPacket())
          .startsWith("40" + prefix(namespaces[1]))
          .contains(second.pid());
    }
  }

  @Test
  void eventsOfANamespaceThatIsNotJoinedAgainArriveInAnotherOne() {
    Bookmark root;
    try (SocketIoTestClient client = SocketIoTestClient.open(gateway.httpPort(), "user=alice")) {
      root = join(client, "/", "{}");
      join(client, "/admin", "{}");
      client.socket().close();
    }
    await().until(() -> !isConnected());
    send("/admin", "late");
    try (SocketIoTestClient client = SocketIoTestClient.open(gateway.httpPort(), "user=alice")) {
      client.sendPacket("40" + root.auth());
      assertThat(client.readPacket()).startsWith("40{").contains(root.pid());
      assertThat(client.readPacket()).startsWith("42[\"late\"");
    }
  }

  /** Version 3 of the client asks for base64 over polling in Node, and cannot recover. */
  @ParameterizedTest
  @ValueSource(strings = {"", "&session="})
  void aClientOfVersion3GetsNoOffsets(String session) {
    try (SocketIoTestClient client =
        SocketIoTestClient.open(gateway.httpPort(), "user=alice&b64=1" + session)) {
      client.sendPacket("40");
      assertThat(client.readPacket()).startsWith("40{").doesNotContain("pid");
      if (!session.isEmpty()) {
        assertThat(client.readPacket()).contains("\"session\"");
      }
      send("/", "news");
      assertThat(client.readPacket()).isEqualTo("42[\"news\"]");
    }
  }

  /** Versions before 4.8 write their timestamps with another alphabet and length. */
  @ParameterizedTest
  @ValueSource(strings = {"t=Q8dvDlR", "t=Q8dvDlR.0"})
  void aClientThatMayBeOfVersion3GetsNoOffsetsUnlessItAsks(String timestamp) {
    try (SocketIoTestClient client =
        SocketIoTestClient.open(gateway.httpPort(), "user=alice&" + timestamp)) {
      client.sendPacket("40");
      assertThat(client.readPacket()).startsWith("40{").doesNotContain("pid");
      send("/", "news");
      assertThat(client.readPacket()).isEqualTo("42[\"news\"]");
    }
    try (SocketIoTestClient client =
        SocketIoTestClient.open(gateway.httpPort(), "user=alice&session=&" + timestamp)) {
      client.sendPacket("40");
      assertThat(client.readPacket()).startsWith("40{").contains("pid");
    }
  }

  @Test
  void aClientOfVersion48IsOfferedRecovery() {
    try (SocketIoTestClient client =
        SocketIoTestClient.open(gateway.httpPort(), "user=alice&t=zkkp1d9j")) {
      client.sendPacket("40");
      assertThat(client.readPacket()).startsWith("40{").contains("pid");
      assertThat(client.readPacket()).startsWith("42[\"~\"");
    }
  }

  private boolean isConnected() {
    return gateway.node().getJsonObject("connections").getInteger("socketio") > 0;
  }

  private void send(String namespace, String name) {
    Message.Builder message =
        Message.newBuilder()
            .setTo("alice")
            .setType(name)
            .setContentType("application/socket.io+json")
            .setBody("[]");
    if (!namespace.equals("/")) {
      message.putHeaders("namespace", namespace);
    }
    TestGateway.await(clients.post(message.build()));
  }

  private static Bookmark join(SocketIoTestClient client, String namespace, String auth) {
    client.sendPacket("40" + prefix(namespace) + auth);
    String reply = client.readPacket();
    String anchor = client.readPacket();
    var event = new JsonArray(anchor.substring(anchor.indexOf('[')));
    return new Bookmark(
        new JsonObject(reply.substring(reply.indexOf('{'))).getString("pid"),
        event.getString(event.size() - 1));
  }

  private static String prefix(String namespace) {
    return namespace.equals("/") ? "" : namespace + ",";
  }
}
