package io.linkspan.bench.board;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;

/**
 * Holds the arguments of the scoreboard.
 *
 * @param rows the names of the rows that run, in the order of the scoreboard
 * @param quick whether rows are short
 * @param scale by which the number of clients of each row is multiplied, above 0 and at most 4
 * @param seeds how many seeds the row of the faults runs, 1 to 100
 * @param cycles how many cycles of sessions the row of the memory runs, 1 to 10,000; 0: as many as
 *     fit the size
 * @param patience by which the time of each row is multiplied, 1 to 20, for busy machines
 * @param out the file for the result
 * @param compare a stored result; null: none
 * @param from a stored result that is rendered in place of a run; null: none
 * @param render a Markdown file whose marked block is replaced; null: none
 * @param suites the folder of the official Socket.IO and Engine.IO suites; null: none
 */
public record BoardOptions(
    List<String> rows,
    boolean quick,
    double scale,
    long seed,
    int seeds,
    int cycles,
    int patience,
    Path out,
    Path compare,
    Path from,
    Path render,
    Path suites) {

  /** The seed of runs that name no other. */
  public static final long DEFAULT_SEED = 20_261_130L;

  private static final double MAX_SCALE = 4;
  private static final int MAX_SEEDS = 100;
  private static final int MAX_CYCLES = 10_000;
  private static final int MAX_PATIENCE = 20;
  private static final Path DEFAULT_OUT = Path.of("target", "scoreboard.json");

  /**
   * Reads the arguments.
   *
   * @param all the names of all rows, which run when none is named
   * @param quickly those that run when none is named and the run is quick
   * @throws IllegalArgumentException when an argument is invalid
   */
  public static BoardOptions parse(List<String> arguments, List<String> all, List<String> quickly) {
    List<String> named = new ArrayList<>();
    boolean quick = false;
    double scale = 1;
    long seed = DEFAULT_SEED;
    int seeds = 1;
    int cycles = 0;
    int patience = 1;
    Path out = DEFAULT_OUT;
    Path compare = null;
    Path from = null;
    Path render = null;
    Path suites = null;
    for (Iterator<String> rest = arguments.iterator(); rest.hasNext(); ) {
      String argument = rest.next();
      if (!argument.startsWith("--")) {
        if (argument.equals("quick")) {
          quick = true;
        } else if (all.contains(argument)) {
          named.add(argument);
        } else {
          throw new IllegalArgumentException("no such row: " + argument + "; rows are " + all);
        }
        continue;
      }
      int equals = argument.indexOf('=');
      String name = equals < 0 ? argument : argument.substring(0, equals);
      String value = equals < 0 ? next(argument, rest) : argument.substring(equals + 1);
      switch (name) {
        case "--scale" -> scale = scale(value);
        case "--seed" -> seed = read(name, value, Long::parseLong);
        case "--seeds" -> seeds = within(name, value, MAX_SEEDS);
        case "--cycles" -> cycles = within(name, value, MAX_CYCLES);
        case "--patience" -> patience = within(name, value, MAX_PATIENCE);
        case "--out" -> out = Path.of(value);
        case "--compare" -> compare = Path.of(value);
        case "--from" -> from = Path.of(value);
        case "--render" -> render = Path.of(value);
        case "--suites" -> suites = Path.of(value);
        default -> throw new IllegalArgumentException("no such option: " + name);
      }
    }
    List<String> wanted = !named.isEmpty() ? named : quick ? quickly : all;
    List<String> rows = all.stream().filter(wanted::contains).toList();
    return new BoardOptions(
        rows, quick, scale, seed, seeds, cycles, patience, out, compare, from, render, suites);
  }

  private static String next(String option, Iterator<String> rest) {
    if (!rest.hasNext()) {
      throw new IllegalArgumentException(option + " needs a value");
    }
    return rest.next();
  }

  private static double scale(String value) {
    double scale = read("--scale", value, Double::parseDouble);
    if (!(scale > 0 && scale <= MAX_SCALE)) {
      throw new IllegalArgumentException("--scale must be above 0 and at most 4, not " + value);
    }
    return scale;
  }

  private static int within(String name, String value, int max) {
    int number = read(name, value, Integer::parseInt);
    if (number < 1 || number > max) {
      throw new IllegalArgumentException("%s must be 1 to %d, not %s".formatted(name, max, value));
    }
    return number;
  }

  private static <T> T read(String name, String value, Function<String, T> parser) {
    try {
      return parser.apply(value);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(name + " must be a number, not " + value, e);
    }
  }

  /** Returns the size of the rows. */
  public Size size() {
    return new Size(quick, scale);
  }
}
