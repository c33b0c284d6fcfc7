package io.linkspan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.linkspan.api.Message;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.WebSocketTestClient;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GatewayTest {

  @TempDir Path folder;

  /** A service that fails to start. */
  public static final class BrokenVerticle extends VerticleBase {
    @Override
    public Future<?> start() {
      return Future.failedFuture("out of order");
    }
  }

  private Path configuration(String verticle) throws Exception {
    return Files.writeString(
        folder.resolve("test.yaml"),
        """
        verticles: [%s]
        routes:
          - {to: "service:orders", bus: orders}
        """
            .formatted(verticle));
  }

  @Test
  void configuredVerticlesServeBesideTheGateway() throws Exception {
    Path file = configuration("{class: io.linkspan.api.OrdersExample, instances: 2}");
    try (TestGateway gateway = TestGateway.start(file, Map.of());
        WebSocketTestClient client =
            WebSocketTestClient.connect(gateway.httpPort(), "user=alice")) {
      client.send(
          Message.newBuilder().setEventId("1").setTo("service:orders").setBody("tea").build());
      assertThat(client.receiveAck()).isEqualTo("1");
      assertThat(client.receiveMessage().getBody()).isEqualTo("alice ordered tea");
    }
  }

  @Test
  void aServiceThatFailsToStartFailsTheStartOfTheGateway() throws Exception {
    Path file = configuration(BrokenVerticle.class.getName());
    assertThatThrownBy(() -> TestGateway.start(file, Map.of()))
        .hasMessageContaining("out of order");
  }
}
