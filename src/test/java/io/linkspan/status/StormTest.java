package io.linkspan.status;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StormTest {

  @Test
  void fewClientsAreQuietEvenWhenAllAreRefused() {
    assertThat(Storm.of(0, 0, 0, 100)).isEqualTo(Storm.QUIET);
    assertThat(Storm.of(0, 9, 0, 100)).isEqualTo(Storm.QUIET);
  }

  @Test
  void manyClientsThatAreAdmittedAreBusy() {
    assertThat(Storm.of(500, 0, 10, 100)).isEqualTo(Storm.BUSY);
    assertThat(Storm.of(95, 5, 10, 100)).isEqualTo(Storm.BUSY);
  }

  @Test
  void manyRefusalsOrFewPlacesAreAStorm() {
    assertThat(Storm.of(50, 50, 10, 100)).isEqualTo(Storm.STORM);
    assertThat(Storm.of(5, 0, 80, 100)).isEqualTo(Storm.STORM);
    assertThat(Storm.of(500, 0, 80, 0).label()).isEqualTo("busy");
  }
}
