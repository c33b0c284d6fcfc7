package io.linkspan.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Message;
import io.linkspan.api.Service;
import io.linkspan.testing.TestClient;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.WebSocketTestClient;
import io.vertx.core.Future;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A loop that stands still for longer than others may wait for it, and goes on. */
class StalledLoopTest {

  private static final long LONG_MS = 3_300;

  private static Message message(String eventId) {
    return Message.newBuilder().setEventId(eventId).setTo("service:stall").setType("text").build();
  }

  @Test
  void whatCameWhileALoopStoodStillIsTakenAfterwards(@TempDir Path folder) throws Exception {
    Path routes =
        Files.writeString(
            folder.resolve("routes.yaml"), "routes: [{to: \"service:stall\", bus: stall}]");
    try (TestGateway gateway = TestGateway.start(routes, Map.of("eventLoops", "1"))) {
      // It blocks the loop it is on, which with one loop is the client's.
      TestGateway.await(
          Service.register(
              gateway.vertx(),
              "stall",
              (message, origin) -> {
                if (message.getEventId().equals("1")) {
                  stall();
                }
                return Future.succeededFuture();
              }));
      try (TestClient client = WebSocketTestClient.connect(gateway.httpPort(), "user=a")) {
        for (String eventId : List.of("1", "2", "3")) {
          client.send(message(eventId));
        }
        for (String eventId : List.of("1", "2", "3")) {
          assertThat(client.receiveAck()).isEqualTo(eventId);
        }
        client.send(message("4"));
        assertThat(client.receiveAck()).isEqualTo("4");
      }
    }
  }

  private static void stall() {
    try {
      Thread.sleep(LONG_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
