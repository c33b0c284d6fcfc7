package io.linkspan.translate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.function.Function;

/** Texts that differ from a valid one in one to three characters. */
final class ChangedTexts {

  private static final int COUNT = 30_000;

  private ChangedTexts() {}

  /**
   * Asserts that a reader reads each text as the general way does, or leaves it to that by null.
   *
   * @param characters that are inserted or take the place of others
   */
  static <T> void assertReadAlike(
      String valid, String characters, Function<String, T> reader, Function<String, T> general) {
    long seed = System.nanoTime();
    var random = new Random(seed);
    for (int i = 0; i < COUNT; i++) {
      String changed = change(valid, characters, random);
      T read = reader.apply(changed);
      if (read != null) {
        assertThat(read).as("seed %d: %s", seed, changed).isEqualTo(general.apply(changed));
      }
    }
  }

  private static String change(String valid, String characters, Random random) {
    var changed = new StringBuilder(valid);
    for (int change = random.nextInt(3); change >= 0; change--) {
      int at = random.nextInt(changed.length());
      char other = characters.charAt(random.nextInt(characters.length()));
      switch (random.nextInt(3)) {
        case 0 -> changed.deleteCharAt(at);
        case 1 -> changed.setCharAt(at, other);
        default -> changed.insert(at, other);
      }
    }
    return changed.toString();
  }
}
