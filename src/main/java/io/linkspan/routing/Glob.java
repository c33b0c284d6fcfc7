package io.linkspan.routing;

import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A pattern in which {@code *} matches any run of characters, including an empty one. */
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

  /** A pattern without a star. */
  record Exact(String text) implements Glob {
    @Override
    public boolean matches(String candidate) {
      return candidate.equals(text);
    }
  }

  /** A pattern with a single star at its end, the most common form. */
  record Prefix(String prefix) implements Glob {
    @Override
    public boolean matches(String candidate) {
      return candidate.startsWith(prefix);
    }
  }

  /** Any other pattern. The text is bounded where it is read, which bounds the backtracking. */
  record Regex(Pattern pattern) implements Glob {
    @Override
    public boolean matches(String candidate) {
      return pattern.matcher(candidate).matches();
    }
  }
}
