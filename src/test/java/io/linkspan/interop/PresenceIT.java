package io.linkspan.interop;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.GeneratedMessage;
import io.linkspan.api.AckMessage;
import io.linkspan.api.Message;
import io.linkspan.testing.ClusterProcess;
import io.linkspan.testing.SocketIoTestClient;
import io.linkspan.testing.TestClient;
import io.linkspan.testing.WatchingClient;
import io.linkspan.testing.WebSocketTestClient;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/** Kills a node whose users are watched from the other nodes of a cluster. */
class PresenceIT {

  private static final String ROOM = "room";

  /** The test reads from one client after the other, and a slow machine may take long for each. */
  private static final Map<String, String> PATIENT =
      Map.of(
          "LINKSPAN_WEBSOCKET_HEARTBEAT_TIMEOUT", "1h",
          "LINKSPAN_SOCKETIO_PINGTIMEOUT", "1h",
          "LINKSPAN_DELIVERY_ACKTIMEOUT", "2m");

  /** A client that watches the group. */
  private static final class Watcher implements AutoCloseable {
    private final TestClient client;
    private final WatchingClient view = new WatchingClient();
    private final Set<String> received = new HashSet<>();

    Watcher(TestClient client) {
      this.client = client;
      client.send(request("watch_presence"));
    }

    void awaitUsers(String... users) {
      await(() -> Set.of(users).equals(view.users(ROOM)));
    }

    private void await(BooleanSupplier done) {
      while (!done.getAsBoolean()) {
        if (client.receive() instanceof Message message) {
          if (client instanceof WebSocketTestClient) {
            client.acknowledge(message.getEventId());
          }
          if (received.add(message.getEventId())) {
            view.receive(message);
          }
        }
      }
    }

    @Override
    public void close() {
      client.close();
    }
  }

  private static Message request(String type) {
    return Message.newBuilder().setEventId("request").setType(type).setBody(ROOM).build();
  }

  private static void join(TestClient client) {
    client.send(request("join_group"));
    GeneratedMessage outcome = client.receive();
    assertThat(outcome).isInstanceOf(AckMessage.class);
  }

  @Test
  void usersOfALostNodeLeaveOnceUnlessTheirSessionsAreAdopted() throws Exception {
    try (var cluster = new ClusterProcess(3, 0, PATIENT)) {
      WebSocketTestClient alice = cluster.connect(1, "user=alice&session=");
      String token = new JsonObject(((Message) alice.receive()).getBody()).getString("session");
      join(alice);
      WebSocketTestClient bob = cluster.connect(1, "user=bob");
      join(bob);
      WebSocketTestClient carol = cluster.connect(2, "user=carol");
      join(carol);
      try (var near = new Watcher(cluster.connect(0, "user=near"));
          var far =
              new Watcher(SocketIoTestClient.connect(cluster.node(2).httpPort(), "user=far"))) {
        near.awaitUsers("alice", "bob", "carol");
        far.awaitUsers("alice", "bob", "carol");
        assertThat(users(cluster)).containsExactly("alice", "bob", "carol");

        // It is accepted when the replica of the session has it, and all that was before.
        String message = new JsonObject().put("to", "user:alice").put("type", "text").encode();
        assertThat(cluster.call(0, "POST", "/v1/messages", message).status()).isEqualTo(202);
        cluster.node(1).signal("KILL");
        near.awaitUsers("alice", "carol");
        far.awaitUsers("alice", "carol");

        WebSocketTestClient resumed = cluster.connect(2, "user=alice&session=" + token);
        var session = new JsonObject(((Message) resumed.receive()).getBody());
        assertThat(session.getBoolean("recovered")).isTrue();
        WebSocketTestClient dave = cluster.connect(0, "user=dave");
        join(dave);
        near.awaitUsers("alice", "carol", "dave");
        far.awaitUsers("alice", "carol", "dave");
        assertThat(users(cluster)).containsExactly("alice", "carol", "dave");

        resumed.leave();
        for (Watcher watcher : List.of(near, far)) {
          watcher.awaitUsers("carol", "dave");
          assertThat(watcher.view.changes(ROOM)).containsExactly("-bob", "+dave", "-alice");
          assertThat(watcher.view.contradictions()).isEmpty();
        }
        dave.close();
      } finally {
        alice.close();
        bob.close();
        carol.close();
      }
    }
  }

  private static List<String> users(ClusterProcess cluster) {
    JsonArray users =
        cluster.get(0, "/v1/groups/" + ROOM + "/presence?limit=10").getJsonArray("users");
    return users.stream().map(user -> ((JsonObject) user).getString("user")).toList();
  }
}
