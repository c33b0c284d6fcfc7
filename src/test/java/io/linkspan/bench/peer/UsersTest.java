package io.linkspan.bench.peer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The users of the parts of a fleet. */
class UsersTest {

  @ParameterizedTest
  @CsvSource({"10000, 2", "7, 2", "7, 3", "2, 2", "1, 2", "5, 1"})
  void eachUserIsInOnePart(int count, int parts) {
    var split = Users.of(count).split(parts);

    assertThat(split).hasSize(parts);
    assertThat(split.stream().mapToInt(Users::count).max().orElseThrow())
        .isEqualTo((count + parts - 1) / parts);
    assertThat(
            split.stream()
                .flatMapToInt(part -> IntStream.range(part.first(), part.first() + part.count())))
        .containsExactlyElementsOf(IntStream.range(0, count).boxed().toList());
  }

  @Test
  void aPartCanBeSplitAgain() {
    assertThat(new Users(100, 200).split(2))
        .containsExactly(new Users(100, 100), new Users(200, 100));
  }
}
