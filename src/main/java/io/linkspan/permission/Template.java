package io.linkspan.permission;

import io.linkspan.routing.Glob;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A pattern for names: {@code *} matches any run of characters, {@code {user}} is the user's name,
 * and {@code {claim.NAME}} is a claim of its token. What replaces a variable is compared as it is,
 * so that a user named {@code *} is nobody else. Immutable.
 */
final class Template {

  private static final Pattern VARIABLE = Pattern.compile("\\{(user|claim\\.[^{}*]{1,64})}");
  private static final String CLAIM = "claim.";

  /** A star, a variable without its braces, or plain text. */
  private record Part(Kind kind, String text) {}

  private enum Kind {
    TEXT,
    STAR,
    VARIABLE
  }

  private final String source;
  private final List<Part> parts;

  /** The text that each matching name begins with. */
  private final String beginning;

  /** Set when there are no variables. */
  private final Glob fixed;

  private Template(String source, List<Part> parts) {
    this.source = source;
    this.parts = parts;
    beginning = parts.isEmpty() || parts.get(0).kind() != Kind.TEXT ? "" : parts.get(0).text();
    fixed = parts.stream().anyMatch(part -> part.kind() == Kind.VARIABLE) ? null : Glob.of(source);
  }

  /**
   * Reads a pattern.
   *
   * @return null when it has a brace that does not belong to a variable
   */
  static Template parse(String source) {
    List<Part> parts = new ArrayList<>();
    Matcher variables = VARIABLE.matcher(source);
    int at = 0;
    while (variables.find()) {
      addText(source.substring(at, variables.start()), parts);
      parts.add(new Part(Kind.VARIABLE, variables.group(1)));
      at = variables.end();
    }
    addText(source.substring(at), parts);
    boolean strayBrace =
        parts.stream()
            .anyMatch(
                part ->
                    part.kind() == Kind.TEXT
                        && (part.text().indexOf('{') >= 0 || part.text().indexOf('}') >= 0));
    return strayBrace ? null : new Template(source, List.copyOf(parts));
  }

  private static void addText(String text, List<Part> parts) {
    String[] pieces = text.split("\\*", -1);
    for (int i = 0; i < pieces.length; i++) {
      if (i > 0) {
        parts.add(new Part(Kind.STAR, "*"));
      }
      if (!pieces[i].isEmpty()) {
        parts.add(new Part(Kind.TEXT, pieces[i]));
      }
    }
  }

  /** Returns whether a name fits for a client; false where the client has no such claim. */
  boolean matches(String name, Subject subject) {
    if (fixed != null) {
      return fixed.matches(name);
    }
    if (!name.startsWith(beginning)) {
      return false;
    }
    List<String> literals = new ArrayList<>();
    var literal = new StringBuilder();
    for (Part part : parts) {
      switch (part.kind()) {
        case TEXT -> literal.append(part.text());
        case STAR -> {
          literals.add(literal.toString());
          literal.setLength(0);
        }
        case VARIABLE -> {
          String value = valueOf(part.text(), subject);
          if (value == null || value.isEmpty()) {
            return false;
          }
          literal.append(value);
        }
      }
    }
    literals.add(literal.toString());
    return fits(name, literals);
  }

  private static String valueOf(String variable, Subject subject) {
    return variable.startsWith(CLAIM)
        ? subject.claim(variable.substring(CLAIM.length()))
        : subject.user();
  }

  /** Returns whether a name consists of these texts with anything between each two. */
  private static boolean fits(String name, List<String> literals) {
    String first = literals.get(0);
    String last = literals.get(literals.size() - 1);
    if (literals.size() == 1) {
      return name.equals(first);
    }
    if (!name.startsWith(first)
        || !name.endsWith(last)
        || name.length() < first.length() + last.length()) {
      return false;
    }
    int at = first.length();
    int end = name.length() - last.length();
    for (String inner : literals.subList(1, literals.size() - 1)) {
      int found = name.indexOf(inner, at);
      if (found < 0 || found + inner.length() > end) {
        return false;
      }
      at = found + inner.length();
    }
    return true;
  }

  @Override
  public String toString() {
    return source;
  }
}
