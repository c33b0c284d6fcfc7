package io.linkspan.translate;

import io.linkspan.api.Message;

/**
 * Reads the JSON form of a plain Message, texts and nothing else, and allocates the Message and its
 * texts. The general way makes tokens and two trees of it. All other forms are left to that way:
 * headers, attachments, unknown names, pairs of surrogates, and everything that is not valid. Pure.
 */
final class JsonMessageReader {

  private static final String[] NAMES = {
    "eventId", "from", "to", "createAt", "type", "body", "contentType", "replyTo"
  };

  private final String text;
  private final Message.Builder message = Message.newBuilder();
  private int position;

  /** Names that were read, a bit for each: a repeated one is not valid. */
  private int read;

  /** Whether something is left to the general way. */
  private boolean other;

  private JsonMessageReader(String text) {
    this.text = text;
  }

  /**
   * Reads a bare Message.
   *
   * @return null when it is left to the general way
   */
  static Message read(String text) {
    var reader = new JsonMessageReader(text);
    return reader.readObject() && reader.isAtEnd() ? reader.message.build() : null;
  }

  /**
   * Reads <code>{"message":{…}}</code>.
   *
   * @return null when it is left to the general way
   */
  static Message readFrame(String text) {
    var reader = new JsonMessageReader(text);
    boolean whole =
        reader.takes('{')
            && reader.takes('"')
            && reader.takesName("message")
            && reader.takes(':')
            && reader.readObject()
            && reader.takes('}')
            && reader.isAtEnd();
    return whole ? reader.message.build() : null;
  }

  private boolean readObject() {
    if (!takes('{')) {
      return false;
    }
    if (takes('}')) {
      return true;
    }
    do {
      if (!readField()) {
        return false;
      }
    } while (takes(','));
    return takes('}');
  }

  private boolean readField() {
    if (!takes('"')) {
      return false;
    }
    int name = name();
    if (name < 0 || (read & 1 << name) != 0 || !takes(':') || !takes('"')) {
      return false;
    }
    read |= 1 << name;
    String value = string();
    if (value == null) {
      return false;
    }
    switch (name) {
      case 0 -> message.setEventId(value);
      case 1 -> message.setFrom(value);
      case 2 -> message.setTo(value);
      case 3 -> message.setCreateAt(value);
      case 4 -> message.setType(value);
      case 5 -> message.setBody(value);
      case 6 -> message.setContentType(value);
      default -> message.setReplyTo(value);
    }
    return true;
  }

  /** Takes a name after its first quotation mark, and returns its index; -1 for all others. */
  private int name() {
    for (int i = 0; i < NAMES.length; i++) {
      if (takesName(NAMES[i])) {
        return i;
      }
    }
    return -1;
  }

  private boolean takesName(String name) {
    int end = position + name.length();
    boolean found =
        text.startsWith(name, position) && end < text.length() && text.charAt(end) == '"';
    if (found) {
      position = end + 1;
    }
    return found;
  }

  /** Takes a text after its first quotation mark; null when it is left to the general way. */
  private String string() {
    int start = position;
    while (position < text.length()) {
      char next = text.charAt(position);
      if (next == '"') {
        return text.substring(start, position++);
      }
      if (next == '\\') {
        return escaped(start);
      }
      if (next < ' ' || Character.isSurrogate(next)) {
        return null;
      }
      position++;
    }
    return null;
  }

  /** Takes a text with an escape at the position. */
  private String escaped(int start) {
    var plain = new StringBuilder(text.length() - start).append(text, start, position);
    while (position < text.length()) {
      char next = text.charAt(position++);
      if (next == '"') {
        return other ? null : plain.toString();
      }
      if (next < ' ') {
        return null;
      }
      char character = next == '\\' ? escape() : next;
      if (other || Character.isSurrogate(character)) {
        return null;
      }
      plain.append(character);
    }
    return null;
  }

  /** Takes an escape after its backslash. */
  private char escape() {
    char letter = position < text.length() ? text.charAt(position++) : 0;
    return switch (letter) {
      case '"', '\\', '/' -> letter;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'u' -> unicode();
      default -> {
        other = true;
        yield 0;
      }
    };
  }

  private char unicode() {
    int character = 0;
    for (int end = position + 4; position < end; position++) {
      int digit = position < text.length() ? Character.digit(text.charAt(position), 16) : -1;
      // Other scripts have digits, too.
      other |= digit < 0 || text.charAt(position) >= 0x80;
      character = character << 4 | digit;
    }
    return (char) character;
  }

  /** Takes a character of punctuation, and the white space before it. */
  private boolean takes(char punctuation) {
    skipSpace();
    boolean found = position < text.length() && text.charAt(position) == punctuation;
    if (found) {
      position++;
    }
    return found;
  }

  private boolean isAtEnd() {
    skipSpace();
    return position == text.length();
  }

  private void skipSpace() {
    while (position < text.length() && isSpace(text.charAt(position))) {
      position++;
    }
  }

  private static boolean isSpace(char next) {
    return next == ' ' || next == '\t' || next == '\n' || next == '\r';
  }
}
