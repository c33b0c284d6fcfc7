package io.linkspan.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.GatewayClient;
import io.linkspan.api.Message;
import io.linkspan.log.LogPosition;
import io.linkspan.testing.SocketIoTestClient;
import io.linkspan.testing.TestClient;
import io.linkspan.testing.TestCluster;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.WebSocketTestClient;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The history of a group to which two nodes send at the same time. */
class HistoryInAClusterTest {

  private static final int EACH = 60;

  private static Message kept(String eventId) {
    return Message.newBuilder()
        .setEventId(eventId)
        .setTo("group:room")
        .setFrom("service:chat")
        .putHeaders("history", "600")
        .build();
  }

  /** Sends from a node without a pause; returns when the group has all of it. */
  private static Future<?> send(TestGateway node, String prefix) {
    var client = GatewayClient.create(node.vertx());
    return Future.all(
        IntStream.range(0, EACH).mapToObj(i -> client.post(kept(prefix + i))).toList());
  }

  private static void join(TestClient client, String since) {
    Message.Builder join =
        Message.newBuilder().setEventId("join").setType("join_group").setBody("room");
    client.send(since == null ? join.build() : join.putHeaders("since", since).build());
    assertThat(client.receiveAck()).isEqualTo("join");
  }

  /** Reads all kept Messages, which must follow each other without a gap. */
  private static List<Message> readAll(TestClient client) {
    List<Message> all = new ArrayList<>();
    while (all.size() < 2 * EACH) {
      if (client.receive() instanceof Message message) {
        if (client instanceof WebSocketTestClient) {
          // For the others it is enough that a Message was written.
          client.acknowledge(message.getEventId());
        }
        if (!message.getType().equals("join_group")) {
          all.add(message);
        }
      }
    }
    for (int i = 0; i < all.size(); i++) {
      LogPosition position = LogPosition.parse(all.get(i).getHeadersOrThrow("position"));
      assertThat(position.offset()).isEqualTo(i + 1);
    }
    return all;
  }

  @Test
  void allMembersGetTheSameOrderWhicheverNodeTheyAreAt() {
    try (var cluster = TestCluster.start(2, Map.of("history.for", "1h"));
        var alice = WebSocketTestClient.connect(cluster.node(0).httpPort(), "user=alice");
        var bob = SocketIoTestClient.connect(cluster.node(1).httpPort(), "user=bob");
        var carol = SocketIoTestClient.connect(cluster.node(0).httpPort(), "user=carol");
        var dave = WebSocketTestClient.connect(cluster.node(1).httpPort(), "user=dave")) {
      join(alice, null);
      join(bob, "0");
      Future<?> first = send(cluster.node(0), "a");
      Future<?> second = send(cluster.node(1), "b");
      // They come while both nodes send.
      join(carol, "0:0");
      join(dave, "0:0");
      TestGateway.await(Future.all(first, second));

      List<Message> all = readAll(alice);
      for (TestClient other : List.of(bob, carol, dave)) {
        assertThat(readAll(other))
            .extracting(Message::getEventId)
            .containsExactlyElementsOf(all.stream().map(Message::getEventId).toList());
      }
    }
  }
}
