package io.linkspan.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Message;
import io.linkspan.testing.ClusterProcess;
import io.linkspan.testing.EnetTestClient;
import io.linkspan.testing.HttpService;
import io.linkspan.testing.HttpStory;
import io.linkspan.testing.Scrape;
import io.linkspan.testing.SocketIoTestClient;
import io.linkspan.testing.TestClient;
import io.linkspan.testing.WebSocketTestClient;
import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that a streamed answer survives its links, its transports and the node of its session. */
class StreamedAnswerIT {

  private static final int PARTS = 500;

  /** Parts that a client has read and not acknowledged when its link ends. */
  private static final int UNACKNOWLEDGED = 3;

  private static final String REQUEST = "tell-me";

  @TempDir private static Path folder;

  private String token = "";
  private boolean recovered;
  private boolean acknowledged;

  /** Offsets and bodies in the order in which the application processes them, each once. */
  private final List<String> processed = new ArrayList<>();

  private String end;
  private int redelivered;

  @Test
  void streamReachesTheClientOnceAndInOrder() throws Exception {
    AtomicInteger calls = new AtomicInteger();
    try (HttpService service = HttpService.start(0)) {
      HttpStory.addTo(service, PARTS, calls);
      Path file =
          Files.writeString(
              folder.resolve("gateway.yaml"),
              """
              routes:
                - to: "service:story"
                  http: {url: "http://127.0.0.1:%d/story", stream: {mode: sse}}
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
          System.out.printf(
              "processed %d, redelivered %d, end %s, recovered %s%n",
              processed.size(), redelivered, end, recovered);
          cluster.print(System.out);
          throw failure;
        }
      }
    }
    assertThat(processed)
        .containsExactlyElementsOf(
            IntStream.range(0, PARTS).mapToObj(part -> part + " part " + part).toList());
    assertThat(end).isEqualTo("complete");
    assertThat(redelivered).isPositive();
    assertThat(acknowledged).isTrue();
    assertThat(calls).hasValue(1);
  }

  /**
   * Five links end, the last one with the node that received the request and owns the session; the
   * sixth reads the end.
   */
  private void readOver(ClusterProcess cluster) throws InterruptedException {
    int first = 0;
    try (TestClient link = websocket(cluster, first)) {
      Message request =
          Message.newBuilder().setEventId(REQUEST).setTo("service:story").setBody("once").build();
      link.send(request);
      read(link, 80);
    }
    int reader = readerOf(cluster);
    assertThat(reader).isNotEqualTo(first);
    int other = 3 - first - reader;
    try (TestClient link = socketIo(cluster, other)) {
      read(link, 160);
    }
    try (EnetTestClient link = enet(cluster, reader)) {
      read(link, 240);
      link.vanish();
    }
    try (TestClient link = socketIo(cluster, other)) {
      read(link, 320);
    }
    try (TestClient link = websocket(cluster, first)) {
      read(link, 400);
      cluster.node(first).signal("KILL");
      cluster.node(first).awaitExit();
    }
    cluster.awaitMembers(cluster.node(reader), cluster.node(other));
    try (TestClient link = enet(cluster, other)) {
      // The session is the one that the killed node had.
      read(link, Integer.MAX_VALUE);
      assertThat(recovered).isTrue();
    }
  }

  /** Returns the node that reads the answer from the service. */
  private static int readerOf(ClusterProcess cluster) {
    return IntStream.range(0, 3)
        .filter(
            node ->
                Scrape.metric(
                        cluster.node(node).managementPort(),
                        "linkspan_upstream_streams{upstream=\"service:story\"}")
                    == 1)
        .findAny()
        .orElseThrow();
  }

  private TestClient websocket(ClusterProcess cluster, int node) {
    return WebSocketTestClient.connect(
        cluster.node(node).httpPort(), "ack=client&user=alice&session=" + token);
  }

  private TestClient socketIo(ClusterProcess cluster, int node) {
    return SocketIoTestClient.connect(
        cluster.node(node).httpPort(), "ack=client&user=alice&session=" + token);
  }

  private EnetTestClient enet(ClusterProcess cluster, int node) {
    return EnetTestClient.connect(
        cluster.node(node).enetPort(), "alice", Map.of("ack", "client", "session", token));
  }

  /**
   * Reads until so many parts are processed, or the stream has ended, and acknowledges all but the
   * last ones.
   */
  private void read(TestClient link, int count) {
    Deque<String> unacknowledged = new ArrayDeque<>();
    while (processed.size() < count && end == null) {
      if (!(link.receive() instanceof Message message)) {
        acknowledged = true;
      } else if (message.getType().equals("session")) {
        JsonObject session = new JsonObject(message.getBody());
        token = session.getString("session");
        recovered = session.getBoolean("recovered");
      } else {
        process(message);
        unacknowledged.add(message.getEventId());
        int kept = processed.size() == PARTS ? 0 : UNACKNOWLEDGED;
        while (unacknowledged.size() > kept) {
          link.acknowledge(unacknowledged.remove());
        }
      }
    }
  }

  private void process(Message part) {
    assertThat(part.getReplyTo()).isEqualTo(REQUEST);
    int offset = Integer.parseInt(part.getHeadersOrThrow("stream-offset"));
    if (offset < processed.size()) {
      redelivered++;
      return;
    }
    assertThat(offset).isEqualTo(processed.size());
    if (part.containsHeaders("stream-end")) {
      end = part.getHeadersOrThrow("stream-end");
    } else {
      processed.add(offset + " " + part.getBody());
    }
  }
}
