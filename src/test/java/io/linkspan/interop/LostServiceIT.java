package io.linkspan.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Message;
import io.linkspan.testing.ClusterProcess;
import io.linkspan.testing.ServiceProcess;
import io.linkspan.testing.WebSocketTestClient;
import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kills the process of a service on the bus while it has requests. */
class LostServiceIT {

  private static final Path SERVICE =
      Path.of(System.getProperty("basedir", ""), "src/test/services/SilentProcess.java")
          .toAbsolutePath();

  private static final int REQUESTS = 20;

  @Test
  void requestsEndWithTheServiceThatHasThemAndOnce(@TempDir Path folder) throws Exception {
    Path routes =
        Files.writeString(
            folder.resolve("gateway.yaml"),
            """
            routes:
              - {to: "service:silent", bus: silent}
            """);
    // The test would not live to see the timeout of a request.
    Map<String, String> settings =
        Map.of(
            "LINKSPAN_CLUSTER_HEARTBEAT_TIMEOUT", "6s",
            "LINKSPAN_DELIVERY_REQUESTTIMEOUT", "30m");
    try (var cluster = new ClusterProcess(1, 1, settings, "--conf", routes.toString())) {
      Path configuration =
          Files.writeString(folder.resolve("service.yaml"), cluster.configuration());
      try (var service = ServiceProcess.start(SERVICE.toString(), configuration, "silent");
          WebSocketTestClient client = cluster.connect(0, "?user=alice")) {
        List<String> pending = new ArrayList<>();
        for (int i = 0; i < REQUESTS; i++) {
          pending.add("request-" + i);
          client.send(request("request-" + i, "service:silent"));
        }
        Awaitility.await()
            .atMost(Duration.ofMinutes(2))
            .until(
                () ->
                    service.output().lines().filter(line -> line.contains("received ")).count()
                        == REQUESTS);
        service.kill();

        List<String> ended = new ArrayList<>();
        for (int i = 0; i < REQUESTS; i++) {
          ended.add(lost(client));
        }
        assertThat(ended).containsExactlyInAnyOrderElementsOf(pending);
        // Nothing else arrives, and a request behind them is served.
        client.send(request("last", "service:nobody"));
        assertThat(((Message) client.receive()).getReplyTo()).isEqualTo("last");
      } catch (AssertionError | RuntimeException e) {
        cluster.print(System.out);
        throw e;
      }
    }
  }

  private static Message request(String eventId, String to) {
    return Message.newBuilder().setEventId(eventId).setTo(to).setType("text").build();
  }

  /** Returns which request has ended because its service was lost. */
  private static String lost(WebSocketTestClient client) {
    Message error = (Message) client.receive();
    assertThat(error.getType()).isEqualTo("error");
    var body = new JsonObject(error.getBody());
    assertThat(body.getString("code")).isEqualTo("timeout");
    assertThat(error.getBody()).contains("the service's node was lost");
    return error.getReplyTo();
  }
}
