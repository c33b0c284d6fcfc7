package io.linkspan.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.bench.board.Board;
import io.linkspan.bench.board.Figure;
import io.linkspan.bench.board.Limit;
import io.linkspan.bench.board.MarkedBlock;
import io.linkspan.bench.board.RowReport;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command of the scoreboard, with results that are stored. */
class ScoreboardTest {

  @TempDir private Path folder;

  private String stored(String name, double lost) throws IOException {
    var report = new RowReport("jitter", List.of(Limit.none("lost", "linkspan")));
    report.add(Figure.count("lost"), "linkspan", lost);
    var manifest = new JsonObject().put("quick", false).put("scale", 1.0).put("seed", 1);
    Path file = folder.resolve(name);
    new Board(manifest, List.of(report)).write(file);
    return file.toString();
  }

  private static int run(String... arguments) throws IOException {
    return Scoreboard.run(List.of(arguments));
  }

  @Test
  void aResultWhoseLimitsHoldIsASuccess() throws IOException {
    assertThat(run("--from", stored("a", 0))).isZero();
    assertThat(run("--from", stored("b", 1))).isEqualTo(1);
  }

  @Test
  void aResultThatIsWorseThanAnotherOneIsAFailure() throws IOException {
    assertThat(run("--from", stored("a", 0), "--compare", stored("b", 1))).isZero();
    assertThat(run("--from", stored("a", 1), "--compare", stored("b", 0))).isEqualTo(1);
  }

  @Test
  void aResultIsRenderedIntoAFile() throws IOException {
    Path document = folder.resolve("benchmarks.md");
    Files.writeString(document, "# Title\n" + MarkedBlock.BEGIN + "\n" + MarkedBlock.END + "\n");

    assertThat(run("--from", stored("a", 0), "--render", document.toString())).isZero();
    assertThat(document).content().startsWith("# Title").contains("| jitter |");
  }

  @Test
  void wrongUsageIsRefused() throws IOException {
    assertThat(run("no-such-row")).isEqualTo(2);
    assertThat(run("--scale=0")).isEqualTo(2);
  }

  @Test
  void theBenchmarksHaveTheMarkedBlock() throws IOException {
    assertThat(Path.of("docs", "benchmarks.md"))
        .content()
        .contains(MarkedBlock.BEGIN)
        .contains(MarkedBlock.END);
  }
}
