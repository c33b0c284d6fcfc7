package io.linkspan.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.linkspan.api.Message;
import io.linkspan.testing.HttpService;
import io.linkspan.testing.Patience;
import io.linkspan.testing.Scrape;
import io.linkspan.testing.TestCluster;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.WebSocketTestClient;
import io.vertx.core.Future;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests answers that another node than the client's reads. */
class StreamsInAClusterTest {

  private static final String STREAMS = "linkspan_upstream_streams{upstream=\"service:story\"}";

  @TempDir Path folder;

  private final Queue<HttpServerResponse> responses = new ConcurrentLinkedQueue<>();
  private HttpService service;
  private TestCluster cluster;
  private WebSocketTestClient alice;

  @BeforeEach
  void start() throws IOException {
    service = HttpService.start(0);
    service.on(
        "/story",
        post -> {
          HttpServerResponse response = post.request().response();
          response.exceptionHandler(closed -> {});
          response.putHeader("Content-Type", "text/event-stream").setChunked(true);
          responses.add(response);
          response.write("data: once\n\n");
        });
    Path file =
        Files.writeString(
            folder.resolve("streams.yaml"),
            """
            eventLoops: 1
            drain: {timeout: 4s}
            routes:
              - to: "service:story"
                http: {url: "http://127.0.0.1:%d/story", stream: {mode: sse}}
            """
                .formatted(service.port()));
    cluster = TestCluster.start(2, file, Map.of());
    alice = WebSocketTestClient.connect(cluster.node(0).httpPort(), "user=alice");
  }

  @AfterEach
  void stop() {
    alice.close();
    cluster.close();
    service.close();
  }

  private static Message request(String eventId) {
    return Message.newBuilder().setEventId(eventId).setTo("service:story").build();
  }

  private static double streamsOf(TestGateway node) {
    return Scrape.metric(node.managementPort(), STREAMS);
  }

  /** Reads the next Message, over acknowledgements. */
  private Message receive() {
    while (true) {
      if (alice.receive() instanceof Message message) {
        alice.acknowledge(message.getEventId());
        return message;
      }
    }
  }

  private static String endOf(Message last) {
    return last.getHeadersOrThrow("stream-end");
  }

  @Test
  void anotherNodeThanTheClientsReadsTheAnswer() {
    alice.send(request("r1"));
    assertThat(receive().getBody()).isEqualTo("once");
    assertThat(streamsOf(cluster.node(0))).isZero();
    assertThat(streamsOf(cluster.node(1))).isEqualTo(1);
    responses.element().end("data: upon\n\n");
    assertThat(receive().getBody()).isEqualTo("upon");
    assertThat(endOf(receive())).isEqualTo("complete");
  }

  @Test
  void cancellationReachesTheNodeThatReads() throws InterruptedException {
    alice.send(request("r1"));
    receive();
    var closed = new CountDownLatch(1);
    responses.element().closeHandler(v -> closed.countDown());
    alice.send(
        Message.newBuilder().setEventId("c1").setType("cancel_stream").setReplyTo("r1").build());
    assertThat(endOf(receive())).isEqualTo("cancelled");
    assertThat(closed.await(Patience.SECONDS, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void lossOfTheNodeThatReadsEndsTheStream() {
    alice.send(request("r1"));
    receive();
    cluster.stop(cluster.node(1));
    assertThat(endOf(receive())).isEqualTo("unavailable");
    // The client's node is the only one now, and reads the next answer itself.
    cluster.awaitMembers(1);
    alice.send(request("r2"));
    assertThat(receive().getReplyTo()).isEqualTo("r2");
    assertThat(streamsOf(cluster.node(0))).isEqualTo(1);
  }

  @Test
  void lossOfTheNodeBeforeTheServiceAnswersEndsTheRequest() {
    service.on("/story", post -> responses.add(post.request().response()));
    alice.send(request("r1"));
    await().until(() -> responses.size() == 1);
    cluster.stop(cluster.node(1));
    assertThat(alice.receiveError().getString("replyTo")).isEqualTo("r1");
    assertThat(responses).hasSize(1);
  }

  @Test
  void requestThatANewNodeOfTheClientRepeatsCallsTheServiceOnce() {
    service.on("/story", post -> responses.add(post.request().response()));
    String reader = cluster.node(1).node().getString("node");
    Message request = request("r1").toBuilder().setFrom("alice").build();
    var options = new DeliveryOptions().addHeader("session", "s").addHeader("user", "alice");
    List<Future<io.vertx.core.eventbus.Message<Object>>> replies = new ArrayList<>();
    for (String node : List.of("lost", cluster.node(0).node().getString("node"))) {
      replies.add(
          cluster
              .node(0)
              .vertx()
              .eventBus()
              .request(
                  "linkspan.streams." + reader + ".requests.service:story",
                  request,
                  new DeliveryOptions(options).addHeader("node", node)));
    }
    await().until(() -> responses.size() == 1);
    responses
        .element()
        .putHeader("Content-Type", "text/event-stream")
        .setChunked(true)
        .write("data: once\n\n");
    List<String> streams =
        replies.stream().map(reply -> TestGateway.await(reply).headers().get("stream")).toList();
    assertThat(streams.get(0)).isNotEmpty().isEqualTo(streams.get(1));
    assertThat(responses).hasSize(1);
  }

  @Test
  void drainedNodeLetsItsStreamsEndAndThenEndsThem() {
    alice.send(request("r1"));
    receive();
    alice.send(request("r2"));
    receive();
    Future<Void> drained = cluster.node(1).drain();
    responses.remove().end("data: in time\n\n");
    assertThat(receive().getBody()).isEqualTo("in time");
    assertThat(endOf(receive())).isEqualTo("complete");
    Message last = receive();
    assertThat(last.getReplyTo()).isEqualTo("r2");
    assertThat(endOf(last)).isEqualTo("unavailable");
    TestGateway.await(drained);
  }
}
