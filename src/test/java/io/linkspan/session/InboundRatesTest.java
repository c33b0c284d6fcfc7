package io.linkspan.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Message;
import org.junit.jupiter.api.Test;

class InboundRatesTest {

  private static final long START = 1_000;
  private static final Message MESSAGE = Message.newBuilder().setTo("user:bob").build();

  private final InboundRates rates = new InboundRates();

  private long take(int rate) {
    return rates.take(MESSAGE, SimulatedShard.limits(rate, 64, 1_000, 1 << 20), START);
  }

  @Test
  void aRateThatChangesBeginsWithAFullBucket() {
    assertThat(take(1)).isZero();
    assertThat(take(1)).isEqualTo(1_000);
    assertThat(take(2)).isZero();
    assertThat(take(2)).isZero();
    assertThat(take(2)).isEqualTo(500);
    assertThat(take(0)).isZero();
  }

  @Test
  void aRateThatDoesNotChangeKeepsItsBucket() {
    assertThat(take(1)).isZero();
    assertThat(take(1)).isEqualTo(1_000);
  }
}
