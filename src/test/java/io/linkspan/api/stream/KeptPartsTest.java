package io.linkspan.api.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Addresses;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.GatewayClient;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.api.Origin;
import io.linkspan.testing.TestGateway;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Parts that are appended to a log by a gateway that follows a script. */
class KeptPartsTest {

  private static final Origin ALICE = new Origin("s", "alice", "websocket", "n", "", 600);

  private final Vertx vertx = Vertx.vertx();

  /** Errors of the next appends; then all succeed. */
  private final List<ErrorCode> errors = new CopyOnWriteArrayList<>();

  /** Appends that get no reply, after those with errors. */
  private final AtomicInteger unanswered = new AtomicInteger();

  private final List<Message> appended = new CopyOnWriteArrayList<>();

  @BeforeEach
  void start() {
    GatewayClient.create(vertx); // registers the codecs
    vertx
        .eventBus()
        .<Message>consumer(
            Addresses.OUTBOUND,
            request -> {
              appended.add(request.body());
              if (errors.isEmpty() && unanswered.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
                return;
              }
              request.reply(
                  errors.isEmpty()
                      ? null
                      : new MessageException(errors.remove(0), "a fault").toReply());
            });
  }

  @AfterEach
  void stop() {
    TestGateway.await(vertx.close());
  }

  private static Message part(int number) {
    return Message.newBuilder()
        .setEventId("x." + number)
        .setFrom("service:story")
        .setBody("part " + number)
        .putHeaders("stream", "x")
        .putHeaders("stream-offset", Integer.toString(number))
        .build();
  }

  /** Adds parts, and waits until the log has them or has ended. */
  private void add(int parts) {
    add(parts, KeptParts.Limits.DEFAULT);
  }

  private void add(int parts, KeptParts.Limits limits) {
    Promise<Void> idle = Promise.promise();
    vertx.runOnContext(
        v -> {
          var kept =
              new KeptParts(vertx, GatewayClient.create(vertx), ALICE, "x", limits, () -> {});
          for (int i = 0; i < parts; i++) {
            kept.add(part(i));
          }
          kept.idle().onComplete(idle);
        });
    TestGateway.await(idle.future());
  }

  /** Completes when so many appends have been attempted. */
  private Future<Void> whenAppended(int attempts) {
    return Future.future(
        done ->
            vertx.setPeriodic(
                1,
                timer -> {
                  if (appended.size() >= attempts && vertx.cancelTimer(timer)) {
                    done.complete();
                  }
                }));
  }

  private List<String> offsets() {
    List<String> offsets = new ArrayList<>();
    appended.forEach(
        part ->
            offsets.add(
                part.getHeadersOrThrow("stream-offset")
                    + (part.containsHeaders("stream-repeated") ? " repeated" : "")));
    return offsets;
  }

  @Test
  void aPartWhoseOutcomeIsUnknownIsRepeatedBeforeTheNextOne() {
    errors.add(ErrorCode.UNAVAILABLE);
    add(3);
    assertThat(offsets()).containsExactly("0", "0 repeated", "1", "2");
    assertThat(appended)
        .allSatisfy(
            part -> {
              assertThat(part.getTo()).isEqualTo("group:linkspan.stream.x.alice");
              assertThat(part.getHeadersMap()).containsEntry("history", "600");
            });
  }

  @Test
  void anAppendWithoutAReplyIsRepeated() {
    unanswered.set(1);
    add(2, new KeptParts.Limits(1, Duration.ofMillis(50), 60_000));
    assertThat(offsets()).startsWith("0", "0 repeated").contains("1");
  }

  @Test
  void aStoreThatDoesNotAnswerEndsTheLog() {
    unanswered.set(3);
    Future<Void> ended = whenAppended(4);
    // Three attempts count as 153 ms.
    add(3, new KeptParts.Limits(1, Duration.ofMillis(50), 153));
    TestGateway.await(ended);
    assertThat(offsets()).startsWith("0", "0 repeated", "0 repeated", "1 repeated");
    assertThat(appended.get(3).getHeadersMap()).containsEntry("stream-end", "timeout");
  }

  @Test
  void nothingFollowsAPartThatIsRefused() {
    errors.add(ErrorCode.TOO_LARGE);
    Future<Void> ended = whenAppended(2);
    add(3);
    TestGateway.await(ended);
    assertThat(offsets()).containsExactly("0", "1 repeated");
    assertThat(appended.get(1).getHeadersMap()).containsEntry("stream-end", "too-large");
  }

  @Test
  void nothingIsKeptForARouteThatDoesNotSaySoOrWithoutAUser() {
    var client = GatewayClient.create(vertx);
    for (Origin origin :
        List.of(new Origin("s", "alice", "", "n", ""), new Origin("s", "", "", "n", "", 600))) {
      assertThat(KeptParts.of(vertx, client, origin, "x", () -> {})).isNull();
    }
  }
}
