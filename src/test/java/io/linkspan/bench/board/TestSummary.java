package io.linkspan.bench.board;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The numbers of cases that a test program names at the end of its output. */
public record TestSummary(int passed, int failed, int skipped) {

  private static final String MAVEN =
      "Tests run: (\\d+), Failures: (\\d+), Errors: (\\d+), Skipped: (\\d+), .* in \\S*\\b%s\\b";
  private static final String MAVEN_FAILURE =
      "(?m)^\\[ERROR] \\S*\\b%s(?:\\$\\w+)?\\.(.+) -- Time elapsed: .* <<< (?:FAILURE|ERROR)!";
  private static final Pattern AUTOBAHN_CASE = Pattern.compile("(?m)^Running test case ID \\S+");
  private static final Pattern AUTOBAHN_FAILURE =
      Pattern.compile("(?m)^\\[ERROR]\\s+\\[[\\d.]+] behavior: FAILED");
  private static final Pattern PASSING = Pattern.compile("(?m)^\\s*(\\d+) passing");
  private static final Pattern FAILING = Pattern.compile("(?m)^\\s*(\\d+) failing");
  private static final Pattern PENDING = Pattern.compile("(?m)^\\s*(\\d+) pending");

  /**
   * Reads the summaries that Maven prints for a class and for those that are nested in it.
   *
   * @throws IllegalArgumentException without one
   */
  public static TestSummary ofMaven(String output, String testClass) {
    Matcher matcher = Pattern.compile(MAVEN.formatted(testClass)).matcher(output);
    TestSummary all = new TestSummary(0, 0, 0);
    while (matcher.find()) {
      int failed = number(matcher, 2) + number(matcher, 3);
      int skipped = number(matcher, 4);
      int passed = number(matcher, 1) - failed - skipped;
      all = new TestSummary(all.passed + passed, all.failed + failed, all.skipped + skipped);
    }
    if (all.passed + all.failed + all.skipped == 0) {
      throw new IllegalArgumentException("Maven has not run " + testClass + ": " + end(output));
    }
    return all;
  }

  /** Reads the names of the cases of a class that failed, sorted. */
  public static List<String> mavenFailures(String output, String testClass) {
    return Pattern.compile(MAVEN_FAILURE.formatted(testClass))
        .matcher(output)
        .results()
        .map(failure -> failure.group(1))
        .sorted()
        .toList();
  }

  /**
   * Reads which cases the Autobahn suite ran and which of them failed.
   *
   * @throws IllegalArgumentException when it ran none
   */
  public static TestSummary ofAutobahn(String output) {
    int run = (int) AUTOBAHN_CASE.matcher(output).results().count();
    if (run == 0) {
      throw new IllegalArgumentException("Autobahn has run no tests: " + end(output));
    }
    int failed = (int) AUTOBAHN_FAILURE.matcher(output).results().count();
    return new TestSummary(run - failed, failed, 0);
  }

  /**
   * Reads the summary of mocha.
   *
   * @throws IllegalArgumentException without one
   */
  public static TestSummary ofMocha(String output) {
    Matcher passing = PASSING.matcher(output);
    if (!passing.find()) {
      throw new IllegalArgumentException("mocha has run no tests: " + end(output));
    }
    return new TestSummary(
        number(passing, 1), optional(FAILING, output), optional(PENDING, output));
  }

  private static int optional(Pattern pattern, String output) {
    Matcher matcher = pattern.matcher(output);
    return matcher.find() ? number(matcher, 1) : 0;
  }

  private static int number(Matcher matcher, int group) {
    return Integer.parseInt(matcher.group(group));
  }

  private static String end(String output) {
    return output.substring(Math.max(0, output.length() - 1_000)).strip();
  }
}
