package io.linkspan.translate;

import io.linkspan.api.AckMessage;

/**
 * Reads the JSON form of acknowledgements as clients write it, an eventId and nothing else, and
 * allocates the AckMessage and its text. Each member answers a broadcast by one, and the general
 * way makes tokens and a tree of each, 5 KB. All other forms are left to that way: unknown fields,
 * escapes, and everything that is not valid. Pure.
 */
final class AckReader {

  private final String text;
  private int position;

  private AckReader(String text) {
    this.text = text;
  }

  /**
   * Reads <code>{"ack":{"eventId":"…"}}</code>, in which white space may be.
   *
   * @return null when it is left to the general way
   */
  static AckMessage read(String text) {
    return new AckReader(text).read();
  }

  private AckMessage read() {
    if (!takes("{") || !takes("\"ack\"") || !takes(":") || !takes("{")) {
      return null;
    }
    if (!takes("\"eventId\"") || !takes(":") || !takes("\"")) {
      return null;
    }
    int start = position;
    while (position < text.length() && isPlain(text.charAt(position))) {
      position++;
    }
    int end = position;
    if (!text.startsWith("\"", end)) {
      return null;
    }
    position++;
    boolean closed = takes("}");
    closed &= takes("}");
    skipSpace();
    return closed && position == text.length()
        ? AckMessage.newBuilder().setEventId(text.substring(start, end)).build()
        : null;
  }

  /** Takes a token, and the white space before it. */
  private boolean takes(String token) {
    skipSpace();
    boolean found = text.startsWith(token, position);
    if (found) {
      position += token.length();
    }
    return found;
  }

  private void skipSpace() {
    while (position < text.length() && isSpace(text.charAt(position))) {
      position++;
    }
  }

  private static boolean isSpace(char next) {
    return next == ' ' || next == '\t' || next == '\n' || next == '\r';
  }

  private static boolean isPlain(char next) {
    return next >= ' ' && next != '"' && next != '\\' && !Character.isSurrogate(next);
  }
}
