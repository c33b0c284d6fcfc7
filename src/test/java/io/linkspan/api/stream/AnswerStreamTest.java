package io.linkspan.api.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.api.Service;
import io.linkspan.testing.Patience;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.WebSocketTestClient;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests streams of a service on the bus with a client and a gateway. */
class AnswerStreamTest {

  private static final int WINDOW = 2;

  @TempDir static Path folder;

  private static final BlockingQueue<AnswerStream> OPENED = new LinkedBlockingQueue<>();
  private static final Stories STORIES = new Stories();
  private static TestGateway gateway;
  private static int next;

  private WebSocketTestClient alice;

  /** Opens a stream for each request; the request with the body {@code later} when it is asked. */
  private static final class Stories extends VerticleBase {

    private AnswerStreams streams;
    private Runnable later;
    private final BlockingQueue<Boolean> asked = new LinkedBlockingQueue<>();

    @Override
    public Future<?> start() {
      streams = AnswerStreams.create(vertx);
      return streams
          .ready()
          .compose(
              v ->
                  Service.register(
                      vertx,
                      "stories",
                      (request, origin) -> {
                        Runnable open = () -> OPENED.add(streams.open(request, origin, WINDOW));
                        if (request.getBody().equals("later")) {
                          later = open;
                          asked.add(true);
                        } else {
                          open.run();
                        }
                        return Future.succeededFuture();
                      }));
    }

    /** Does something on the context of the streams and returns its result. */
    <T> T call(Supplier<T> action) {
      Promise<T> result = Promise.promise();
      context.runOnContext(v -> result.complete(action.get()));
      return TestGateway.await(result.future());
    }

    @Override
    public Future<?> stop() {
      return streams.close();
    }
  }

  @BeforeAll
  static void start() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("stories.yaml"),
            "routes: [{to: \"service:stories\", bus: stories}, {to: \"service:echo\", bus: echo}]");
    gateway = TestGateway.start(file, Map.of());
    TestGateway.await(gateway.vertx().deployVerticle(STORIES));
  }

  @AfterAll
  static void stop() {
    gateway.close();
  }

  @BeforeEach
  void connect() {
    alice = WebSocketTestClient.connect(gateway.httpPort(), "user=alice");
  }

  @AfterEach
  void leave() {
    alice.close();
  }

  private String request(String body) {
    String eventId = "s" + next++;
    alice.send(
        Message.newBuilder().setEventId(eventId).setTo("service:stories").setBody(body).build());
    return eventId;
  }

  private static AnswerStream opened() throws InterruptedException {
    AnswerStream stream = OPENED.poll(Patience.SECONDS, TimeUnit.SECONDS);
    assertThat(stream).isNotNull();
    return stream;
  }

  private AnswerStream open() throws InterruptedException {
    String request = request("now");
    assertThat(alice.receiveAck()).isEqualTo(request);
    AnswerStream stream = opened();
    assertThat(stream.replyTo()).isEqualTo(request);
    return stream;
  }

  private static Future<Void> write(AnswerStream stream, String body) {
    return STORIES.call(() -> stream.write(Message.newBuilder().setBody(body).build()));
  }

  private static ErrorCode codeOf(Future<?> failed) {
    return ((MessageException) failed.cause()).code();
  }

  private Message receive(int offset) {
    Message part = alice.receiveMessage();
    assertThat(part.getHeadersOrThrow("stream-offset")).isEqualTo(Integer.toString(offset));
    return part;
  }

  private void cancel(String replyTo) {
    alice.send(
        Message.newBuilder()
            .setEventId("c" + next++)
            .setType("cancel_stream")
            .setReplyTo(replyTo)
            .build());
  }

  @Test
  void writerWaitsUntilTheClientAcknowledges() throws InterruptedException {
    AnswerStream stream = open();
    assertThat(write(stream, "0").isComplete()).isTrue();
    Future<Void> second = write(stream, "1");
    assertThat(second.isComplete()).isFalse();
    assertThat(codeOf(write(stream, "2"))).isEqualTo(ErrorCode.QUEUE_FULL);
    Message first = receive(0);
    assertThat(first.getFrom()).isEqualTo("service:stories");
    assertThat(first.getReplyTo()).isEqualTo(stream.replyTo());
    assertThat(first.getHeadersOrThrow("stream")).isEqualTo(stream.id());
    alice.acknowledge(first.getEventId());
    TestGateway.await(second);
    Future<Void> settled = STORIES.call(stream::end);
    alice.acknowledge(receive(1).getEventId());
    Message last = receive(2);
    assertThat(last.getHeadersOrThrow("stream-end")).isEqualTo("complete");
    assertThat(settled.isComplete()).isFalse();
    alice.acknowledge(last.getEventId());
    TestGateway.await(settled);
    assertThat(TestGateway.await(stream.ended())).isEqualTo(AnswerStream.End.COMPLETE);
    assertThat(codeOf(write(stream, "3"))).isEqualTo(ErrorCode.UNAVAILABLE);
  }

  @Test
  void errorOfTheServiceEndsTheStream() throws InterruptedException {
    AnswerStream stream = open();
    STORIES.call(() -> stream.end(new MessageException(ErrorCode.INTERNAL, "out of ideas")));
    Message last = receive(0);
    assertThat(last.getHeadersOrThrow("stream-end")).isEqualTo("internal");
    assertThat(new JsonObject(last.getBody()))
        .isEqualTo(new JsonObject().put("code", "internal").put("message", "out of ideas"));
    alice.acknowledge(last.getEventId());
    TestGateway.await(stream.settled());
  }

  @Test
  void streamWithAPartThatDoesNotFitIsNotComplete() throws InterruptedException {
    AnswerStream stream = open();
    write(stream, "x".repeat(2 << 20));
    STORIES.call(stream::end);
    Message last = alice.receiveMessage();
    assertThat(last.getHeadersOrThrow("stream-end")).isEqualTo("queue-full");
    alice.acknowledge(last.getEventId());
    TestGateway.await(stream.settled());
  }

  @Test
  void reservedTypesCannotBeWritten() throws InterruptedException {
    AnswerStream stream = open();
    Future<Void> forged =
        STORIES.call(() -> stream.write(Message.newBuilder().setType("session").build()));
    assertThat(codeOf(forged)).isEqualTo(ErrorCode.FORBIDDEN);
  }

  @Test
  void clientCancelsItsStreamAndNoOther() throws InterruptedException {
    AnswerStream kept = open();
    AnswerStream stream = open();
    Future<Void> blocked = write(stream, "0").compose(v -> write(stream, "1"));
    try (var bob = WebSocketTestClient.connect(gateway.httpPort(), "user=bob")) {
      bob.send(
          Message.newBuilder()
              .setEventId("b")
              .setType("cancel_stream")
              .setReplyTo(kept.replyTo())
              .build());
      assertThat(bob.receiveAck()).isEqualTo("b");
    }
    cancel(stream.replyTo());
    assertThat(TestGateway.await(stream.ended())).isEqualTo(AnswerStream.End.CANCELLED);
    assertThatThrownBy(() -> TestGateway.await(blocked)).isInstanceOf(MessageException.class);
    assertThat(kept.ended().isComplete()).isFalse();
    STORIES.call(kept::end);
  }

  @Test
  void cancellationMayArriveBeforeTheStreamBegins() throws InterruptedException {
    String request = request("later");
    assertThat(STORIES.asked.poll(Patience.SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(alice.receiveAck()).isEqualTo(request);
    cancel(request);
    assertThat(alice.receiveAck()).startsWith("c");
    // The service receives it before this: both are sent on one event loop.
    STORIES.call(
        () -> {
          STORIES.later.run();
          return null;
        });
    AnswerStream stream = opened();
    assertThat(TestGateway.await(stream.ended())).isEqualTo(AnswerStream.End.CANCELLED);
    assertThat(receive(0).getHeadersOrThrow("stream-end")).isEqualTo("cancelled");
  }

  @Test
  void cancellationNamesARequest() {
    cancel("");
    assertThat(alice.receiveError().getString("code")).isEqualTo("malformed");
  }

  @Test
  void streamEndsWithTheSessionOfItsClient() throws InterruptedException {
    AnswerStream silent = open();
    AnswerStream stream = open();
    write(stream, "0");
    receive(0);
    alice.leave();
    assertThat(TestGateway.await(stream.ended())).isEqualTo(AnswerStream.End.GONE);
    assertThat(TestGateway.await(silent.ended())).isEqualTo(AnswerStream.End.GONE);
    assertThatThrownBy(() -> TestGateway.await(silent.settled()))
        .isInstanceOf(MessageException.class);
  }
}
