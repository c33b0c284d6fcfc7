package io.linkspan.routing;

import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A pattern in which {@code *} stands for any run of characters, also for none. */
public sealed interface Glob {

  boolean matches(String text);

  static Glob of(String pattern) {
    int star = pattern.indexOf('*');
    if (star < 0) {
      return new Exact(pattern);
    }
    if (star == pattern.length() - 1) {
      return new Prefix(pattern.substring(0, star));
    }
    String regex =
        Stream.of(pattern.split("\\*", -1)).map(Pattern::quote).collect(Collectors.joining(".*"));
    return new Regex(Pattern.compile(regex, Pattern.DOTALL));
  }

  /** Without a star. */
  record Exact(String text) implements Glob {
    @Override
    public boolean matches(String candidate) {
      return candidate.equals(text);
    }
  }

  /** With its only star at the end, as most are. */
  record Prefix(String prefix) implements Glob {
    @Override
    public boolean matches(String candidate) {
      return candidate.startsWith(prefix);
    }
  }

  /** Any other. The text is bounded where it is read, and so is the cost of backtracking. */
  record Regex(Pattern pattern) implements Glob {
    @Override
    public boolean matches(String candidate) {
      return pattern.matcher(candidate).matches();
    }
  }
}
