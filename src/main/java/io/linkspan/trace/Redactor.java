package io.linkspan.trace;

import com.google.protobuf.ByteString;
import io.linkspan.api.Message;
import io.linkspan.api.ReservedTypes;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Removes credentials from what a live trace shows. Pure; works on texts that are cut already, so
 * that a credential at the end may be incomplete.
 */
final class Redactor {

  static final String REDACTED = "[redacted]";

  /** Parts of names of headers and of JSON fields whose values are credentials. */
  private static final String NAMES =
      "authorization|token|cookie|secret|password|passwd|api_?-?key";

  private static final Pattern NAME = Pattern.compile(NAMES);

  private static final Pattern IN_URL =
      Pattern.compile(
          "([?&](?:[\\w-]{0,40}(?:" + NAMES + ")|session)=)[^&\\s\"'<>#]+",
          Pattern.CASE_INSENSITIVE);

  private static final Pattern IN_JSON =
      Pattern.compile(
          "(\\\\?\"[\\w-]{0,40}(?:"
              + NAMES
              + ")[\\w-]{0,40}\\\\?\"\\s{0,8}:\\s{0,8})"
              + "(?:(\\\\?\")(?:[^\"\\\\]|\\\\[^\"])*|[^,}\\]\\s\"\\\\]+)",
          Pattern.CASE_INSENSITIVE);

  private static final Pattern SCHEME =
      Pattern.compile("\\b((?:bearer|basic)\\s{1,8})[\\w.~+/=-]{8,}", Pattern.CASE_INSENSITIVE);

  private static final Pattern JWT = Pattern.compile("\\beyJ[\\w-]{8,}(?:\\.[\\w-]*){0,4}");

  /** A shorter end of a text is not taken for the beginning of a secret. */
  private static final int SHORTEST = 4;

  private Redactor() {}

  /** Returns whether the payload of a Message is a credential as a whole. */
  static boolean isCredential(Message message) {
    return message.getType().equals(ReservedTypes.AUTH)
        || message.getType().equals(ReservedTypes.SESSION);
  }

  /** Returns whether the value of a header is a credential. */
  static boolean isCredential(String header) {
    String name = header.toLowerCase(Locale.ROOT);
    return name.equals(ReservedTypes.SESSION) || NAME.matcher(name).find();
  }

  /**
   * Returns a text without credentials.
   *
   * @param secret of the client's session; null when it has none
   */
  static String text(String text, String secret) {
    String clean = text;
    if (secret != null) {
      clean = withoutBeginning(clean.replace(secret, REDACTED), secret);
    }
    clean = IN_URL.matcher(clean).replaceAll("$1" + REDACTED);
    clean = IN_JSON.matcher(clean).replaceAll(Redactor::redacted);
    clean = SCHEME.matcher(clean).replaceAll("$1" + REDACTED);
    return JWT.matcher(clean).replaceAll(REDACTED);
  }

  /** A value without quotes, such as a number, becomes a text. */
  private static String redacted(MatchResult field) {
    String quote = field.group(2);
    String value = quote == null ? '"' + REDACTED + '"' : quote + REDACTED;
    return Matcher.quoteReplacement(field.group(1) + value);
  }

  /** Returns bytes without credentials in ASCII. */
  static ByteString bytes(ByteString bytes, String secret) {
    String text = bytes.toString(StandardCharsets.ISO_8859_1);
    return ByteString.copyFrom(text(text, secret), StandardCharsets.ISO_8859_1);
  }

  /** The end of a text that was cut may be the beginning of the secret. */
  private static String withoutBeginning(String text, String secret) {
    for (int length = secret.length() - 1; length >= SHORTEST; length--) {
      if (text.endsWith(secret.substring(0, length))) {
        return text.substring(0, text.length() - length) + REDACTED;
      }
    }
    return text;
  }
}
