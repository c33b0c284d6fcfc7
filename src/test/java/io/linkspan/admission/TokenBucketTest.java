package io.linkspan.admission;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class TokenBucketTest {

  private static final long START = 5_000;

  private final TokenBucket bucket = new TokenBucket(4, START);

  @Test
  void aBurstOfOneSecondPassesAndThenTheRate() {
    for (int i = 0; i < 4; i++) {
      assertThat(bucket.take(1, START)).isZero();
    }
    assertThat(bucket.take(1, START)).isEqualTo(250);
    assertThat(bucket.take(1, START + 249)).isEqualTo(1);
    assertThat(bucket.take(1, START + 250)).isZero();
    assertThat(bucket.take(1, START + 250)).isEqualTo(250);
  }

  @Test
  void unusedRateIsSavedForOneSecondOnly() {
    for (int i = 0; i < 4; i++) {
      assertThat(bucket.take(1, START + 60_000)).isZero();
    }
    assertThat(bucket.take(1, START + 60_000)).isPositive();
  }

  @Test
  void anAmountLargerThanABurstPassesWhenFullAndCausesADebt() {
    assertThat(bucket.take(10, START)).isZero();
    assertThat(bucket.take(1, START + 1_500)).isEqualTo(250);
    assertThat(bucket.take(1, START + 1_750)).isZero();
  }

  @Test
  void aBucketIsFullAgainAfterItsRest() {
    bucket.take(4, START);
    assertThat(bucket.full(START + 999)).isFalse();
    assertThat(bucket.full(START + 1_000)).isTrue();
  }

  @Test
  void idleKeysAreRemoved() {
    RateTable table = new RateTable(() -> 1);
    for (int i = 0; i < 1_000; i++) {
      assertThat(table.take("key" + i, START)).isZero();
    }
    assertThat(table.take("key7", START)).isEqualTo(1_000);
    assertThat(table.size()).isEqualTo(1_000);
    assertThat(table.take("one", START + 2_000)).isZero();
    assertThat(table.size()).isEqualTo(1);
  }

  @Test
  void aRateThatChangesBeginsWithFullBuckets() {
    var rate = new AtomicInteger(1);
    RateTable table = new RateTable(rate::get);
    assertThat(table.take("key", START)).isZero();
    assertThat(table.take("key", START)).isEqualTo(1_000);
    rate.set(2);
    assertThat(table.take("key", START)).isZero();
    assertThat(table.take("key", START)).isZero();
    assertThat(table.take("key", START)).isEqualTo(500);
    rate.set(0);
    assertThat(table.take("key", START)).isZero();
    assertThat(table.size()).isZero();
  }
}
