package io.linkspan.bench.board;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The arguments of the scoreboard. */
class BoardOptionsTest {

  private static final List<String> ALL = List.of("jitter", "storm", "faults");

  private static BoardOptions parse(String... arguments) {
    return BoardOptions.parse(List.of(arguments), ALL, List.of("storm"));
  }

  @Test
  void withoutArgumentsAllRowsRunInFull() {
    BoardOptions options = parse();

    assertThat(options.rows()).isEqualTo(ALL);
    assertThat(options.quick()).isFalse();
    assertThat(options.scale()).isEqualTo(1);
    assertThat(options.seed()).isEqualTo(BoardOptions.DEFAULT_SEED);
    assertThat(options.seeds()).isEqualTo(1);
    assertThat(options.cycles()).isZero();
    assertThat(options.compare()).isNull();
  }

  @Test
  void namedRowsRunInTheOrderOfTheScoreboard() {
    assertThat(parse("faults", "quick", "jitter").rows()).containsExactly("jitter", "faults");
  }

  @Test
  void valuesFollowAnEqualsSignOrAreTheNextArgument() {
    BoardOptions options =
        parse(
            "--scale=0.25",
            "--seed",
            "7",
            "--seeds=10",
            "--cycles=1000",
            "--patience=3",
            "--out=a",
            "--compare",
            "b");

    assertThat(options.scale()).isEqualTo(0.25);
    assertThat(options.seed()).isEqualTo(7);
    assertThat(options.seeds()).isEqualTo(10);
    assertThat(options.cycles()).isEqualTo(1_000);
    assertThat(options.patience()).isEqualTo(3);
    assertThat(options.out()).isEqualTo(Path.of("a"));
    assertThat(options.compare()).isEqualTo(Path.of("b"));
  }

  @Test
  void refusesUnknownRowsAndOptionsAndMissingValues() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> parse("jiter"))
        .withMessageContaining("jiter");
    assertThatIllegalArgumentException().isThrownBy(() -> parse("--skale=2"));
    assertThatIllegalArgumentException().isThrownBy(() -> parse("--seed"));
  }

  @Test
  void refusesValuesThatAreNotNumbersOrOutOfBounds() {
    assertThatIllegalArgumentException().isThrownBy(() -> parse("--seed=x"));
    assertThatIllegalArgumentException().isThrownBy(() -> parse("--scale=x"));
    assertThatIllegalArgumentException().isThrownBy(() -> parse("--scale=0"));
    assertThatIllegalArgumentException().isThrownBy(() -> parse("--scale=NaN"));
    assertThatIllegalArgumentException().isThrownBy(() -> parse("--scale=5"));
    assertThatIllegalArgumentException().isThrownBy(() -> parse("--patience=0"));
    assertThatIllegalArgumentException().isThrownBy(() -> parse("--patience=21"));
    assertThatIllegalArgumentException().isThrownBy(() -> parse("--seeds=0"));
    assertThatIllegalArgumentException().isThrownBy(() -> parse("--seeds=101"));
    assertThatIllegalArgumentException().isThrownBy(() -> parse("--cycles=0"));
    assertThatIllegalArgumentException().isThrownBy(() -> parse("--cycles=10001"));
  }

  @Test
  void aQuickRunHasSomeRowsUnlessOthersAreNamed() {
    assertThat(parse("quick").rows()).containsExactly("storm");
    assertThat(parse("quick", "faults").rows()).containsExactly("faults");
  }

  @Test
  void aQuickRunHasAFifthOfTheClients() {
    assertThat(parse("quick", "--scale=0.5").size().clients(2_000)).isEqualTo(200);
    assertThat(parse("--scale=2").size().clients(2_000)).isEqualTo(4_000);
    assertThat(parse("quick", "--scale=0.001").size().clients(2_000)).isEqualTo(2);
  }
}
