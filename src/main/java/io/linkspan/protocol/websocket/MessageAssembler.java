package io.linkspan.protocol.websocket;

import io.linkspan.protocol.ProtocolException;
import io.vertx.core.buffer.Buffer;

/**
 * Assembles the fragments of a WebSocket message (RFC 6455 §5.4). Any fragment may be empty,
 * including the first one. Control frames are not passed to it. Holds at most {@code maxLength}
 * bytes.
 */
public final class MessageAssembler {

  /** Thrown when a message exceeds its limit; the connection must end. */
  public static final class TooLargeException extends ProtocolException {
    TooLargeException(int maxLength) {
      super("a message may have at most " + maxLength + " bytes");
    }
  }

  private final int maxLength;
  private boolean text;
  private Buffer collected;

  /**
   * @param maxLength of a whole message, in bytes
   */
  public MessageAssembler(int maxLength) {
    this.maxLength = maxLength;
  }

  /**
   * Takes the first frame of a message.
   *
   * @return the whole message, or null while fragments are missing
   * @throws ProtocolException when the message before has not ended
   */
  public Buffer first(boolean text, boolean last, Buffer payload) {
    if (collected != null) {
      throw new ProtocolException("a message began before the one in fragments ended");
    }
    requireRoom(payload.length());
    this.text = text;
    if (last) {
      return payload;
    }
    // A copy: the payload may be a view of a larger read buffer.
    collected = Buffer.buffer(payload.length()).appendBuffer(payload);
    return null;
  }

  /**
   * Takes a continuation frame.
   *
   * @return the whole message, or null while fragments are missing
   * @throws ProtocolException when there is nothing to continue
   */
  public Buffer next(boolean last, Buffer payload) {
    if (collected == null) {
      throw new ProtocolException("a continuation frame without a message to continue");
    }
    requireRoom((long) collected.length() + payload.length());
    collected.appendBuffer(payload);
    if (!last) {
      return null;
    }
    Buffer whole = collected;
    collected = null;
    return whole;
  }

  /** Returns whether the last returned message is text. */
  public boolean text() {
    return text;
  }

  private void requireRoom(long length) {
    if (length > maxLength) {
      throw new TooLargeException(maxLength);
    }
  }
}
