package io.linkspan.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.linkspan.api.AckMessage;
import io.linkspan.api.Message;
import io.linkspan.testing.HttpService;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.WebSocketTestClient;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Streamed answers that further sessions of the user follow, at a gateway that runs alone. */
class FollowedStreamTest {

  @TempDir Path folder;

  private final Queue<HttpServerResponse> responses = new ConcurrentLinkedQueue<>();
  private final List<AutoCloseable> open = new ArrayList<>();
  private HttpService service;
  private TestGateway gateway;
  private WebSocketTestClient first;
  private int requests;

  @BeforeEach
  void startService() {
    service = HttpService.start(0);
    service.on(
        "/story",
        post -> {
          HttpServerResponse response = post.request().response();
          response.exceptionHandler(closed -> {});
          response.putHeader("Content-Type", "text/event-stream").setChunked(true);
          responses.add(response);
          response.write("data: 0\n\n");
        });
  }

  private void start(String... settings) throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("gateway.yaml"),
            """
            routes:
              - to: "service:story"
                keepStream: 1h
                http: {url: "http://127.0.0.1:%d/story", stream: {mode: sse, idle: 10m}}
              - to: "group:*"
            streams: {%s}
            """
                .formatted(service.port(), String.join(", ", settings)));
    gateway = TestGateway.start(file, Map.of());
    first = connect("alice");
  }

  private WebSocketTestClient connect(String user) {
    var client = WebSocketTestClient.connect(gateway.httpPort(), "user=" + user);
    open.add(client);
    return client;
  }

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable client : open) {
      client.close();
    }
    gateway.close();
    service.close();
  }

  /** Reads the next Message, over acknowledgements. */
  private static Message next(WebSocketTestClient client) {
    while (true) {
      if (client.receive() instanceof Message message) {
        client.acknowledge(message.getEventId());
        return message;
      }
    }
  }

  private static void awaitAck(WebSocketTestClient client, String eventId) {
    while (!(client.receive() instanceof AckMessage ack && ack.getEventId().equals(eventId))) {
      // Another one, or a Message that was on its way.
    }
  }

  /** Asks for a story; returns the id of its stream when the first part has arrived. */
  private String begin() {
    first.send(Message.newBuilder().setEventId("ask").setTo("service:story").build());
    return next(first).getHeadersOrThrow("stream");
  }

  private void write(int from, int to) {
    for (int part = from; part < to; part++) {
      responses.element().write("data: " + part + "\n\n");
    }
  }

  /** Follows a stream; returns the answer or the error. */
  private Message follow(WebSocketTestClient client, String stream, String since) {
    Message.Builder follow =
        Message.newBuilder()
            .setEventId("follow" + requests++)
            .setType("follow_stream")
            .putHeaders("stream", stream);
    client.send(since == null ? follow.build() : follow.putHeaders("since", since).build());
    Message answer = next(client);
    assertThat(answer.getType()).isIn("follow_stream", "error");
    return answer;
  }

  /** Follows a stream whose first part may still be on its way to the log. */
  private Message followSoon(WebSocketTestClient client, String stream, String since) {
    return await()
        .until(() -> follow(client, stream, since), answer -> !answer.getType().equals("error"));
  }

  private static void assertParts(WebSocketTestClient client, int from, int to) {
    for (int part = from; part < to; part++) {
      Message message = next(client);
      assertThat(message.getBody()).isEqualTo(Integer.toString(part));
      assertThat(message.getHeadersMap()).containsEntry("stream-offset", Integer.toString(part));
      assertThat(message.getReplyTo()).isEqualTo("ask");
      assertThat(message.getFrom()).isEqualTo("service:story");
    }
  }

  private static void assertEnd(WebSocketTestClient client, String how) {
    assertThat(next(client).getHeadersMap()).containsEntry("stream-end", how);
  }

  @Test
  void aSecondSessionGetsAllPartsAndThenWhatFollowsAndTheEnd() throws IOException {
    start("for: 1h");
    String stream = begin();
    write(1, 20);
    assertParts(first, 1, 20);
    WebSocketTestClient second = connect("alice");
    Message answer = followSoon(second, stream, null);
    assertThat(answer.getHeadersMap()).isEqualTo(Map.of("recovered", "true", "stream-offset", "0"));
    assertParts(second, 0, 20);
    write(20, 40);
    assertParts(first, 20, 40);
    assertParts(second, 20, 40);
    responses.element().end();
    assertEnd(first, "complete");
    assertEnd(second, "complete");
    assertThat(responses).hasSize(1);
  }

  @Test
  void aStreamThatHasEndedIsFollowedFromAnyPart() throws IOException {
    start("for: 1h");
    String stream = begin();
    write(1, 10);
    responses.element().end();
    assertParts(first, 1, 10);
    assertEnd(first, "complete");
    WebSocketTestClient second = connect("alice");
    followSoon(second, stream, null);
    assertParts(second, 0, 10);
    assertEnd(second, "complete");
    assertThat(follow(second, stream, "7").getHeadersMap())
        .isEqualTo(Map.of("recovered", "true", "stream-offset", "7"));
    assertParts(second, 7, 10);
    assertEnd(second, "complete");
    // What a session has received on another way may not be in the log yet.
    assertThat(follow(second, stream, "99").getHeadersMap())
        .isEqualTo(Map.of("recovered", "true", "stream-offset", "11"));
  }

  @Test
  void theSessionThatAskedMayFollowItsStreamToo() throws IOException {
    start("for: 1h");
    String stream = begin();
    responses.element().end();
    assertEnd(first, "complete");
    followSoon(first, stream, null);
    assertParts(first, 0, 1);
    assertEnd(first, "complete");
  }

  @Test
  void anotherUserGetsTheAnswerForAnUnknownStream() throws IOException {
    start("for: 1h");
    String stream = begin();
    WebSocketTestClient second = connect("alice");
    followSoon(second, stream, null);
    assertParts(second, 0, 1);
    WebSocketTestClient mallory = connect("mallory");
    Message refused = follow(mallory, stream, null);
    Message unknown = follow(mallory, "unknown", null);
    assertThat(refused.getBody()).contains("no-such-recipient").isEqualTo(unknown.getBody());
    // The name of a user may begin with what ends the name of another stream.
    WebSocketTestClient other = connect("x.alice");
    assertThat(follow(other, stream, null).getBody()).contains("no-such-recipient");
  }

  @Test
  void malformedRequestsAreRefused() throws IOException {
    start("for: 1h");
    for (String[] request : new String[][] {{"", null}, {"a.b", null}, {"a", "-1"}, {"a", "x"}}) {
      assertThat(follow(first, request[0], request[1]).getBody())
          .as("%s since %s", request[0], request[1])
          .contains("malformed");
    }
  }

  @Test
  void noClientNamesTheGroupOfAStream() throws IOException {
    start("for: 1h");
    String group = "linkspan.stream." + begin() + ".alice";
    for (String type : List.of("join_group", "leave_group", "watch_presence")) {
      first.send(Message.newBuilder().setEventId("g").setType(type).setBody(group).build());
      assertThat(next(first).getBody()).as(type).contains("forbidden");
    }
    first.send(Message.newBuilder().setEventId("g").setTo("group:" + group).build());
    assertThat(next(first).getBody()).contains("forbidden");
  }

  @Test
  void partsThatWereDroppedAreStatedAndNothingIsSent() throws IOException {
    start("for: 1h", "max: 3");
    String stream = begin();
    write(1, 6);
    responses.element().end();
    assertParts(first, 1, 6);
    assertEnd(first, "complete");
    WebSocketTestClient second = connect("alice");
    Message answer =
        await()
            .until(
                () -> follow(second, stream, null),
                kept -> kept.getHeadersOrDefault("stream-offset", "").equals("4"));
    assertThat(answer.getHeadersMap()).containsEntry("recovered", "false");
    assertThat(follow(second, stream, "4").getHeadersMap()).containsEntry("recovered", "true");
    assertParts(second, 4, 6);
    assertEnd(second, "complete");
  }

  @Test
  void aStreamExpires() throws IOException {
    start("for: 1s");
    String stream = begin();
    responses.element().end();
    assertEnd(first, "complete");
    WebSocketTestClient second = connect("alice");
    await()
        .until(
            () -> follow(second, stream, "99").getBody(),
            body -> body.contains("no-such-recipient"));
  }

  @Test
  void aPartThatIsTooLargeForTheLogEndsItForThoseWhoFollow() throws IOException {
    start("for: 1h", "maxBytes: 1KiB");
    String stream = begin();
    WebSocketTestClient second = connect("alice");
    followSoon(second, stream, null);
    assertParts(second, 0, 1);
    String large = "x".repeat(2_000);
    responses.element().write("data: " + large + "\n\n");
    assertThat(next(first).getBody()).isEqualTo(large);
    assertEnd(second, "too-large");
    write(2, 3);
    assertParts(first, 2, 3);
    responses.element().end();
    assertEnd(first, "complete");
  }

  @Test
  void aSessionEndsToFollow() throws IOException {
    start("for: 1h");
    String stream = begin();
    WebSocketTestClient second = connect("alice");
    followSoon(second, stream, null);
    assertParts(second, 0, 1);
    second.send(
        Message.newBuilder()
            .setEventId("enough")
            .setType("unfollow_stream")
            .putHeaders("stream", stream)
            .build());
    awaitAck(second, "enough");
    write(1, 3);
    assertParts(first, 1, 3);
    WebSocketTestClient third = connect("alice");
    followSoon(third, stream, null);
    assertParts(third, 0, 3);
    // An answer that comes after the parts would have come before it.
    assertThat(follow(second, "unknown", null).getType()).isEqualTo("error");
  }

  @Test
  void aStreamContinuesWhenTheSessionThatAskedHasEnded() throws IOException {
    start("for: 1h");
    String stream = begin();
    WebSocketTestClient second = connect("alice");
    followSoon(second, stream, null);
    assertParts(second, 0, 1);
    first.leave();
    write(1, 50);
    assertParts(second, 1, 50);
    responses.element().end();
    assertEnd(second, "complete");
  }

  @Test
  void aCancellationReachesThoseWhoFollow() throws IOException {
    start("for: 1h");
    String stream = begin();
    WebSocketTestClient second = connect("alice");
    followSoon(second, stream, null);
    assertParts(second, 0, 1);
    first.send(
        Message.newBuilder().setEventId("c").setType("cancel_stream").setReplyTo("ask").build());
    assertEnd(first, "cancelled");
    assertEnd(second, "cancelled");
  }

  @Test
  void nothingIsKeptWithoutAKeyOfTheRoute() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("plain.yaml"),
            """
            routes:
              - to: "service:story"
                http: {url: "http://127.0.0.1:%d/story", stream: {mode: sse, idle: 10m}}
            streams: {for: 1h}
            """
                .formatted(service.port()));
    gateway = TestGateway.start(file, Map.of());
    first = connect("alice");
    String stream = begin();
    responses.element().end();
    assertEnd(first, "complete");
    assertThat(follow(first, stream, null).getBody()).contains("no-such-recipient");
  }
}
