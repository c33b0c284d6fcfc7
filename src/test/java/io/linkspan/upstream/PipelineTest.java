package io.linkspan.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.ErrorCode;
import io.linkspan.upstream.BackendException.Kind;
import io.linkspan.upstream.CircuitBreaker.State;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Tests each promise of the pipeline in virtual time. */
class PipelineTest {

  private final PipelineRig.Config config = new PipelineRig.Config();

  /** Returns a rig that holds alice's messages 1 to n after a failed attempt to send the first. */
  private PipelineRig holding(int n) {
    config.hold = Duration.ofSeconds(10);
    config.failures = 1;
    config.concurrency = 1;
    PipelineRig rig = config.rig();
    for (int i = 1; i <= n; i++) {
      rig.offer("" + i);
    }
    rig.fail("1", Kind.UNSENT);
    assertThat(rig.pipeline.breaker()).isEqualTo(State.OPEN);
    assertThat(rig.pipeline.waiting()).isEqualTo(n);
    return rig;
  }

  @Test
  void concurrentAttemptsAreBoundedAndFurtherMessagesWaitInOrder() {
    PipelineRig rig = config.rig();
    for (String id : new String[] {"1", "2", "3", "4"}) {
      rig.offer(id);
    }
    assertThat(rig.sent).containsExactly("1", "2");
    assertThat(rig.pipeline.waiting()).isEqualTo(2);
    rig.succeed("2");
    assertThat(rig.sent).containsExactly("1", "2", "3");
    rig.succeed("1");
    rig.succeed("3");
    rig.succeed("4");
    assertThat(rig.pipeline.nextDeadline()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void messageBeyondTheQueueLimitIsRefusedAsQueueFull() {
    config.queue = 1;
    PipelineRig rig = config.rig();
    for (String id : new String[] {"1", "2", "3", "4"}) {
      rig.offer(id);
    }
    assertThat(rig.refused).containsOnlyKeys("4");
    assertThat(rig.refusal("4")).isEqualTo(ErrorCode.QUEUE_FULL);
  }

  @Test
  void queueIsAlsoBoundedInBytes() {
    config.concurrency = 1;
    PipelineRig rig = config.rig();
    rig.offer("1", "alice", 900, false);
    rig.offer("2", "alice", 600, false);
    rig.offer("3", "alice", 401, false);
    rig.offer("4", "alice", 400, false);
    assertThat(rig.refused).containsOnlyKeys("3");
    rig.succeed("1");
    rig.offer("5", "alice", 600, false);
    assertThat(rig.refused).containsOnlyKeys("3");
  }

  @Test
  void orderedUpstreamSendsOneMessagePerUserAtATime() {
    config.ordered = true;
    PipelineRig rig = config.rig();
    rig.offer("a1", "alice");
    rig.offer("a2", "alice");
    rig.offer("b1", "bob");
    assertThat(rig.sent).containsExactly("a1", "b1");
    rig.succeed("b1");
    assertThat(rig.sent).containsExactly("a1", "b1");
    rig.fail("a1", Kind.UNSENT);
    assertThat(rig.sent).as("a2 waits for the retry of a1").containsExactly("a1", "b1");
    rig.pass(100);
    assertThat(rig.sent).containsExactly("a1", "b1", "a1");
    rig.succeed("a1");
    assertThat(rig.sent).containsExactly("a1", "b1", "a1", "a2");
  }

  @Test
  void refusalIsFinalAndTheNextMessageOfTheUserIsSent() {
    config.ordered = true;
    PipelineRig rig = config.rig();
    rig.offer("1");
    rig.offer("2");
    rig.fail("1", Kind.REFUSED);
    assertThat(rig.refusal("1")).isEqualTo(ErrorCode.FORBIDDEN);
    assertThat(rig.sent).containsExactly("1", "2");
    assertThat(rig.pipeline.retries()).isZero();
  }

  @Test
  void failedMessageIsRetriedWithGrowingPausesAndThenRefused() {
    config.failures = 10;
    PipelineRig rig = config.rig();
    rig.offer("1");
    rig.fail("1", Kind.LOST);
    rig.pass(49);
    assertThat(rig.sent).hasSize(1);
    rig.pass(51);
    assertThat(rig.sent).hasSize(2);
    rig.fail("1", Kind.ERROR);
    rig.pass(99);
    assertThat(rig.sent).hasSize(2);
    rig.pass(101);
    assertThat(rig.sent).hasSize(3);
    rig.fail("1", Kind.UNSENT);
    assertThat(rig.refusal("1")).isEqualTo(ErrorCode.UNAVAILABLE);
    assertThat(rig.pipeline.retries()).isEqualTo(2);
  }

  @Test
  void retryAfterOfTheServiceDelaysTheRetry() {
    PipelineRig rig = config.rig();
    rig.offer("1");
    rig.fail("1", Kind.UNSENT, 3_000);
    rig.pass(2_999);
    assertThat(rig.sent).hasSize(1);
    rig.pass(1);
    assertThat(rig.sent).hasSize(2);
  }

  @Test
  void onlyUnsentMessagesAreRetriedWhenConfigured() {
    config.onlyUnsent = true;
    PipelineRig rig = config.rig();
    rig.offer("1");
    rig.offer("2");
    rig.fail("1", Kind.LOST);
    rig.fail("2", Kind.UNSENT);
    assertThat(rig.refused).containsOnlyKeys("1");
    rig.pass(100);
    assertThat(rig.sent).containsExactly("1", "2", "2");
  }

  @Test
  void attemptThatTimesOutIsAbortedAndRetried() {
    PipelineRig rig = config.rig();
    rig.offer("1");
    rig.pass(PipelineRig.TIMEOUT.toMillis() - 1);
    assertThat(rig.inFlight).containsOnlyKeys("1");
    rig.pass(101);
    assertThat(rig.sent).containsExactly("1", "1");
  }

  @Test
  void messageThatIsNotSentInTimeEndsAsTimeout() {
    config.concurrency = 1;
    PipelineRig rig = config.rig();
    for (int i = 1; i <= 8; i++) {
      rig.offer("" + i);
    }
    for (int i = 1; i <= 7; i++) {
      rig.pass(4_900);
      rig.succeed("" + i);
    }
    assertThat(rig.refused).containsOnlyKeys("8");
    assertThat(rig.refusal("8")).isEqualTo(ErrorCode.TIMEOUT);
  }

  @Test
  void openBreakerRefusesMessagesAtOnceWithATimeToRetryAfter() {
    PipelineRig rig = config.rig();
    rig.offer("1");
    rig.offer("2");
    rig.offer("3");
    rig.fail("1", Kind.UNSENT);
    rig.fail("2", Kind.LOST);
    assertThat(rig.pipeline.breaker()).isEqualTo(State.CLOSED);
    rig.fail("3", Kind.UNSENT);
    assertThat(rig.pipeline.breaker()).isEqualTo(State.OPEN);
    assertThat(rig.refused.keySet()).containsExactlyInAnyOrder("1", "2", "3");
    rig.offer("4");
    assertThat(rig.refusal("4")).isEqualTo(ErrorCode.UNAVAILABLE);
    assertThat(rig.refused.get("4").retryAfterMs()).isBetween(500L, 1_000L);
    assertThat(rig.pipeline.opened()).isEqualTo(1);
  }

  @Test
  void refusalsDoNotOpenTheBreaker() {
    PipelineRig rig = config.rig();
    for (int i = 0; i < 20; i++) {
      rig.offer("" + i);
      rig.fail("" + i, Kind.REFUSED);
    }
    assertThat(rig.pipeline.breaker()).isEqualTo(State.CLOSED);
  }

  @Test
  void successfulProbeAfterThePauseClosesTheBreaker() {
    config.retries = 0;
    PipelineRig rig = config.rig();
    for (String id : new String[] {"1", "2", "3"}) {
      rig.offer(id);
      rig.fail(id, Kind.UNSENT);
    }
    rig.pass(1_000);
    rig.offer("probe");
    rig.offer("other");
    assertThat(rig.pipeline.breaker()).isEqualTo(State.HALF_OPEN);
    assertThat(rig.inFlight).containsOnlyKeys("probe");
    assertThat(rig.refused).containsKey("other");
    rig.succeed("probe");
    assertThat(rig.pipeline.breaker()).isEqualTo(State.CLOSED);
    rig.offer("again");
    assertThat(rig.inFlight).containsOnlyKeys("again");
  }

  @Test
  void eachFailedProbeDoublesThePause() {
    config.retries = 0;
    config.failures = 1;
    PipelineRig rig = config.rig();
    rig.offer("0");
    rig.fail("0", Kind.UNSENT);
    for (long pause : new long[] {1_000, 2_000, 4_000, 4_000}) {
      rig.pass(pause / 2 - 1);
      rig.offer("too early after " + rig.now);
      assertThat(rig.inFlight).isEmpty();
      rig.pass(pause / 2 + 1);
      rig.offer("probe " + rig.now);
      rig.fail("probe " + rig.now, Kind.UNSENT);
      assertThat(rig.pipeline.breaker()).isEqualTo(State.OPEN);
    }
  }

  @Test
  void heldMessagesAreDeliveredInOrderAfterTheOutage() {
    PipelineRig rig = holding(4);
    rig.offer("5");
    rig.pass(1_000);
    assertThat(rig.sent).as("one probe").containsExactly("1", "1");
    rig.fail("1", Kind.UNSENT);
    rig.pass(2_000);
    for (String id : new String[] {"1", "2", "3", "4", "5"}) {
      rig.succeed(id);
    }
    assertThat(rig.sent).containsExactly("1", "1", "1", "2", "3", "4", "5");
    assertThat(rig.refused).isEmpty();
    assertThat(rig.pipeline.breaker()).isEqualTo(State.CLOSED);
  }

  @Test
  void holdingOpensTheBreakerWhenAllAttemptsOfOneMessageFail() {
    config.hold = Duration.ofSeconds(10);
    config.failures = 10;
    PipelineRig rig = config.rig();
    rig.offer("1");
    for (int i = 0; i < 3; i++) {
      rig.fail("1", Kind.UNSENT);
      rig.pass(400);
    }
    assertThat(rig.pipeline.breaker()).isEqualTo(State.OPEN);
    assertThat(rig.pipeline.holding()).isTrue();
    rig.pass(1_000);
    rig.succeed("1");
    assertThat(rig.succeeded).containsExactly("1");
  }

  @Test
  void messageThatTheServiceFailsWithIsNotHeldAfterItsAttempts() {
    PipelineRig rig = holding(2);
    rig.pass(1_000);
    rig.fail("1", Kind.ERROR);
    assertThat(rig.pipeline.breaker()).as("the service works").isEqualTo(State.CLOSED);
    rig.succeed("2");
    rig.pass(400);
    rig.fail("1", Kind.ERROR);
    assertThat(rig.refusal("1")).as("after three attempts").isEqualTo(ErrorCode.UNAVAILABLE);
  }

  @Test
  void messageHeldForTooLongEndsAsUnavailable() {
    PipelineRig rig = holding(2);
    rig.pass(5_000);
    rig.offer("late", "bob");
    while (!rig.refused.containsKey("2")) {
      if (!rig.inFlight.isEmpty()) {
        rig.fail(rig.inFlight.keySet().iterator().next(), Kind.UNSENT);
      }
      rig.pass(10);
    }
    assertThat(rig.now).isBetween(1_010_000L, 1_010_010L);
    assertThat(rig.refused).doesNotContainKey("late");
    assertThat(rig.refusal("2")).isEqualTo(ErrorCode.UNAVAILABLE);
    assertThat(rig.refused.get("2").getMessage()).contains("unavailable for longer than 10000 ms");
  }

  @Test
  void numberOfHeldMessagesIsBounded() {
    config.maxHeld = 3;
    PipelineRig rig = holding(3);
    rig.offer("4");
    assertThat(rig.refusal("4")).isEqualTo(ErrorCode.QUEUE_FULL);
  }

  @Test
  void queueLongerThanTheHoldLimitIsCutAtItsEnd() {
    config.maxHeld = 2;
    config.hold = Duration.ofSeconds(10);
    config.failures = 1;
    config.concurrency = 1;
    PipelineRig rig = config.rig();
    for (int i = 1; i <= 5; i++) {
      rig.offer("" + i);
    }
    rig.fail("1", Kind.LOST);
    assertThat(rig.refused.keySet()).containsExactlyInAnyOrder("4", "5");
    assertThat(rig.refusal("4")).isEqualTo(ErrorCode.QUEUE_FULL);
    assertThat(rig.pipeline.waiting()).isEqualTo(3);
  }

  @Test
  void volatileMessageIsNeitherRetriedNorHeld() {
    PipelineRig rig = holding(1);
    rig.offer("urgent", "bob", 1, true);
    assertThat(rig.refusal("urgent")).isEqualTo(ErrorCode.UNAVAILABLE);
    PipelineRig available = config.rig();
    available.offer("urgent", "bob", 1, true);
    available.fail("urgent", Kind.UNSENT);
    assertThat(available.refused).containsKey("urgent");
  }

  @Test
  void droppedHeldMessageKeepsTheOrderOfItsUser() {
    PipelineRig rig = holding(2);
    rig.pass(9_000);
    rig.offer("3");
    rig.pass(1_500);
    assertThat(rig.inFlight).as("third attempt").containsOnlyKeys("1");
    assertThat(rig.refused).containsOnlyKeys("2");
    rig.succeed("1");
    rig.succeed("3");
    assertThat(rig.pipeline.waiting()).isZero();
  }

  @Test
  void drainRefusesHeldMessages() {
    PipelineRig rig = holding(3);
    rig.drain();
    assertThat(rig.refused.keySet()).containsExactlyInAnyOrder("1", "2", "3");
    assertThat(rig.refused.get("1").getMessage()).isEqualTo("the gateway shuts down");
    rig.offer("4");
    assertThat(rig.refusal("4")).isEqualTo(ErrorCode.UNAVAILABLE);
  }

  @Test
  void drainStillSendsQueuedMessages() {
    PipelineRig rig = config.rig();
    for (String id : new String[] {"1", "2", "3"}) {
      rig.offer(id);
    }
    rig.drain();
    rig.succeed("1");
    assertThat(rig.inFlight).containsOnlyKeys("2", "3");
    assertThat(rig.refused).isEmpty();
  }

  @Test
  void closeEndsEveryMessage() {
    PipelineRig rig = config.rig();
    for (String id : new String[] {"1", "2", "3"}) {
      rig.offer(id);
    }
    rig.close();
    assertThat(rig.refused).containsOnlyKeys("1", "2", "3");
    rig.offer("4");
    assertThat(rig.refusal("4")).isEqualTo(ErrorCode.UNAVAILABLE);
    assertThat(rig.pipeline.nextDeadline()).isEqualTo(Long.MAX_VALUE);
  }
}
