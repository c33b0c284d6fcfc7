package io.linkspan.bench.board;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

/** Reading how many cases of a suite have passed. */
class TestSummaryTest {

  @Test
  void theLastSummaryOfMavenCountsAllClasses() {
    String output =
        """
        [INFO] Tests run: 3, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 1 s -- in A
        [INFO] Results:
        [ERROR] Tests run: 10, Failures: 1, Errors: 2, Skipped: 3
        """;

    assertThat(TestSummary.ofMaven(output)).isEqualTo(new TestSummary(4, 3, 3));
  }

  @Test
  void mochaNamesFailuresOnlyWhenThereAreSome() {
    assertThat(TestSummary.ofMocha("  25 passing (3s)\n")).isEqualTo(new TestSummary(25, 0, 0));
    assertThat(TestSummary.ofMocha("\n  27 passing (3s)\n  1 pending\n  2 failing\n"))
        .isEqualTo(new TestSummary(27, 2, 1));
  }

  @Test
  void anOutputWithoutASummaryIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TestSummary.ofMaven("[ERROR] BUILD FAILURE"))
        .withMessageContaining("BUILD FAILURE");
    assertThatIllegalArgumentException().isThrownBy(() -> TestSummary.ofMocha("0 failing"));
  }
}
