package io.linkspan.telemetry.otel;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ClientRateTest {

  private static final long START = -500_000_000;
  private static final long SECOND = 1_000_000_000;

  @Test
  void aSecondsTracesAreAvailableAtOnceAndRefilledEvenly() {
    var rate = new ClientRate(START);
    for (int i = 0; i < 10; i++) {
      assertThat(rate.take(10, START)).isTrue();
    }
    assertThat(rate.take(10, START)).isFalse();
    assertThat(rate.take(10, START + SECOND / 10 - 1)).isFalse();
    assertThat(rate.take(10, START + SECOND / 10)).isTrue();
    assertThat(rate.take(10, START + SECOND / 10)).isFalse();
  }

  @Test
  void aLongPauseSavesNoMoreThanASecondsTraces() {
    var rate = new ClientRate(START);
    long later = START + 100 * SECOND;
    assertThat(rate.take(2, later)).isTrue();
    assertThat(rate.take(2, later)).isTrue();
    assertThat(rate.take(2, later)).isFalse();
  }

  @Test
  void zeroIsNone() {
    var rate = new ClientRate(START);
    assertThat(rate.take(0, START + SECOND)).isFalse();
  }
}
