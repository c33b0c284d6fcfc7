package io.linkspan.api;

import java.lang.ref.WeakReference;

/**
 * Finds the characters of texts that are not ASCII, and remembers for each thread the long text
 * that had none last. On its way through a node a Message is measured and encoded several times,
 * and its body is the same object each time; looking at 20,000 characters takes as long as copying
 * them ten times.
 */
public final class AsciiTexts {

  /** Characters of a text that is worth remembering. */
  private static final int LONG = 1_024;

  private static final int ASCII = 0x80;

  private static final ThreadLocal<AsciiTexts> CURRENT = ThreadLocal.withInitial(AsciiTexts::new);

  private WeakReference<String> latest = new WeakReference<>(null);

  private AsciiTexts() {}

  /** Notes a text of which it is known that it has only ASCII. */
  public static void note(String text) {
    if (text.length() >= LONG) {
      CURRENT.get().latest = new WeakReference<>(text);
    }
  }

  /** Returns the number of characters before the first one that is not ASCII. */
  public static int prefix(String text) {
    int length = text.length();
    if (length < LONG) {
      return find(text, 0);
    }
    AsciiTexts texts = CURRENT.get();
    if (texts.latest.refersTo(text)) {
      return length;
    }
    int prefix = findInLong(text);
    if (prefix == length) {
      texts.latest = new WeakReference<>(text);
    }
    return prefix;
  }

  private static int find(String text, int start) {
    int length = text.length();
    int i = start;
    while (i < length && text.charAt(i) < ASCII) {
      i++;
    }
    return i;
  }

  /** Compares four characters at a time. */
  private static int findInLong(String text) {
    int end = text.length() - 3;
    int i = 0;
    while (i < end
        && (text.charAt(i) | text.charAt(i + 1) | text.charAt(i + 2) | text.charAt(i + 3))
            < ASCII) {
      i += 4;
    }
    return find(text, i);
  }
}
