package io.linkspan.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.linkspan.api.Message;
import io.linkspan.testing.Scrape;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.WebSocketTestClient;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests what happens to held Messages when the gateway is drained. */
class UpstreamDrainTest {

  @TempDir Path folder;

  @Test
  void heldMessagesEndAndTheirClientIsDisconnected() throws IOException {
    int closedPort;
    try (var socket = new ServerSocket(0)) {
      closedPort = socket.getLocalPort();
    }
    Path file =
        Files.writeString(
            folder.resolve("held.yaml"),
            """
            drain: {timeout: 60s}
            routes:
              - to: "service:gone"
                http: {url: "http://127.0.0.1:%d/", retries: 0, breaker: {pause: 1h, maxPause: 1h}}
                hold: {for: 1h}
            """
                .formatted(closedPort));
    try (TestGateway gateway = TestGateway.start(file, Map.of());
        WebSocketTestClient client =
            WebSocketTestClient.connect(gateway.httpPort(), "user=alice")) {
      for (String eventId : new String[] {"1", "2"}) {
        client.send(Message.newBuilder().setEventId(eventId).setTo("service:gone").build());
      }
      await()
          .until(
              () ->
                  Scrape.metric(
                      gateway.managementPort(),
                      "linkspan_upstream_held{upstream=\"service:gone\"}"),
              held -> held == 2);
      Future<Void> drained = gateway.drain();
      for (String eventId : new String[] {"1", "2"}) {
        JsonObject error = client.receiveError();
        assertThat(error.getString("replyTo")).isEqualTo(eventId);
        assertThat(error.getString("code")).isEqualTo("unavailable");
        assertThat(error.getString("message")).isEqualTo("the gateway shuts down");
      }
      assertThat(client.closeCode()).isEqualTo(1001);
      TestGateway.await(drained);
    }
  }
}
