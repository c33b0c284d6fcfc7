package io.linkspan.protocol.enet;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RoundTripTest {
  private final RoundTrip roundTrip = new RoundTrip();

  @Test
  void theFirstSampleIsTakenAsItIs() {
    assertThat(roundTrip.firstTimeout(20, 2_000)).isEqualTo(500);
    roundTrip.sample(101, 1_000);
    assertThat(roundTrip.time()).isEqualTo(101);
    assertThat(roundTrip.variance()).isEqualTo(51);
  }

  @Test
  void laterSamplesMoveItByAnEighth() {
    roundTrip.sample(100, 1_000);
    roundTrip.sample(180, 1_100);
    // variance 50 - 12 + 20, time 100 + 10
    assertThat(roundTrip.variance()).isEqualTo(58);
    assertThat(roundTrip.time()).isEqualTo(110);
    roundTrip.sample(30, 1_200);
    assertThat(roundTrip.variance()).isEqualTo(58 - 14 + 20);
    assertThat(roundTrip.time()).isEqualTo(100);
  }

  @Test
  void noSampleIsShorterThanAMillisecondAndNoWaitThanTheFloor() {
    roundTrip.sample(0, 1_000);
    assertThat(roundTrip.time()).isEqualTo(1);
    assertThat(roundTrip.variance()).isEqualTo(1);
    assertThat(roundTrip.firstTimeout(1, 2_000)).isEqualTo(5);
    assertThat(roundTrip.firstTimeout(20, 2_000)).isEqualTo(20);
  }

  @Test
  void theThrottleClosesAsTheRoundTripGrowsAndOpensAgain() {
    long now = 0;
    for (int i = 0; i < 195; i++) {
      roundTrip.sample(50, now += 100);
    }
    assertThat(roundTrip.throttle()).isEqualTo(32);
    roundTrip.sample(400, now += 100);
    assertThat(roundTrip.throttle()).isEqualTo(30);
    roundTrip.sample(400, now += 100);
    assertThat(roundTrip.throttle()).isEqualTo(28);
    roundTrip.sample(50, now += 100);
    assertThat(roundTrip.throttle()).isEqualTo(30);
  }

  @Test
  void aThrottleOfHalfAdmitsAboutHalf() {
    roundTrip.limitThrottle(16);
    int admitted = 0;
    for (int i = 0; i < 3_200; i++) {
      admitted += roundTrip.admitsUnreliable() ? 1 : 0;
    }
    // 0 to 16 of 32.
    assertThat(admitted).isEqualTo(1_700);
  }

  @Test
  void stepsThatAPeerSetsToAnythingStayInBounds() {
    long now = 0;
    roundTrip.configure(0, -1, -1);
    for (int i = 0; i < 100; i++) {
      roundTrip.sample(i % 7 == 0 ? 60_000 : 20, now += 100);
      assertThat(roundTrip.throttle()).isBetween(0, 32);
    }
  }
}
