package io.linkspan.translate;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import io.linkspan.api.AsciiTexts;
import io.linkspan.api.Message;
import io.linkspan.api.MessageSize;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * Writes and reads the protobuf form of Messages in arrays of their size. As an array, a Message
 * takes a third of the heap that its objects take. Pure.
 */
public final class StoredMessage {

  /** Begins a Message with an eventId: its field has the lowest number. */
  private static final int EVENT_ID_TAG = Message.EVENTID_FIELD_NUMBER << 3 | 2;

  private static final int LOW_BITS = 0x7F;

  private StoredMessage() {}

  /**
   * Returns an array that ends with a Message.
   *
   * @param size of the Message
   * @param room bytes before it, which are 0
   */
  public static byte[] write(Message message, int size, int room) {
    byte[] bytes = new byte[room + size];
    if (MessageSize.isPlain(message)) {
      MessageWriter.write(message, bytes, room);
      return bytes;
    }
    CodedOutputStream out = CodedOutputStream.newInstance(bytes, room, size);
    try {
      message.writeTo(out);
    } catch (IOException e) {
      throw new UncheckedIOException("a write to an array cannot fail", e);
    }
    return bytes;
  }

  /**
   * Returns the Message with which the array ends.
   *
   * @param room bytes before it
   * @throws IllegalStateException when {@link #write} has not written it
   */
  public static Message read(byte[] bytes, int room) {
    try {
      return read(bytes, room, bytes.length);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Returns the Message between two indexes of an array. */
  static Message read(byte[] bytes, int start, int end) throws InvalidProtocolBufferException {
    Message plain = MessageReader.read(bytes, start, end);
    return plain == null ? Message.parser().parseFrom(bytes, start, end - start) : plain;
  }

  /**
   * Returns whether the Message with which the array ends has this eventId.
   *
   * @param room bytes before it
   */
  public static boolean hasEventId(byte[] bytes, int room, String eventId) {
    if (bytes.length == room || bytes[room] != EVENT_ID_TAG) {
      return eventId.isEmpty();
    }
    int at = room + 1;
    int length = 0;
    for (int shift = 0; ; shift += 7) {
      int next = bytes[at++];
      length |= (next & LOW_BITS) << shift;
      if (next >= 0) {
        break;
      }
    }
    int ascii = AsciiTexts.prefix(eventId);
    if (ascii < eventId.length()) {
      return new String(bytes, at, length, StandardCharsets.UTF_8).equals(eventId);
    }
    if (length != ascii) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (bytes[at + i] != eventId.charAt(i)) {
        return false;
      }
    }
    return true;
  }
}
