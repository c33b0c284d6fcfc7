package io.linkspan.bench.row;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.linkspan.bench.board.RowReport;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The parts of a row, of which some fail. */
class PartsTest {

  private final RowReport report = new RowReport("row", List.of());

  @Test
  void aPartThatFailsDoesNotEndThoseAfterIt() throws InterruptedException {
    Parts.run("first", report, () -> fail("the server has ended"));
    Parts.run("second", report, () -> report.note("measured"));
    Parts.run("third", report, () -> fail("an answer is missing"));

    assertThat(report.notes()).containsExactly("measured");
    assertThat(report.failures())
        .singleElement()
        .asString()
        .contains("first", "the server has ended", "third", "an answer is missing")
        .doesNotContain("second");
  }

  @Test
  void aRowWhoseTimeIsOverRunsNoFurtherParts() {
    Thread.currentThread().interrupt();

    assertThatThrownBy(() -> Parts.run("part", report, () -> fail("closed by the interrupt")))
        .isInstanceOf(InterruptedException.class);
    assertThat(report.failures()).isEmpty();
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
  }

  private static void fail(String why) throws IOException {
    throw new IOException(why);
  }
}
