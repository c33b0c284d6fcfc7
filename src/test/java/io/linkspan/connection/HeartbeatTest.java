package io.linkspan.connection;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.connection.Heartbeat.Action;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class HeartbeatTest {

  private static final long START = 1_000_000;
  private static final long INTERVAL = 25;
  private static final long READER = 60;
  private static final long WRITER = 40;
  private static final long NEVER = Long.MAX_VALUE;

  private final Heartbeat heartbeat = heartbeat(0);

  private static Heartbeat heartbeat(long allIdle) {
    return new Heartbeat(
        new HeartbeatConfig(
            Duration.ofMillis(INTERVAL),
            Duration.ofMillis(READER),
            Duration.ofMillis(WRITER),
            Duration.ofMillis(allIdle)),
        START);
  }

  @Test
  void aQuietPeerIsProbedOncePerInterval() {
    assertThat(heartbeat.nextDeadline()).isEqualTo(START + INTERVAL);
    assertThat(heartbeat.advanceTo(START + INTERVAL - 1)).isEqualTo(Action.NONE);
    assertThat(heartbeat.advanceTo(START + INTERVAL)).isEqualTo(Action.PROBE);
    assertThat(heartbeat.advanceTo(START + INTERVAL + 1)).isEqualTo(Action.NONE);
    assertThat(heartbeat.nextDeadline()).isEqualTo(START + READER);
  }

  @Test
  void anythingReceivedAnswersTheProbe() {
    heartbeat.advanceTo(START + INTERVAL);
    heartbeat.received(START + 59);
    assertThat(heartbeat.advanceTo(START + READER)).isEqualTo(Action.NONE);
    assertThat(heartbeat.nextDeadline()).isEqualTo(START + 59 + INTERVAL);
    assertThat(heartbeat.advanceTo(START + 59 + INTERVAL)).isEqualTo(Action.PROBE);
  }

  @Test
  void silenceForTheWholeLimitExpiresOnce() {
    heartbeat.advanceTo(START + INTERVAL);
    assertThat(heartbeat.advanceTo(START + READER - 1)).isEqualTo(Action.NONE);
    assertThat(heartbeat.advanceTo(START + READER)).isEqualTo(Action.EXPIRE);
    assertThat(heartbeat.advanceTo(START + READER + 1)).isEqualTo(Action.NONE);
    assertThat(heartbeat.nextDeadline()).isEqualTo(NEVER);
  }

  @Test
  void aTimerThatFiresVeryLateExpiresWithoutAProbe() {
    assertThat(heartbeat.advanceTo(START + 10 * READER)).isEqualTo(Action.EXPIRE);
  }

  @Test
  void aPeerThatReadsNothingExpiresThoughItSends() {
    heartbeat.writeBlocked(START);
    for (long now = START; now < START + WRITER; now += 5) {
      heartbeat.received(now);
      assertThat(heartbeat.advanceTo(now)).isEqualTo(Action.NONE);
      assertThat(heartbeat.nextDeadline()).isLessThanOrEqualTo(now + WRITER / 4);
    }
    heartbeat.received(START + WRITER);
    assertThat(heartbeat.advanceTo(START + WRITER)).isEqualTo(Action.EXPIRE);
  }

  @Test
  void aPeerThatReadsNowAndThenDoesNotExpire() {
    heartbeat.writeBlocked(START);
    for (long now = START; now < START + 10 * WRITER; now += WRITER / 2) {
      heartbeat.received(now);
      heartbeat.writeBlocked(now);
      assertThat(heartbeat.advanceTo(now)).isEqualTo(Action.NONE);
    }
    heartbeat.writeFree();
    assertThat(heartbeat.watchesWriter()).isFalse();
  }

  @Test
  void probesAndAnswersDoNotCountForTheAllIdleLimit() {
    Heartbeat strict = heartbeat(100);
    strict.message(START + 10);
    for (long now = START; now < START + 110; now += 10) {
      strict.received(now);
      assertThat(strict.advanceTo(now)).isNotEqualTo(Action.EXPIRE);
    }
    strict.received(START + 110);
    assertThat(strict.advanceTo(START + 110)).isEqualTo(Action.EXPIRE);
  }

  @RepeatedTest(200)
  void aShellThatWaitsForTheDeadlineMissesNothing(RepetitionInfo seed) {
    Random random = new Random(seed.getCurrentRepetition());
    long lastReceived = START;
    boolean probed = false;
    for (long now = START; now < START + 2_000; ) {
      long next = now + 1 + random.nextInt(40);
      // The shell sleeps until the deadline or until something comes, whichever is first.
      while (heartbeat.nextDeadline() <= next) {
        long due = heartbeat.nextDeadline();
        Action action = heartbeat.advanceTo(due);
        if (action == Action.EXPIRE) {
          assertThat(due - lastReceived).isEqualTo(READER);
          return;
        }
        if (action == Action.PROBE) {
          assertThat(due - lastReceived).isEqualTo(INTERVAL);
          assertThat(probed).isFalse();
          probed = true;
        }
      }
      now = next;
      heartbeat.received(now);
      lastReceived = now;
      probed = false;
    }
  }
}
