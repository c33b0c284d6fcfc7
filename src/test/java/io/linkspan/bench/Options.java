package io.linkspan.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Holds the arguments of a benchmark: {@code [ROUNDS] [MODE…]}, with modes named as their
 * constants, in lower case and with hyphens.
 *
 * @param modes in the order in which they are declared
 */
record Options<M extends Enum<M>>(int rounds, List<M> modes) {

  /**
   * Reads the arguments.
   *
   * @param all modes, which run when none is named
   * @throws IllegalArgumentException when they are invalid
   */
  static <M extends Enum<M>> Options<M> parse(String[] arguments, int defaultRounds, M[] all) {
    int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : defaultRounds;
    List<String> named =
        new ArrayList<>(
            List.of(arguments).subList(Math.min(1, arguments.length), arguments.length));
    List<M> modes = new ArrayList<>();
    for (M mode : all) {
      if (arguments.length <= 1 || named.remove(nameOf(mode))) {
        modes.add(mode);
      }
    }
    if (!named.isEmpty()) {
      throw new IllegalArgumentException("no such mode: " + String.join(", ", named));
    }
    return new Options<>(rounds, modes);
  }

  /** Returns the name of a mode. */
  static String nameOf(Enum<?> mode) {
    return mode.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
