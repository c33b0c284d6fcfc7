package io.linkspan.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.linkspan.api.Message;
import io.linkspan.log.LogPosition;
import io.linkspan.testing.ClusterProcess;
import io.linkspan.testing.SocketIoTestClient;
import io.linkspan.testing.TestClient;
import io.linkspan.testing.WebSocketTestClient;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Kills the node of a member while Messages of its group are kept. */
class HistoryIT {

  private static final int BEFORE = 50;
  private static final int AFTER = 50;

  /** The test reads from one client after the other, and a slow machine may take long for each. */
  private static final Map<String, String> SETTINGS =
      Map.of(
          "LINKSPAN_HISTORY_FOR", "1h",
          "LINKSPAN_WEBSOCKET_HEARTBEAT_TIMEOUT", "1h",
          "LINKSPAN_SOCKETIO_PINGTIMEOUT", "1h",
          "LINKSPAN_DELIVERY_ACKTIMEOUT", "2m");

  private final List<String> accepted = new ArrayList<>();
  private int attempts;

  /** Sends a kept Message from the first node; it may be refused while the cluster has lost one. */
  private boolean send(ClusterProcess cluster, String eventId) {
    String message =
        new JsonObject()
            .put("eventId", eventId)
            .put("to", "group:room")
            .put("type", "text")
            .put("headers", new JsonObject().put("history", "600"))
            .encode();
    boolean done = cluster.call(0, "POST", "/v1/messages", message).status() == 202;
    if (done) {
      accepted.add(eventId);
    }
    return done;
  }

  private static void join(TestClient client, String since) {
    Message.Builder join =
        Message.newBuilder().setEventId("join").setType("join_group").setBody("room");
    client.send(since.isEmpty() ? join.build() : join.putHeaders("since", since).build());
    assertThat(client.receiveAck()).isEqualTo("join");
  }

  /** Reads kept Messages up to the one with this eventId; each must follow the one before it. */
  private static void readTo(String last, TestClient client, List<String> read) {
    long offset = -1;
    while (read.isEmpty() || !read.get(read.size() - 1).equals(last)) {
      if (client.receive() instanceof Message message) {
        if (client instanceof WebSocketTestClient) {
          client.acknowledge(message.getEventId());
        }
        if (message.getType().equals("text")) {
          long next = LogPosition.parse(message.getHeadersOrThrow("position")).offset();
          assertThat(offset == -1 || next == offset + 1)
              .as("%s is at %d, after %d", message.getEventId(), next, offset)
              .isTrue();
          offset = next;
          read.add(message.getEventId());
        }
      }
    }
  }

  @Test
  void aMemberWhoseNodeIsKilledGetsAllThatIsKeptOnceAndInOrder() throws Exception {
    List<String> byAlice = new ArrayList<>();
    List<String> byAliceResumed = new ArrayList<>();
    List<String> byBob = new ArrayList<>();
    List<String> byCarol = new ArrayList<>();
    try (var cluster = new ClusterProcess(3, 0, SETTINGS)) {
      try (var alice = cluster.connect(1, "user=alice&session=");
          var bob = SocketIoTestClient.connect(cluster.node(2).httpPort(), "user=bob")) {
        String token = new JsonObject(alice.receiveMessage().getBody()).getString("session");
        join(alice, "");
        join(bob, "");
        for (int i = 0; i < BEFORE; i++) {
          assertThat(send(cluster, "before-" + i)).isTrue();
        }
        readTo("before-" + (BEFORE - 1), alice, byAlice);

        cluster.node(1).signal("KILL");
        for (int i = 0; i < AFTER; i++) {
          send(cluster, "after-" + i);
        }
        await().until(() -> send(cluster, "last-" + attempts++));
        String last = accepted.get(accepted.size() - 1);

        try (var resumed = cluster.connect(2, "user=alice&session=" + token);
            var carol = cluster.connect(0, "user=carol")) {
          assertThat(new JsonObject(resumed.receiveMessage().getBody()).getBoolean("recovered"))
              .isTrue();
          join(carol, "1000");
          readTo(last, carol, byCarol);
          readTo(last, bob, byBob);
          readTo(last, resumed, byAliceResumed);
        }
      }
    }
    assertThat(byCarol).containsAll(accepted).doesNotHaveDuplicates();
    assertThat(byBob).isEqualTo(byCarol);
    // What the killed node had not copied as acknowledged is sent again; a client drops it.
    assertThat(byAlice).doesNotHaveDuplicates();
    assertThat(byAliceResumed).doesNotHaveDuplicates();
    assertThat(Stream.concat(byAlice.stream(), byAliceResumed.stream()).distinct())
        .containsExactlyElementsOf(byCarol);
  }
}
