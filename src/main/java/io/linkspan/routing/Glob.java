package io.linkspan.routing;

import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A pattern in which {@code *} matches any run of characters, including an empty one. */
public sealed interface Glob {

  boolean matches(String text);

  /** Returns the pattern as it was written. */
  String text();

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
    return new Regex(pattern, Pattern.compile(regex, Pattern.DOTALL));
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

    @Override
    public String text() {
      return prefix + "*";
    }
  }

  /** Any other pattern. The text is bounded where it is read, which bounds the backtracking. */
  record Regex(String text, Pattern pattern) implements Glob {
    @Override
    public boolean matches(String candidate) {
      return pattern.matcher(candidate).matches();
    }

    /** Compares the texts, since compiled patterns are never equal. */
    @Override
    public boolean equals(Object other) {
      return other instanceof Regex regex && text.equals(regex.text);
    }

    @Override
    public int hashCode() {
      return text.hashCode();
    }
  }
}
