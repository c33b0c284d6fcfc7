package io.linkspan.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Message;
import io.linkspan.testing.ClusterProcess;
import io.linkspan.testing.GatewayProcess;
import io.linkspan.testing.PostgresServer;
import io.linkspan.testing.RequiresPostgres;
import io.linkspan.testing.WebSocketTestClient;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Kills all nodes of a cluster while messages wait for a user in PostgreSQL. */
@RequiresPostgres
class MailboxIT {

  private static final int MESSAGES = 1_000;

  @Test
  void messagesForAnAbsentUserSurviveTheEndOfAllNodes() throws Exception {
    List<String> sent = IntStream.range(0, MESSAGES).mapToObj(i -> "m" + i).toList();
    try (var database = PostgresServer.start();
        var cluster = new ClusterProcess(2, 2, settings(database))) {
      // The session is away, and is lost with the nodes.
      WebSocketTestClient away = cluster.connect(0, "user=alice&session=");
      away.receiveMessage();
      away.close();
      for (String eventId : sent) {
        send(cluster, 1, eventId);
      }
      for (int i = 0; i < 2; i++) {
        cluster.node(i).signal("KILL");
      }
      for (int i = 0; i < 2; i++) {
        cluster.node(i).awaitExit();
      }

      GatewayProcess one = cluster.startAnother();
      GatewayProcess two = cluster.startAnother();
      cluster.awaitMembers(one, two);
      List<String> received = new ArrayList<>();
      try (var alice = WebSocketTestClient.connect(two.httpPort(), "user=alice")) {
        while (received.size() < MESSAGES) {
          Message message = (Message) alice.receive();
          received.add(message.getEventId());
          alice.acknowledge(message.getEventId());
        }
        // What would be there twice comes before this one.
        send(cluster, one, "last");
        assertThat(((Message) alice.receive()).getEventId()).isEqualTo("last");
      }
      assertThat(received).containsExactlyElementsOf(sent);
    }
  }

  private static Map<String, String> settings(PostgresServer database) {
    return Map.of(
        "LINKSPAN_MAILBOX_FOR", "1h",
        "LINKSPAN_MAILBOX_MAX", "5000",
        "LINKSPAN_STORE_KIND", "postgres",
        "LINKSPAN_STORE_POSTGRES_URI", database.uri(),
        "LINKSPAN_STORE_POSTGRES_PASSWORD", database.password(),
        "LINKSPAN_STORE_POSTGRES_TIMEOUT", "30s");
  }

  private static void send(ClusterProcess cluster, int node, String eventId) {
    send(cluster, cluster.node(node), eventId);
  }

  private static void send(ClusterProcess cluster, GatewayProcess node, String eventId) {
    String message =
        new JsonObject()
            .put("eventId", eventId)
            .put("to", "user:alice")
            .put("type", "text")
            .put("headers", new JsonObject().put("ttl", "3600"))
            .encode();
    assertThat(cluster.call(node, "POST", "/v1/messages", message).status()).isEqualTo(202);
  }
}
