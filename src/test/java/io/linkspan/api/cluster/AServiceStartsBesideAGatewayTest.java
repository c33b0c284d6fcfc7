package io.linkspan.api.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.linkspan.api.Message;
import io.linkspan.api.Service;
import io.linkspan.testing.FreePort;
import io.linkspan.testing.Patience;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.WebSocketTestClient;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests a service with the configuration file of the gateway that it runs beside. */
class AServiceStartsBesideAGatewayTest {

  private static final Duration PATIENCE = Patience.LONGEST;

  @TempDir private Path folder;

  @Test
  void fixedPortsOfTheClusterAreLeftToTheGateway() throws Exception {
    int port = FreePort.of();
    Path file =
        Files.writeString(
            folder.resolve("linkspan.yaml"),
            """
            cluster:
              enabled: true
              name: beside
              host: 127.0.0.1
              port: %d
              busPort: %d
              join:
                members: ["127.0.0.1:%d"]
            """
                .formatted(port, FreePort.of(), port));
    try (TestGateway gateway = TestGateway.start(file, Map.of())) {
      Vertx beside = TestGateway.await(ClusterMember.join(file));
      TestGateway.await(
          Service.register(
              beside,
              "inbound",
              (message, origin) ->
                  Future.succeededFuture(Message.newBuilder().setBody("answer").build())));
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () -> {
                try (WebSocketTestClient client =
                    WebSocketTestClient.connect(gateway.httpPort(), "user=a&ack=transport")) {
                  client.send(Message.newBuilder().setEventId("1").build());
                  assertThat(client.receiveAck()).isEqualTo("1");
                  assertThat(client.receiveMessage().getBody()).isEqualTo("answer");
                }
              });
      TestGateway.await(beside.close());
    }
  }
}
