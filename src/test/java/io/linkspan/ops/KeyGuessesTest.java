package io.linkspan.ops;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class KeyGuessesTest {

  private final KeyGuesses guesses = new KeyGuesses(3);

  @Test
  void afterFiveWrongKeysTheAddressWaits() {
    for (int i = 0; i < 5; i++) {
      assertThat(guesses.delay("a", 0)).isZero();
      guesses.wrong("a", 0);
    }
    assertThat(guesses.delay("a", 0)).isEqualTo(200);
    assertThat(guesses.delay("a", 199)).isEqualTo(1);
    assertThat(guesses.delay("a", 200)).isZero();
    assertThat(guesses.delay("b", 0)).isZero();
  }

  @Test
  void storesABoundedNumberOfAddresses() {
    for (int i = 0; i < 1_000; i++) {
      guesses.wrong("address " + i, 0);
    }
    assertThat(guesses.size()).isEqualTo(3);
  }

  @Test
  void anAddressThatOnlyAsksIsNotStored() {
    assertThat(guesses.delay("a", 0)).isZero();
    assertThat(guesses.size()).isZero();
  }
}
