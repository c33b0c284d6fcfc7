package io.linkspan.translate;

import com.google.protobuf.ByteString;
import io.linkspan.api.AsciiTexts;
import io.linkspan.api.Message;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Reads the protobuf form of a plain Message, as the generated parser does, and allocates the
 * Message, its texts and its attachments, nothing else; recipients, types and the like are mostly
 * the texts of earlier Messages. It leaves all that is not plain to that parser: headers, unknown
 * fields, texts that are not ASCII, and everything that is not valid. Not safe for use by several
 * threads.
 */
final class MessageReader {

  private static final int LENGTH = 2;
  private static final int WIRE_TYPE_BITS = 3;
  private static final int WIRE_TYPE = 0x07;
  private static final int LENGTH_BITS = 7;
  private static final int LOW_BITS = 0x7F;

  /** The bits of eight bytes that are not set in ASCII. */
  private static final long NOT_ASCII = 0x8080_8080_8080_8080L;

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

  /** Texts that are kept to be read again, and the longest of them. */
  private static final int KEPT = 256;

  private static final int LONGEST_KEPT = 64;

  private static final ThreadLocal<MessageReader> CURRENT =
      ThreadLocal.withInitial(MessageReader::new);

  /** Used for every Message: a Message that it has built does not refer to it. */
  private final Message.Builder message = Message.newBuilder();

  /** Names that Messages repeat, each in the place of its hash; the latest one stays. */
  private final String[] kept = new String[KEPT];

  private byte[] bytes;
  private int position;
  private int end;

  private MessageReader() {}

  /**
   * Reads a Message.
   *
   * @param end after its last byte
   * @return null when it is not plain
   */
  static Message read(byte[] bytes, int start, int end) {
    MessageReader reader = CURRENT.get();
    reader.bytes = bytes;
    reader.position = start;
    reader.end = end;
    Message read = reader.read();
    reader.bytes = null;
    return read;
  }

  private Message read() {
    message
        .clearEventId()
        .clearFrom()
        .clearTo()
        .clearCreateAt()
        .clearType()
        .clearBody()
        .clearAttachments()
        .clearContentType()
        .clearReplyTo();
    while (position < end) {
      int tag = bytes[position++];
      if ((tag & WIRE_TYPE) != LENGTH || !readField(tag >>> WIRE_TYPE_BITS)) {
        return null;
      }
    }
    return message.build();
  }

  /** Reads the field at the position; returns false when it is not plain. */
  private boolean readField(int field) {
    int length = readLength();
    if (length < 0 || length > end - position) {
      return false;
    }
    if (field == Message.ATTACHMENTS_FIELD_NUMBER) {
      message.addAttachments(ByteString.copyFrom(bytes, position, length));
    } else if (!isAscii(bytes, position, length) || !set(field, length)) {
      return false;
    }
    position += length;
    return true;
  }

  /** Reads a length of up to four bytes; returns -1 for any other. */
  private int readLength() {
    int length = 0;
    for (int shift = 0;
        shift < Integer.SIZE - LENGTH_BITS && position < end;
        shift += LENGTH_BITS) {
      int next = bytes[position++];
      length |= (next & LOW_BITS) << shift;
      if (next >= 0) {
        return length;
      }
    }
    return -1;
  }

  private static boolean isAscii(byte[] bytes, int start, int length) {
    int end = start + length;
    long bits = 0;
    int i = start;
    for (; i <= end - Long.BYTES; i += Long.BYTES) {
      bits |= (long) LONGS.get(bytes, i);
    }
    for (; i < end; i++) {
      bits |= bytes[i];
    }
    return (bits & NOT_ASCII) == 0;
  }

  private boolean set(int field, int length) {
    switch (field) {
      case Message.EVENTID_FIELD_NUMBER -> message.setEventId(text(length));
      case Message.FROM_FIELD_NUMBER -> message.setFrom(name(length));
      case Message.TO_FIELD_NUMBER -> message.setTo(name(length));
      case Message.CREATEAT_FIELD_NUMBER -> message.setCreateAt(text(length));
      case Message.TYPE_FIELD_NUMBER -> message.setType(name(length));
      case Message.BODY_FIELD_NUMBER -> message.setBody(text(length));
      case Message.CONTENTTYPE_FIELD_NUMBER -> message.setContentType(name(length));
      case Message.REPLYTO_FIELD_NUMBER -> message.setReplyTo(text(length));
      default -> {
        return false;
      }
    }
    return true;
  }

  private String text(int length) {
    String text = new String(bytes, position, length, StandardCharsets.ISO_8859_1);
    AsciiTexts.note(text);
    return text;
  }

  /** Returns the text at the position: the object of an earlier Message, if it is still kept. */
  private String name(int length) {
    if (length > LONGEST_KEPT) {
      return text(length);
    }
    byte[] in = bytes;
    int hash = 0;
    for (int i = position; i < position + length; i++) {
      hash = 31 * hash + in[i];
    }
    int place = (hash ^ hash >>> 8) & (KEPT - 1);
    String name = kept[place];
    if (name == null || !isAtPosition(name, length)) {
      name = text(length);
      kept[place] = name;
    }
    return name;
  }

  private boolean isAtPosition(String name, int length) {
    if (name.length() != length) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (name.charAt(i) != bytes[position + i]) {
        return false;
      }
    }
    return true;
  }
}
