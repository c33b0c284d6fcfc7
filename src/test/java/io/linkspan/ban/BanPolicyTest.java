package io.linkspan.ban;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.admission.Offence;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class BanPolicyTest {

  private static final long WINDOW = 60_000;
  private static final long BASE = 10_000;
  private static final long MAX = 60_000;
  private static final long FORGIVE = 600_000;
  private static final int MAX_OFFENDERS = 100;
  private static final int MAX_BANS = 10;
  private static final Offender MALLORY = address("192.0.2.1");
  private static final Offender OTHER = address("192.0.2.2");

  private final BanPolicy policy = policy(2);
  private long now = 5_000;

  private static Offender address(String address) {
    return new Offender(Offender.Kind.ADDRESS, address);
  }

  private static BanPolicy policy(int factor) {
    return new BanPolicy(
        new BanConfig(
            BanConfig.Mode.ON,
            Duration.ofMillis(WINDOW),
            Map.of(Offence.CONNECT, 6, Offence.MALFORMED, 3, Offence.UNAUTHENTICATED, 0),
            Duration.ofMillis(BASE),
            factor,
            Duration.ofMillis(MAX),
            Duration.ofMillis(FORGIVE),
            List.of()),
        MAX_OFFENDERS,
        MAX_BANS);
  }

  /** Makes Mallory do something until she is banned for it. */
  private Ban misbehave(Offence offence) {
    for (int i = 0; i < 100; i++) {
      Ban ban = policy.count(MALLORY, offence, now);
      if (ban != null) {
        return ban;
      }
    }
    throw new AssertionError("not banned");
  }

  @Test
  void asManyOffencesAsTheThresholdAreNoReasonForABan() {
    for (int i = 0; i < 6; i++) {
      assertThat(policy.count(MALLORY, Offence.CONNECT, now)).isNull();
    }
    assertThat(policy.remaining(MALLORY, now)).isZero();
    assertThat(policy.count(MALLORY, Offence.CONNECT, now))
        .isEqualTo(new Ban(MALLORY, Offence.CONNECT, 1, BASE));
    assertThat(policy.remaining(MALLORY, now)).isEqualTo(BASE);
    assertThat(policy.remaining(OTHER, now)).isZero();
  }

  @Test
  void slowOffencesAreNoReasonForABan() {
    for (int i = 0; i < 1_000; i++) {
      assertThat(policy.count(MALLORY, Offence.MALFORMED, now)).isNull();
      now += WINDOW / 3;
    }
  }

  @Test
  void eachKindHasItsOwnThreshold() {
    for (int i = 0; i < 3; i++) {
      assertThat(policy.count(MALLORY, Offence.MALFORMED, now)).isNull();
      assertThat(policy.count(MALLORY, Offence.CONNECT, now)).isNull();
    }
    assertThat(policy.count(MALLORY, Offence.MALFORMED, now)).isNotNull();
  }

  @Test
  void kindWithoutAThresholdIsNeverAReason() {
    for (int i = 0; i < 1_000; i++) {
      assertThat(policy.count(MALLORY, Offence.UNAUTHENTICATED, now)).isNull();
      assertThat(policy.count(MALLORY, Offence.FORBIDDEN, now)).isNull();
    }
    assertThat(policy.offenders()).isZero();
  }

  @Test
  void oneBanBeginsHoweverManyOffencesFollow() {
    misbehave(Offence.CONNECT);
    for (int i = 0; i < 100; i++) {
      assertThat(policy.count(MALLORY, Offence.CONNECT, now)).isNull();
    }
    assertThat(policy.remaining(MALLORY, now)).isEqualTo(BASE);
  }

  @Test
  void eachFurtherBanIsLongerUpToTheLongest() {
    for (long expected : new long[] {10_000, 20_000, 40_000, 60_000, 60_000, 60_000}) {
      assertThat(misbehave(Offence.CONNECT).duration()).isEqualTo(expected);
      now += policy.remaining(MALLORY, now);
      assertThat(policy.remaining(MALLORY, now)).isZero();
    }
  }

  @Test
  void clientThatContinuesIsBannedAgain() {
    misbehave(Offence.CONNECT);
    long end = now + BASE;
    while (now < end) {
      policy.count(MALLORY, Offence.CONNECT, now);
      now += 100;
    }
    policy.count(MALLORY, Offence.CONNECT, now);
    assertThat(policy.count(MALLORY, Offence.CONNECT, now)).isNotNull();
  }

  @Test
  void clientThatWaitsHasItsThresholdBack() {
    misbehave(Offence.CONNECT);
    now += WINDOW;
    for (int i = 0; i < 6; i++) {
      assertThat(policy.count(MALLORY, Offence.CONNECT, now)).isNull();
    }
  }

  @Test
  void goodBehaviorTakesLevelsBack() {
    for (int i = 0; i < 3; i++) {
      misbehave(Offence.CONNECT);
      now += policy.remaining(MALLORY, now);
    }
    now += FORGIVE;
    Ban third = misbehave(Offence.CONNECT);
    assertThat(third.level()).isEqualTo(3);
    now += third.duration() + 10 * FORGIVE;
    assertThat(misbehave(Offence.CONNECT).level()).isEqualTo(1);
  }

  @Test
  void factorOfOneKeepsBansAtTheirLength() {
    BanPolicy constant = policy(1);
    for (int i = 0; i < 20; i++) {
      Ban ban = constant.count(MALLORY, Offence.MALFORMED, now);
      if (ban != null) {
        assertThat(ban.duration()).isEqualTo(BASE);
        now += BASE;
      }
    }
  }

  @Test
  void offenceCanBeTakenBack() {
    for (int i = 0; i < 1_000; i++) {
      assertThat(policy.count(MALLORY, Offence.CONNECT, now)).isNull();
      policy.forgive(MALLORY, Offence.CONNECT);
    }
    policy.forgive(OTHER, Offence.CONNECT);
    assertThat(policy.offenders()).isEqualTo(1);
  }

  @Test
  void banOfAnotherNodeContinuesHere() {
    policy.adopt(MALLORY, 20_000, now + 15_000, now);
    assertThat(policy.remaining(MALLORY, now)).isEqualTo(15_000);
    now += 15_000;
    Ban next = misbehave(Offence.MALFORMED);
    assertThat(next.level()).isEqualTo(3);
    policy.adopt(MALLORY, BASE, now + BASE, now);
    assertThat(policy.remaining(MALLORY, now)).isEqualTo(next.duration());
  }

  @Test
  void nothingIsLeftOfALiftedBan() {
    misbehave(Offence.CONNECT);
    policy.lift(MALLORY);
    assertThat(policy.remaining(MALLORY, now)).isZero();
    assertThat(misbehave(Offence.CONNECT).level()).isEqualTo(1);
  }

  @Test
  void bannedClientIsAnsweredOnlySometimes() {
    assertThat(policy.answers(MALLORY, now)).isTrue();
    misbehave(Offence.CONNECT);
    for (int i = 0; i < 5; i++) {
      assertThat(policy.answers(MALLORY, now)).isTrue();
    }
    assertThat(policy.answers(MALLORY, now)).isFalse();
    now += 200;
    assertThat(policy.answers(MALLORY, now)).isTrue();
    assertThat(policy.answers(MALLORY, now)).isFalse();
    now += BASE;
    assertThat(policy.answers(MALLORY, now)).isTrue();
  }

  @Test
  void tablesAreBounded() {
    for (int i = 0; i < 1_000; i++) {
      Offender one = address("192.0.2." + i);
      for (int j = 0; j < 4; j++) {
        policy.count(one, Offence.MALFORMED, now);
      }
    }
    assertThat(policy.offenders()).isEqualTo(MAX_OFFENDERS);
    assertThat(policy.convicted()).isEqualTo(MAX_BANS);
    assertThat(policy.banned(Offender.Kind.ADDRESS, now)).isEqualTo(MAX_BANS);
    assertThat(policy.banned(Offender.Kind.USER, now)).isZero();
    now += BASE;
    assertThat(policy.banned(Offender.Kind.ADDRESS, now)).isZero();
  }

  /** Whatever others do, a client within its threshold is never banned. */
  @RepeatedTest(50)
  void crowdOfOffendersBansNobodyElse(RepetitionInfo repetition) {
    int seed = repetition.getCurrentRepetition();
    var random = new Random(seed);
    Offender good = address("198.51.100.1");
    long nextGood = now;
    for (int i = 0; i < 5_000; i++) {
      Offender one = address("192.0.2." + random.nextInt(random.nextBoolean() ? 5 : 500));
      long before = policy.remaining(one, now);
      Ban ban = policy.count(one, List.of(Offence.values()).get(random.nextInt(4)), now);
      assertThat(policy.remaining(one, now)).as("seed %d", seed).isLessThanOrEqualTo(MAX);
      if (ban != null) {
        assertThat(before).as("seed %d", seed).isZero();
        assertThat(ban.duration()).as("seed %d", seed).isBetween(BASE, MAX);
      }
      if (now >= nextGood) {
        assertThat(policy.count(good, Offence.CONNECT, now)).as("seed %d", seed).isNull();
        nextGood = now + WINDOW / 6;
      }
      now += random.nextInt(200);
    }
  }
}
