package io.linkspan.bench.board;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The result of a run: its limits, its file, its table, and the comparison with another run. */
class BoardTest {

  private static final Figure LOST = Figure.count("lost");
  private static final Figure DELIVERED = Figure.share("delivered");
  private static final Figure P99 = Figure.wall("p99", "ms", 10);
  private static final Figure CPU = Figure.cpu("CPU", "µs");

  private static final List<Limit> LIMITS =
      List.of(
          Limit.none("lost", "linkspan"),
          Limit.atLeast("delivered", "linkspan", 100),
          Limit.atMostTimes("CPU", "linkspan", 2, "peer"),
          Limit.aimTimes("p99", "linkspan", 1, "peer"));

  private static RowReport report(double lost, double p99, double cpu) {
    var report =
        new RowReport("jitter", LIMITS)
            .add(LOST, "linkspan", lost)
            .add(DELIVERED, "linkspan", 100)
            .add(P99, "linkspan", p99)
            .add(P99, "peer", 30)
            .add(CPU, "linkspan", cpu)
            .add(CPU, "peer", 10);
    report.took(1.5, 61);
    return report;
  }

  private static Board board(RowReport... rows) {
    return new Board(
        new JsonObject()
            .put("quick", true)
            .put("scale", 1.0)
            .put("date", "2026-11-30")
            .put("seed", 1),
        List.of(rows));
  }

  @Test
  void limitsThatHoldAreNotFailures() {
    assertThat(board(report(0, 30, 20)).failures()).isEmpty();
    assertThat(board(report(0, 30, 20)).missedAims()).isEmpty();
  }

  @Test
  void countsAndProcessorTimeFailTheRunAndTimesOnTheClockDoNot() {
    Board board = board(report(1, 31, 20.1));

    assertThat(board.failures())
        .containsExactly(
            "jitter, linkspan: lost is 1, must be ≤ 0",
            "jitter, linkspan: CPU is 20.1, must be ≤ 2 × peer");
    assertThat(board.missedAims())
        .containsExactly("jitter, linkspan: p99 is 31, must be ≤ 1 × peer");
  }

  @Test
  void aMissingFigureOfTheGatewayFailsAndOneOfThePeerDoesNot() {
    var report =
        new RowReport("jitter", LIMITS)
            .add(LOST, "linkspan", 0)
            .add(P99, "linkspan", 1)
            .add(CPU, "linkspan", 1);

    assertThat(report.failures())
        .containsExactly("jitter, linkspan: delivered is missing, must be ≥ 100");
    assertThat(report.missedAims()).isEmpty();
  }

  @Test
  void aRowThatDidNotEndFails() {
    RowReport report = report(0, 30, 20);
    report.failed("the server has ended");

    assertThat(report.failures()).containsExactly("jitter did not end: the server has ended");
  }

  @Test
  void anAimMayNameAnotherFigureOfTheSameServer() {
    var limits = List.of(Limit.aimTimesOwn("storm", "linkspan", 5, "quiet"));
    var report =
        new RowReport("storm", limits)
            .add(Figure.wall("quiet", "ms", 0), "linkspan", 2)
            .add(Figure.wall("storm", "ms", 0), "linkspan", 10);

    assertThat(report.missedAims()).hasSize(1);
    assertThat(report.add(Figure.wall("storm", "ms", 0), "linkspan", 9.9).missedAims()).isEmpty();
  }

  @Test
  void aFileHoldsTheWholeResult(@TempDir Path folder) throws IOException {
    RowReport report = report(1, 31, 20.1);
    report.note("200 clients");
    Board board = board(report);
    Path file = folder.resolve("results").resolve("board.json");

    board.write(file);
    Board read = Board.read(file);

    assertThat(read.toJson()).isEqualTo(board.toJson());
    assertThat(read.failures()).isEqualTo(board.failures());
    assertThat(Table.lines(read)).isEqualTo(Table.lines(board));
  }

  @Test
  void theTableHasALineForEachFigure() {
    List<String> lines = Table.lines(board(report(1, 31, 20)));

    assertThat(lines).hasSize(6);
    assertThat(lines.get(2)).contains("jitter", "lost", "| 1 ", "≤ 0", "**failed**");
    assertThat(lines.get(4)).contains("31 ms", "peer 30 ms", "wall", "(aim)", "missed");
    assertThat(lines.get(5)).contains("20 µs", "peer 10 µs", "holds");
  }

  @Test
  void numbersHaveAsManyDigitsAsSaySomething() {
    assertThat(Table.number(12_345.6)).isEqualTo("12,346");
    assertThat(Table.number(12.34)).isEqualTo("12.3");
    assertThat(Table.number(1.234)).isEqualTo("1.23");
    assertThat(Table.number(7)).isEqualTo("7");
    assertThat(Table.number(Double.NaN)).isEqualTo("–");
  }

  @Test
  void aComparisonToleratesTheNoiseOfEachFigure() {
    Board stored = board(report(0, 30, 10));

    assertThat(new Comparison(stored, board(report(0, 60, 13))).worse()).isEmpty();
    assertThat(new Comparison(stored, board(report(1, 61, 14))).worse())
        .containsExactly(
            "jitter, linkspan: lost was 0 and is 1; noise 0 %, 0 (count)",
            "jitter, linkspan: p99 was 30 and is 61; noise 100 %, 10 (wall)",
            "jitter, linkspan: CPU was 10 and is 14; noise 30 %, 0 (CPU)");
  }

  @Test
  void aComparisonNamesWhatIsBetterAndFailsForWhatIsMissing() {
    Board stored = board(report(1, 30, 10));
    RowReport less = new RowReport("jitter", LIMITS).add(LOST, "linkspan", 0);

    var comparison = new Comparison(stored, board(less));

    assertThat(comparison.better()).hasSize(1).first().asString().contains("lost was 1 and is 0");
    assertThat(comparison.worse())
        .containsExactly(
            "jitter, linkspan: delivered is missing",
            "jitter, linkspan: p99 is missing",
            "jitter, linkspan: CPU is missing");
  }

  @Test
  void aComparisonLeavesOutRowsThatOnlyOneRunHas() {
    assertThat(new Comparison(board(report(0, 1, 1)), board()).worse()).isEmpty();
    assertThat(new Comparison(board(), board(report(0, 1, 1))).worse()).isEmpty();
  }

  @Test
  void runsOfDifferentSizesAreNotCompared() {
    Board other = board(report(0, 1, 1));
    other.manifest().put("scale", 0.5);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Comparison(board(), other))
        .withMessageContaining("scale");
  }

  @Test
  void aRunReplacesTheMarkedBlockOfAFile() {
    String text =
        "before\n" + MarkedBlock.BEGIN + "\nstale lines\n" + MarkedBlock.END + "\nafter\n";
    Board board = board(report(1, 31, 20));

    String replaced = MarkedBlock.replace(text, board);

    assertThat(replaced)
        .startsWith("before\n" + MarkedBlock.BEGIN)
        .endsWith(MarkedBlock.END + "\nafter\n")
        .doesNotContain("stale")
        .contains("2026-11-30", "| jitter |", "**Failed**", "Missed");
    assertThat(MarkedBlock.replace(replaced, board)).isEqualTo(replaced);
  }

  @Test
  void aFileWithoutMarksIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> MarkedBlock.replace("text", board()))
        .withMessageContaining("no block");
  }
}
