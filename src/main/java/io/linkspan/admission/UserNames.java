package io.linkspan.admission;

import java.text.Normalizer;
import java.util.List;

/**
 * The rules for names of users, in every mode. Two names that look the same must not be two users,
 * and no name may be taken for an address or for a name that the gateway makes up. Pure.
 */
public final class UserNames {

  /** Begins the names that the gateway makes up. */
  public static final String ANONYMOUS = "anonymous-";

  private static final int MAX_USER = 128;
  private static final int REPLACEMENT = 0xfffd;
  private static final List<String> RESERVED =
      List.of("service:", "user:", "group:", "session:", ANONYMOUS);

  private UserNames() {}

  /** Returns why a text cannot be the name of a user; null when it can. */
  public static String problem(String name) {
    if (name.isBlank() || name.length() > MAX_USER) {
      return "a user's name has 1 to " + MAX_USER + " characters";
    }
    if (isPlain(name)) {
      return reservedPrefix(name);
    }
    if (name.codePoints().anyMatch(UserNames::isForbidden)) {
      return "a user's name has no control, format or broken characters";
    }
    if (!Normalizer.isNormalized(name, Normalizer.Form.NFC)) {
      return "a user's name is in Unicode's normal form NFC";
    }
    return reservedPrefix(name);
  }

  private static String reservedPrefix(String name) {
    for (String prefix : RESERVED) {
      if (name.startsWith(prefix)) {
        return "a user's name does not begin with " + prefix;
      }
    }
    return null;
  }

  /** Returns whether a name has nothing but printable ASCII, as almost all have. */
  private static boolean isPlain(String name) {
    for (int i = 0; i < name.length(); i++) {
      if (name.charAt(i) < ' ' || name.charAt(i) > '~') {
        return false;
      }
    }
    return true;
  }

  /** Names that arrived as broken UTF-8 or UTF-16 would otherwise be one and the same user. */
  private static boolean isForbidden(int character) {
    return switch (Character.getType(character)) {
      // Bidirectional marks and overrides are format characters.
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          true;
      default -> character == REPLACEMENT;
    };
  }
}
