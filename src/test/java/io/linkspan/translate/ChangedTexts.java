package io.linkspan.translate;

import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Texts that differ from a valid one in one to three characters. */
final class ChangedTexts {

  private ChangedTexts() {}

  /**
   * Returns so many texts, each with other changes.
   *
   * @param characters that are inserted or take the place of others
   */
  static Stream<String> of(String valid, String characters, int count, Random random) {
    return IntStream.range(0, count).mapToObj(i -> change(valid, characters, random));
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
