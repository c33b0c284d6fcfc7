package io.linkspan.translate;

import io.linkspan.api.Message;
import io.linkspan.api.MessageSize;
import java.util.Arrays;

/**
 * Writes the JSON form of a plain Message, byte for byte as protobuf's printer does, and allocates
 * the bytes and nothing else. The printer finds fields by reflection and makes a map of them and
 * several texts of each. Not safe for use by several threads.
 */
final class JsonMessageWriter {

  /** A larger array is not kept for the next Message. */
  private static final int LONGEST_KEPT = 8 * 1024;

  /** Bytes of the longest form of a character, an escape. */
  private static final int LONGEST_CHARACTER = 6;

  private static final char[] HEX = "0123456789abcdef".toCharArray();

  private static final ThreadLocal<JsonMessageWriter> CURRENT =
      ThreadLocal.withInitial(JsonMessageWriter::new);

  private byte[] bytes = new byte[1024];
  private int length;
  private boolean first;

  private JsonMessageWriter() {}

  /** Returns whether a Message is one that can be written. */
  static boolean writes(Message message) {
    return message.getAttachmentsCount() == 0 && MessageSize.isPlain(message);
  }

  /**
   * Returns a Message for which {@link #writes} holds, in UTF-8.
   *
   * @param before in ASCII, for an object around it
   */
  static byte[] write(String before, Message message, String after) {
    JsonMessageWriter writer = CURRENT.get();
    writer.length = 0;
    writer.ascii(before);
    writer.write(message);
    writer.ascii(after);
    byte[] json = Arrays.copyOf(writer.bytes, writer.length);
    if (writer.bytes.length > LONGEST_KEPT) {
      CURRENT.remove();
    }
    return json;
  }

  private void write(Message message) {
    ascii("{");
    first = true;
    field("eventId", message.getEventId());
    field("from", message.getFrom());
    field("to", message.getTo());
    field("createAt", message.getCreateAt());
    field("type", message.getType());
    field("body", message.getBody());
    field("contentType", message.getContentType());
    field("replyTo", message.getReplyTo());
    ascii("}");
  }

  private void field(String name, String value) {
    if (value.isEmpty()) {
      return;
    }
    ascii(first ? "\"" : ",\"");
    first = false;
    ascii(name);
    ascii("\":\"");
    text(value);
    ascii("\"");
  }

  @SuppressWarnings("deprecation") // drops the high bytes of characters: ASCII has none
  private void ascii(String text) {
    int size = text.length();
    ensure(size);
    text.getBytes(0, size, bytes, length);
    length += size;
  }

  private void text(String text) {
    int end = text.length();
    ensure(end);
    for (int i = 0; i < end; i++) {
      char next = text.charAt(i);
      ensure(LONGEST_CHARACTER);
      if (next < 0x80) {
        character(next);
      } else if (next == '\u2028' || next == '\u2029') {
        unicode(next);
      } else if (Character.isSurrogate(next)) {
        i += surrogate(text, i);
      } else {
        if (next < 0x800) {
          put(0xC0 | next >> 6);
        } else {
          put(0xE0 | next >> 12);
          put(0x80 | (next >> 6 & 0x3F));
        }
        put(0x80 | (next & 0x3F));
      }
    }
  }

  /** Writes a character of ASCII, some of them escaped because JSON may stand in a web page. */
  private void character(char next) {
    switch (next) {
      case '"', '\\' -> escape(next);
      case '\t' -> escape('t');
      case '\b' -> escape('b');
      case '\n' -> escape('n');
      case '\r' -> escape('r');
      case '\f' -> escape('f');
      case '<', '>', '&', '=', '\'' -> unicode(next);
      default -> {
        if (next < ' ') {
          unicode(next);
        } else {
          put(next);
        }
      }
    }
  }

  private void escape(char letter) {
    put('\\');
    put(letter);
  }

  private void unicode(char next) {
    escape('u');
    for (int shift = 12; shift >= 0; shift -= 4) {
      put(HEX[next >> shift & 0x0F]);
    }
  }

  /**
   * Writes a pair of surrogates; half of a pair becomes a question mark.
   *
   * @return how many further characters it consists of
   */
  private int surrogate(String text, int at) {
    int point = text.codePointAt(at);
    if (!Character.isSupplementaryCodePoint(point)) {
      put('?');
      return 0;
    }
    put(0xF0 | point >> 18);
    put(0x80 | (point >> 12 & 0x3F));
    put(0x80 | (point >> 6 & 0x3F));
    put(0x80 | (point & 0x3F));
    return 1;
  }

  private void put(int octet) {
    bytes[length++] = (byte) octet;
  }

  private void ensure(int more) {
    if (bytes.length - length < more) {
      bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, length + more));
    }
  }
}
