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
    if (size > LONGEST - LegacyFrame.HEADER_LENGTH || !MessageSize.isPlain(message)) {
      return null;
    }
    ScratchFrame frame = begin(LegacyFrame.TYPE_MESSAGE, size);
    MessageWriter.write(message, frame.bytes, LegacyFrame.HEADER_LENGTH);
    return frame;
  }

  /**
   * Returns a frame with an acknowledgement, valid until this thread writes the next one.
   *
   * @return null when it is too long
   */
  public static ScratchFrame ofAck(String eventId) {
    int size = MessageSize.ofAck(eventId);
    if (size > LONGEST - LegacyFrame.HEADER_LENGTH) {
      return null;
    }
    ScratchFrame frame = begin(LegacyFrame.TYPE_ACK, size);
    MessageWriter.writeAck(eventId, frame.bytes, LegacyFrame.HEADER_LENGTH);
    return frame;
  }

  private static ScratchFrame begin(int type, int size) {
    ScratchFrame frame = CURRENT.get();
    LegacyFrame.encodeHeader(type, frame.bytes, 0);
    frame.length = LegacyFrame.HEADER_LENGTH + size;
    return frame;
  }

  /** Returns the array that begins with the frame. */
  public byte[] bytes() {
    return bytes;
  }

  /** Returns the bytes of the frame. */
  public int length() {
    return length;
  }
}
