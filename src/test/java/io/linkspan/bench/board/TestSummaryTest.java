package io.linkspan.bench.board;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

/** Reading how many cases of a suite have passed. */
class TestSummaryTest {

  private static final String OUTPUT =
      """
      [INFO] Tests run: 3, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 1 s -- in io.a.FirstTest
      [ERROR] Tests run: 10, Failures: 1, Errors: 2, Skipped: 3, Time elapsed: 2 s <<< FAILURE! -- in io.a.OtherTest
      [INFO] Tests run: 2, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 1 s -- in io.a.OtherTest$Nested
      [INFO] Results:
      [ERROR] Tests run: 15, Failures: 1, Errors: 2, Skipped: 3
      """;

  @Test
  void mavenNamesTheCasesOfEachClass() {
    assertThat(TestSummary.ofMaven(OUTPUT, "FirstTest")).isEqualTo(new TestSummary(3, 0, 0));
    assertThat(TestSummary.ofMaven(OUTPUT, "OtherTest")).isEqualTo(new TestSummary(6, 3, 3));
  }

  @Test
  void mavenNamesTheCasesThatFailed() {
    String output =
        """
        [ERROR] Tests run: 10, Failures: 1, Errors: 1, Skipped: 0, Time elapsed: 2 s <<< FAILURE! -- in io.a.OtherTest
        [ERROR] io.a.OtherTest.twoAreOne(Suite)[2] -- Time elapsed: 0.023 s <<< FAILURE!
        [ERROR] io.a.OtherTest$Nested.itEnds -- Time elapsed: 1 s <<< ERROR!
        [ERROR] io.a.AnotherTest.itBegins -- Time elapsed: 1 s <<< ERROR!
        [ERROR]   OtherTest.twoAreOne:12 expected: 1
        """;
    assertThat(TestSummary.mavenFailures(output, "OtherTest"))
        .containsExactly("itEnds", "twoAreOne(Suite)[2]");
    assertThat(TestSummary.mavenFailures(OUTPUT, "FirstTest")).isEmpty();
  }

  @Test
  void mochaNamesFailuresOnlyWhenThereAreSome() {
    assertThat(TestSummary.ofMocha("  25 passing (3s)\n")).isEqualTo(new TestSummary(25, 0, 0));
    assertThat(TestSummary.ofMocha("\n  27 passing (3s)\n  1 pending\n  2 failing\n"))
        .isEqualTo(new TestSummary(27, 2, 1));
  }

  @Test
  void autobahnNamesEachCaseAndThoseThatFailed() {
    String run =
        """
        Running test case ID 3.2 for agent autobahntestsuite-maven-plugin from peer 127.0.0.1:5
        Running test case ID 6.4.1 for agent autobahntestsuite-maven-plugin from peer 127.0.0.1:6
        Running test case ID 7.1.1 for agent autobahntestsuite-maven-plugin from peer 127.0.0.1:7
        """;
    assertThat(TestSummary.ofAutobahn(run)).isEqualTo(new TestSummary(3, 0, 0));
    String failures = "[ERROR] \t[3.2] behavior: FAILED, behaviorClose: FAILED_BY_CLIENT, duration";
    assertThat(TestSummary.ofAutobahn(run + failures)).isEqualTo(new TestSummary(2, 1, 0));
  }

  @Test
  void anOutputWithoutASummaryIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TestSummary.ofMaven("[ERROR] BUILD FAILURE", "FirstTest"))
        .withMessageContaining("BUILD FAILURE");
    assertThatIllegalArgumentException().isThrownBy(() -> TestSummary.ofMaven(OUTPUT, "ThirdTest"));
    assertThatIllegalArgumentException().isThrownBy(() -> TestSummary.ofMocha("0 failing"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TestSummary.ofAutobahn("[ERROR] Unable to start server"));
  }
}
