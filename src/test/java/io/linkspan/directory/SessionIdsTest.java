package io.linkspan.directory;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SessionIdsTest {

  @Test
  void randomIdsHaveTheFormAndDiffer() {
    Set<String> ids = new HashSet<>();
    for (int i = 0; i < 1_000; i++) {
      String id = SessionIds.random();
      assertThat(SessionIds.isId(id)).isTrue();
      assertThat(SessionIds.encode(SessionIds.decode(id))).isEqualTo(id);
      ids.add(id);
    }
    assertThat(ids).hasSize(1_000);
  }

  @Test
  void otherTextsAreNotIds() {
    assertThat(SessionIds.isId("x".repeat(40))).isTrue();
    for (String text :
        new String[] {"", "x".repeat(15), "x".repeat(17), "x".repeat(41), "+".repeat(40)}) {
      assertThat(SessionIds.isId(text)).as(text).isFalse();
    }
  }
}
