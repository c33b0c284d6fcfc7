package io.linkspan.translate;

import io.linkspan.api.Message;
import io.linkspan.api.MessageSize;
import io.linkspan.protocol.frame.LegacyFrame;

/**
 * Writes a frame that is copied at once into an array that is used again for the next one. It has
 * the bytes of {@link BinaryTranslator#encode(Message)}. Not safe for use by several threads.
 */
public final class ScratchFrame {

  /** Longer frames are left to {@link BinaryTranslator}. */
  private static final int LONGEST = 4 * 1024;

  private static final ThreadLocal<ScratchFrame> CURRENT =
      ThreadLocal.withInitial(ScratchFrame::new);

  private final byte[] bytes = new byte[LONGEST];
  private int length;

  private ScratchFrame() {}

  /**
   * Returns a frame with a Message, valid until this thread writes the next one.
   *
   * @param size of the Message
   * @return null when it is too long or not plain
   */
  public static ScratchFrame of(Message message, int size) {
    return of(message, size, 0);
  }

  /**
   * Returns a frame with a Message, as {@link #of(Message, int)} does.
   *
   * @param room bytes before it for an outer framing, which must write all of them
   */
  public static ScratchFrame of(Message message, int size, int room) {
    if (!fits(size, room) || !MessageSize.isPlain(message)) {
      return null;
    }
    ScratchFrame frame = begin(LegacyFrame.TYPE_MESSAGE, size, room);
    MessageWriter.write(message, frame.bytes, room + LegacyFrame.HEADER_LENGTH);
    return frame;
  }

  /**
   * Returns a frame with an acknowledgement, valid until this thread writes the next one.
   *
   * @return null when it is too long
   */
  public static ScratchFrame ofAck(String eventId) {
    return ofAck(eventId, 0);
  }

  /**
   * Returns a frame with an acknowledgement, as {@link #ofAck(String)} does.
   *
   * @param room bytes before it for an outer framing, which must write all of them
   */
  public static ScratchFrame ofAck(String eventId, int room) {
    int size = MessageSize.ofAck(eventId);
    if (!fits(size, room)) {
      return null;
    }
    ScratchFrame frame = begin(LegacyFrame.TYPE_ACK, size, room);
    MessageWriter.writeAck(eventId, frame.bytes, room + LegacyFrame.HEADER_LENGTH);
    return frame;
  }

  private static boolean fits(int size, int room) {
    return size <= LONGEST - LegacyFrame.HEADER_LENGTH - room;
  }

  private static ScratchFrame begin(int type, int size, int room) {
    ScratchFrame frame = CURRENT.get();
    LegacyFrame.encodeHeader(type, frame.bytes, room);
    frame.length = room + LegacyFrame.HEADER_LENGTH + size;
    return frame;
  }

  /** Returns the array that begins with the frame, or with the room before it. */
  public byte[] bytes() {
    return bytes;
  }

  /** Returns the bytes of the frame, and of the room before it. */
  public int length() {
    return length;
  }
}
