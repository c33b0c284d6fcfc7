package io.linkspan.upstream.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.linkspan.api.AckMessage;
import io.linkspan.api.Message;
import io.linkspan.testing.HttpService;
import io.linkspan.testing.HttpService.Post;
import io.linkspan.testing.Patience;
import io.linkspan.testing.Scrape;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.WebSocketTestClient;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests a client, a gateway and an HTTP service that streams, on real sockets. */
class StreamedAnswerTest {

  private static final int WINDOW = 4;
  private static final int MAX_PART = 1_024;

  @TempDir static Path folder;

  private static HttpService service;
  private static TestGateway gateway;
  private static int next;

  private WebSocketTestClient alice;

  @BeforeAll
  static void start() throws IOException {
    service = HttpService.start(0);
    String url = "http://127.0.0.1:" + service.port();
    Path file =
        Files.writeString(
            folder.resolve("streams.yaml"),
            """
            upstream: {http: {stream: {window: %d, maxPart: %d, perSession: 2}}}
            routes:
              - {to: "service:events", http: {url: "%s/events", stream: {mode: sse}}}
              - {to: "service:one", http: {url: "%s/one", stream: {mode: sse, max: 1}, concurrency: 1}}
              - {to: "service:chunks", http: {url: "%s/chunks", stream: {mode: chunks}}}
              - {to: "service:any", http: {url: "%s/any", stream: {mode: auto}}}
              - {to: "service:whole", http: {url: "%s/whole"}}
              - {to: "service:silent", http: {url: "%s/silent", stream: {mode: sse, idle: 50ms}}}
              - {to: "service:endless", http: {url: "%s/endless", stream: {mode: sse, longest: 50ms}}}
              - {to: "service:echo", bus: echo}
            """
                .formatted(WINDOW, MAX_PART, url, url, url, url, url, url, url));
    gateway = TestGateway.start(file, Map.of());
  }

  @AfterAll
  static void stop() {
    gateway.close();
    service.close();
  }

  @BeforeEach
  void connect() {
    alice = WebSocketTestClient.connect(gateway.httpPort(), "user=alice");
  }

  @AfterEach
  void leave() {
    alice.leave();
  }

  private String send(String recipient) {
    return send(alice, recipient);
  }

  private static String send(WebSocketTestClient client, String recipient) {
    String eventId = "r" + next++;
    client.send(Message.newBuilder().setEventId(eventId).setTo("service:" + recipient).build());
    return eventId;
  }

  /** Answers with an event stream. */
  private static void on(String path, Consumer<HttpServerResponse> stream) {
    on(path, "text/event-stream; charset=utf-8", stream);
  }

  private static void on(String path, String type, Consumer<HttpServerResponse> stream) {
    service.on(
        path,
        post -> {
          HttpServerResponse response = post.request().response();
          response.exceptionHandler(closed -> {});
          response.putHeader("Content-Type", type).setChunked(true);
          stream.accept(response);
        });
  }

  /** Reads the stream that answers a request to its end, and acknowledges each part. */
  private static List<Message> parts(WebSocketTestClient client, String eventId) {
    List<Message> parts = new ArrayList<>();
    boolean acknowledged = false;
    while (parts.isEmpty() || !isEnd(parts.get(parts.size() - 1))) {
      if (client.receive() instanceof Message part) {
        parts.add(check(part, eventId, parts.size()));
        client.acknowledge(part.getEventId());
      } else {
        acknowledged = true;
      }
    }
    if (!acknowledged) {
      assertThat(client.receiveAck()).isEqualTo(eventId);
    }
    return parts;
  }

  private static Message check(Message part, String eventId, int offset) {
    assertThat(part.getReplyTo()).isEqualTo(eventId);
    assertThat(part.getHeadersOrThrow("stream")).isNotEmpty();
    assertThat(part.getHeadersOrThrow("stream-offset")).isEqualTo(Integer.toString(offset));
    return part;
  }

  private static boolean isEnd(Message part) {
    return part.containsHeaders("stream-end");
  }

  private static String end(List<Message> parts) {
    return parts.get(parts.size() - 1).getHeadersOrThrow("stream-end");
  }

  private static String text(List<Message> parts) {
    StringBuilder text = new StringBuilder();
    parts.stream().filter(part -> !isEnd(part)).forEach(part -> text.append(part.getBody()));
    return text.toString();
  }

  private static double metric(String name) {
    return Scrape.metric(gateway.managementPort(), "linkspan_upstream_" + name);
  }

  /** Reads Messages until the client has what it waits for. */
  private Message receiveNext() {
    while (true) {
      if (alice.receive() instanceof Message message) {
        return message;
      }
    }
  }

  @Test
  void eventsArriveInOrderAndAreEnded() {
    on(
        "/events",
        response -> {
          response.write("event: token\nid: 7\ndata: a\n\ndata: b\n");
          response.end("data: c\n\n");
        });
    String request = send("events");
    List<Message> parts = parts(alice, request);
    assertThat(parts).hasSize(3);
    assertThat(parts.get(0).getType()).isEqualTo("token");
    assertThat(parts.get(0).getBody()).isEqualTo("a");
    assertThat(parts.get(0).getFrom()).isEqualTo("service:events");
    assertThat(parts.get(0).getHeadersOrThrow("stream-event-id")).isEqualTo("7");
    assertThat(parts.get(1).getBody()).isEqualTo("b\nc");
    assertThat(end(parts)).isEqualTo("complete");
    assertThat(parts.stream().map(part -> part.getHeadersOrThrow("stream")).distinct()).hasSize(1);
    Post post = service.next("/events");
    assertThat(post.header("Accept")).isEqualTo("application/json, text/event-stream");
    assertThat(metric("stream_ends_total{outcome=\"complete\",upstream=\"service:events\"}"))
        .isPositive();
  }

  @Test
  void otherAnswersOfTheServiceAreNotStreamed() {
    service.on("/events", post -> post.answer(200, "{\"body\":\"whole\"}"));
    String request = send("events");
    assertThat(alice.receiveAck()).isEqualTo(request);
    Message answer = alice.receiveMessage();
    alice.acknowledge(answer.getEventId());
    assertThat(answer.getBody()).isEqualTo("whole");
    assertThat(answer.getHeadersMap()).isEmpty();
  }

  @Test
  void streamOfARouteWithoutStreamsIsOneAnswer() {
    on("/whole", response -> response.end("data: a\n\n"));
    String request = send("whole");
    assertThat(alice.receiveAck()).isEqualTo(request);
    Message answer = alice.receiveMessage();
    alice.acknowledge(answer.getEventId());
    assertThat(answer.getBody()).isEqualTo("data: a\n\n");
    assertThat(service.next("/whole").header("Accept")).isEqualTo("application/json");
  }

  @Test
  void chunksOfTextKeepTheirCharacters() {
    String text = "grün €5 😀 ".repeat(500);
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    on(
        "/chunks",
        "text/plain; charset=utf-8",
        response -> {
          Future<Void> written = Future.succeededFuture();
          for (int at = 0; at < bytes.length; at += 7) {
            Buffer chunk = Buffer.buffer().appendBytes(bytes, at, Math.min(7, bytes.length - at));
            written = written.compose(v -> response.write(chunk));
          }
          written.onSuccess(v -> response.end());
        });
    List<Message> parts = parts(alice, send("chunks"));
    assertThat(text(parts)).isEqualTo(text);
    assertThat(parts).allMatch(part -> part.getBodyBytes().size() <= MAX_PART);
    assertThat(end(parts)).isEqualTo("complete");
  }

  @Test
  void chunksOfBytesAreAttachments() {
    byte[] bytes = new byte[3 * MAX_PART + 1];
    bytes[MAX_PART] = 5;
    on("/any", "image/png", response -> response.end(Buffer.buffer(bytes)));
    // With a length, the mode "auto" does not stream it.
    service.on(
        "/any",
        post -> {
          HttpServerResponse response = post.request().response();
          response.putHeader("Content-Type", "image/png").setChunked(true);
          response.write(Buffer.buffer(bytes)).onSuccess(v -> response.end());
        });
    List<Message> parts = parts(alice, send("any"));
    Buffer all = Buffer.buffer();
    for (Message part : parts.subList(0, parts.size() - 1)) {
      assertThat(part.getContentType()).isEqualTo("image/png");
      assertThat(part.getAttachments(0).size()).isLessThanOrEqualTo(MAX_PART);
      all.appendBytes(part.getAttachments(0).toByteArray());
    }
    assertThat(all.getBytes()).isEqualTo(bytes);
    service.on("/any", post -> post.answer(200, "text/plain", Buffer.buffer("short")));
    String request = send("any");
    assertThat(alice.receiveAck()).isEqualTo(request);
    Message answer = alice.receiveMessage();
    alice.acknowledge(answer.getEventId());
    assertThat(answer.getBody()).isEqualTo("short");
    assertThat(answer.getHeadersMap()).isEmpty();
  }

  @Test
  void serviceWaitsWhileTheClientAcknowledgesNothing() throws InterruptedException {
    int count = 10_000;
    String data = "x".repeat(MAX_PART - 100);
    var full = new CountDownLatch(1);
    on("/events", response -> write(response, count, data, full));
    String request = send("events");
    List<Message> unacknowledged = new ArrayList<>();
    while (unacknowledged.size() < WINDOW) {
      Message part = receiveNext();
      unacknowledged.add(check(part, request, unacknowledged.size()));
    }
    assertThat(full.await(Patience.SECONDS, TimeUnit.SECONDS)).isTrue();
    // Everything that the session has by now arrives before this answer.
    String echo = send("echo");
    Message answer = receiveNext();
    assertThat(answer.getReplyTo()).isEqualTo(echo);
    alice.acknowledge(answer.getEventId());
    unacknowledged.forEach(part -> alice.acknowledge(part.getEventId()));
    for (int offset = WINDOW; offset < count; offset++) {
      Message part = check(receiveNext(), request, offset);
      alice.acknowledge(part.getEventId());
      assertThat(part.getBody()).startsWith(offset + " ");
    }
    Message last = check(receiveNext(), request, count);
    assertThat(last.getHeadersOrThrow("stream-end")).isEqualTo("complete");
    alice.acknowledge(last.getEventId());
  }

  @Test
  void serviceMayCloseTheConnectionBeforeTheClientHasRead() {
    int count = 30;
    on(
        "/events",
        response -> {
          response.putHeader("Connection", "close");
          write(response, count, "x".repeat(MAX_PART / 2), new CountDownLatch(1));
        });
    String request = send("events");
    // The service has closed by the time that this is answered, and most parts wait.
    alice.acknowledge(check(receiveNext(), request, 0).getEventId());
    List<Message> parts = new ArrayList<>();
    while (parts.size() < count) {
      Message part = check(receiveNext(), request, parts.size() + 1);
      alice.acknowledge(part.getEventId());
      parts.add(part);
    }
    assertThat(end(parts)).isEqualTo("complete");
  }

  /** Writes events as fast as they are read, and lets the event loop do other work between. */
  private static void write(
      HttpServerResponse response, int count, String data, CountDownLatch full) {
    write(response, 0, count, data, full);
  }

  private static void write(
      HttpServerResponse response, int from, int count, String data, CountDownLatch full) {
    if (response.closed()) {
      return;
    }
    if (from == count) {
      response.end();
    } else if (response.writeQueueFull()) {
      full.countDown();
      response.drainHandler(v -> write(response, from, count, data, full));
    } else {
      response.write("data: " + from + " " + data + "\n\n");
      Vertx.currentContext().runOnContext(v -> write(response, from + 1, count, data, full));
    }
  }

  @Test
  void errorInTheMiddleEndsTheStreamWithIt() {
    on(
        "/events",
        response ->
            response.write(
                "data: a\n\nevent: error\ndata: {\"code\":\"rate-limited\",\"message\":\"slow\"}\n\n"));
    List<Message> parts = parts(alice, send("events"));
    assertThat(parts).hasSize(2);
    assertThat(end(parts)).isEqualTo("rate-limited");
    assertThat(new JsonObject(parts.get(1).getBody()).getString("message")).isEqualTo("slow");
  }

  @Test
  void connectionThatBreaksEndsTheStreamAsUnavailable() {
    on("/events", response -> response.write("data: a\n\n").onSuccess(v -> response.reset()));
    List<Message> parts = parts(alice, send("events"));
    assertThat(end(parts)).isEqualTo("unavailable");
    assertThat(text(parts)).isEqualTo("a");
  }

  @Test
  void eventsOfReservedTypesAreForbidden() {
    on("/events", response -> response.write("event: session\ndata: a\n\n"));
    assertThat(end(parts(alice, send("events")))).isEqualTo("forbidden");
  }

  @Test
  void eventAboveTheBoundEndsTheStream() {
    on("/events", response -> response.write("data: " + "a".repeat(MAX_PART)));
    assertThat(end(parts(alice, send("events")))).isEqualTo("too-large");
  }

  @Test
  void encodedStreamIsRefused() {
    on("/events", response -> response.putHeader("Content-Encoding", "gzip").write("data"));
    send("events");
    assertThat(alice.receiveError().getString("code")).isEqualTo("internal");
  }

  @Test
  void silentServiceAndAnEndlessAnswerEndInTime() {
    on("/silent", response -> response.write("data: a\n\n"));
    assertThat(end(parts(alice, send("silent")))).isEqualTo("timeout");
    on("/endless", response -> write(response, Integer.MAX_VALUE, "x", new CountDownLatch(1)));
    assertThat(end(parts(alice, send("endless")))).isEqualTo("timeout");
  }

  @Test
  void retriedRequestDoesNotCallTheServiceAgain() {
    List<HttpServerResponse> responses = new ArrayList<>();
    on(
        "/events",
        response -> {
          responses.add(response);
          response.write("data: a\n\n");
        });
    String request = send("events");
    Message part = receiveNext();
    alice.acknowledge(part.getEventId());
    alice.send(Message.newBuilder().setEventId(request).setTo("service:events").build());
    assertThat(alice.receive()).isEqualTo(AckMessage.newBuilder().setEventId(request).build());
    responses.get(0).end();
    Message last = receiveNext();
    assertThat(last.getHeadersOrThrow("stream-end")).isEqualTo("complete");
    alice.acknowledge(last.getEventId());
    assertThat(responses).hasSize(1);
  }

  @Test
  void streamsOfASessionAndOfAServiceAreBounded() {
    List<HttpServerResponse> open = new ArrayList<>();
    on(
        "/one",
        response -> {
          open.add(response);
          response.write("data: a\n\n");
        });
    String first = send("one");
    alice.acknowledge(receiveNext().getEventId());
    send("one");
    JsonObject refused = new JsonObject(receiveNext().getBody());
    assertThat(refused.getString("code")).isEqualTo("queue-full");
    open.get(0).end();
    Message last = check(receiveNext(), first, 1);
    alice.acknowledge(last.getEventId());
    // The only connection for attempts was not occupied, and the stream's place is free.
    await().until(() -> metric("streams{upstream=\"service:one\"}") == 0);
    String again = send("one");
    alice.acknowledge(check(receiveNext(), again, 0).getEventId());
    open.get(1).end();
    alice.acknowledge(check(receiveNext(), again, 1).getEventId());
    on(
        "/events",
        response -> {
          open.add(response);
          response.write("data: a\n\n");
        });
    send("events");
    alice.acknowledge(receiveNext().getEventId());
    send("events");
    alice.acknowledge(receiveNext().getEventId());
    send("events");
    assertThat(new JsonObject(receiveNext().getBody()).getString("code")).isEqualTo("rate-limited");
    open.get(2).end();
    open.get(3).end();
    alice.acknowledge(receiveNext().getEventId());
    alice.acknowledge(receiveNext().getEventId());
  }

  @Test
  void endOfTheSessionEndsTheRequest() throws InterruptedException {
    var closed = new CountDownLatch(1);
    on(
        "/events",
        response -> {
          response.closeHandler(v -> closed.countDown());
          response.write("data: a\n\n");
        });
    try (var bob = WebSocketTestClient.connect(gateway.httpPort(), "user=bob")) {
      send(bob, "events");
      while (!(bob.receive() instanceof Message)) {
        // The acknowledgement may come first.
      }
      bob.leave();
    }
    assertThat(closed.await(Patience.SECONDS, TimeUnit.SECONDS)).isTrue();
  }
}
