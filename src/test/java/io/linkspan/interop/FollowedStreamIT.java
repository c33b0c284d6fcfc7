package io.linkspan.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.linkspan.api.Message;
import io.linkspan.testing.ClusterProcess;
import io.linkspan.testing.EnetTestClient;
import io.linkspan.testing.HttpService;
import io.linkspan.testing.HttpStory;
import io.linkspan.testing.SocketIoTestClient;
import io.linkspan.testing.TestClient;
import io.linkspan.testing.WebSocketTestClient;
import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests that further devices of a user follow a streamed answer from its start, at other nodes and
 * over other transports, while the node of the first device is killed.
 */
class FollowedStreamIT {

  private static final int PARTS = 500;

  @TempDir private static Path folder;

  /** One device of the user, over all its links. */
  private static final class Device {
    final String name;

    /** Bodies in the order in which the application processes them, each once. */
    final List<String> processed = new ArrayList<>();

    String token = "";
    String stream;
    String end;

    Device(String name) {
      this.name = name;
    }

    /** Reads until so many parts are processed, or the stream has ended. */
    void read(TestClient link, int count) {
      while (processed.size() < count && end == null) {
        if (link.receive() instanceof Message message) {
          if (message.getType().equals("session")) {
            begin(message);
          } else if (message.containsHeaders("stream")) {
            process(message);
          }
          link.acknowledge(message.getEventId());
        }
      }
    }

    private void begin(Message message) {
      JsonObject session = new JsonObject(message.getBody());
      assertThat(session.getBoolean("recovered")).as("recovered").isEqualTo(!token.isEmpty());
      token = session.getString("session");
    }

    private void process(Message part) {
      stream = part.getHeadersOrThrow("stream");
      int offset = Integer.parseInt(part.getHeadersOrThrow("stream-offset"));
      if (offset < processed.size()) {
        return; // sent again, since the acknowledgement was lost with its link
      }
      assertThat(offset).as("next at %s", name).isEqualTo(processed.size());
      if (part.containsHeaders("stream-end")) {
        end = part.getHeadersOrThrow("stream-end");
      } else {
        processed.add(part.getBody());
      }
    }

    void follow(TestClient link, String id) {
      // The first part reaches the first device and the log independently.
      await()
          .until(
              () -> {
                link.send(
                    Message.newBuilder()
                        .setEventId("follow")
                        .setType("follow_stream")
                        .putHeaders("stream", id)
                        .build());
                return answer(link).getType().equals("follow_stream");
              });
    }

    private Message answer(TestClient link) {
      while (true) {
        if (link.receive() instanceof Message message) {
          link.acknowledge(message.getEventId());
          if (!message.getType().equals("session")) {
            return message;
          }
          begin(message);
        }
      }
    }

    void assertAll() {
      assertThat(processed)
          .as(name)
          .containsExactlyElementsOf(
              IntStream.range(0, PARTS).mapToObj(part -> "part " + part).toList());
      assertThat(end).as(name).isEqualTo("complete");
    }
  }

  private final Device first = new Device("the device that asked");
  private final Device second = new Device("the device that followed in the middle");
  private final Device third = new Device("the device that followed after the end");

  @Test
  void allDevicesOfTheUserGetAllParts() throws Exception {
    AtomicInteger calls = new AtomicInteger();
    try (HttpService service = HttpService.start(0)) {
      HttpStory.addTo(service, PARTS, calls);
      Path file =
          Files.writeString(
              folder.resolve("gateway.yaml"),
              """
              routes:
                - to: "service:story"
                  keepStream: 1h
                  http: {url: "http://127.0.0.1:%d/story", stream: {mode: sse}}
              streams: {for: 1h}
              """
                  .formatted(service.port()));
      try (var cluster =
          new ClusterProcess(
              3,
              0,
              Map.of("LINKSPAN_CLUSTER_HEARTBEAT_TIMEOUT", "6s", "LINKSPAN_SESSION_GRACE", "5m"),
              "--conf",
              file.toString())) {
        try {
          readOver(cluster);
        } catch (Throwable failure) {
          for (Device device : List.of(first, second, third)) {
            System.out.printf(
                "%s: processed %d, end %s%n", device.name, device.processed.size(), device.end);
          }
          cluster.print(System.out);
          throw failure;
        }
      }
    }
    first.assertAll();
    second.assertAll();
    third.assertAll();
    assertThat(calls).hasValue(1);
  }

  /** The node that is killed owns the session of the first device, and a part of the logs. */
  private void readOver(ClusterProcess cluster) throws InterruptedException {
    try (TestClient killed = websocket(cluster, 0);
        TestClient follower = socketIo(cluster, 1)) {
      killed.send(Message.newBuilder().setEventId("ask").setTo("service:story").build());
      first.read(killed, PARTS / 3);
      second.follow(follower, first.stream);
      second.read(follower, PARTS / 4);
      cluster.node(0).signal("KILL");
      cluster.node(0).awaitExit();
      cluster.awaitMembers(cluster.node(1), cluster.node(2));
      try (TestClient resumed = enet(cluster, 2, first)) {
        first.read(resumed, Integer.MAX_VALUE);
      }
      second.read(follower, Integer.MAX_VALUE);
    }
    try (TestClient late = enet(cluster, 2, third)) {
      third.follow(late, first.stream);
      third.read(late, Integer.MAX_VALUE);
    }
  }

  private TestClient websocket(ClusterProcess cluster, int node) {
    return WebSocketTestClient.connect(
        cluster.node(node).httpPort(), "ack=client&user=alice&session=");
  }

  private TestClient socketIo(ClusterProcess cluster, int node) {
    return SocketIoTestClient.connect(
        cluster.node(node).httpPort(), "ack=client&user=alice&session=");
  }

  private TestClient enet(ClusterProcess cluster, int node, Device device) {
    return EnetTestClient.connect(
        cluster.node(node).enetPort(), "alice", Map.of("ack", "client", "session", device.token));
  }
}
