package io.linkspan.upstream.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** Tests when a link is opened, in virtual time. */
class ReconnectTest {

  private static final long START = 1_000_000;
  private static final long NEVER = Long.MAX_VALUE;

  private static Reconnect reconnect(long seed) {
    return new Reconnect(Duration.ofMillis(100), Duration.ofSeconds(1), new Random(seed));
  }

  @Test
  void newLinkIsOpenedAtOnceAndOnlyOnce() {
    Reconnect reconnect = reconnect(1);
    assertThat(reconnect.nextDeadline()).isLessThanOrEqualTo(START);
    reconnect.hurry();
    assertThat(reconnect.begin(START)).isTrue();
    assertThat(reconnect.begin(START)).isFalse();
    assertThat(reconnect.nextDeadline()).isEqualTo(NEVER);
    reconnect.opened();
    reconnect.hurry();
    assertThat(reconnect.begin(START + 1)).isFalse();
    assertThat(reconnect.nextDeadline()).isEqualTo(NEVER);
  }

  @RepeatedTest(20)
  void pausesDoubleUpToTheLongestWithRandomSpread(RepetitionInfo seed) {
    Reconnect reconnect = reconnect(seed.getCurrentRepetition());
    long now = START;
    for (long whole : new long[] {100, 200, 400, 800, 1000, 1000}) {
      assertThat(reconnect.begin(now)).isTrue();
      reconnect.down(now);
      long pause = reconnect.nextDeadline() - now;
      assertThat(pause).isBetween(whole / 2, whole);
      assertThat(reconnect.begin(now + pause - 1)).isFalse();
      now += pause;
    }
  }

  @Test
  void receivedFrameResetsThePausesAndAMereConnectDoesNot() {
    Reconnect reconnect = reconnect(1);
    long now = START;
    for (int i = 0; i < 5; i++) {
      reconnect.begin(now);
      reconnect.opened();
      reconnect.down(now);
      now = reconnect.nextDeadline();
    }
    reconnect.begin(now);
    reconnect.opened();
    reconnect.down(now);
    assertThat(reconnect.nextDeadline() - now).isGreaterThanOrEqualTo(500);
    now = reconnect.nextDeadline();
    reconnect.begin(now);
    reconnect.opened();
    reconnect.proven();
    reconnect.down(now);
    assertThat(reconnect.nextDeadline() - now).isLessThanOrEqualTo(100);
  }

  @Test
  void waitingMessageShortensALongPauseToTheShortest() {
    Reconnect reconnect = reconnect(1);
    long now = START;
    for (int i = 0; i < 5; i++) {
      reconnect.begin(now);
      reconnect.down(now);
      now = reconnect.nextDeadline();
    }
    reconnect.begin(now);
    reconnect.down(now);
    reconnect.hurry();
    assertThat(reconnect.nextDeadline()).isEqualTo(now + 100);
    assertThat(reconnect.begin(now + 99)).isFalse();
    assertThat(reconnect.begin(now + 100)).isTrue();
  }
}
