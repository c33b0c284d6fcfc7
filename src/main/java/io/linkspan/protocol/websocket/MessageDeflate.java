package io.linkspan.protocol.websocket;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/**
 * Compresses and inflates the messages of one connection with permessage-deflate (RFC 7692, section
 * 7.2). Inflates frame by frame, and at most {@code maxMessage} bytes of one message. Holds native
 * memory until {@link #end}.
 */
public final class MessageDeflate {

  private static final int LEVEL = 6;
  private static final int CHUNK = 1024;

  /** An empty block, which ends each message and is not sent. */
  private static final byte[] TAIL = {0, 0, -1, -1};

  /** An empty message (section 7.2.3.6). */
  private static final byte[] EMPTY = {0};

  private final DeflateOffer accepted;
  private final int maxMessage;

  /** Null while there is nothing to remember. */
  private Inflater inflater;

  private Deflater deflater;

  /** Inflated bytes of the message so far. */
  private int length;

  /**
   * @param maxMessage bytes of a message that is inflated
   */
  public MessageDeflate(DeflateOffer accepted, int maxMessage) {
    this.accepted = accepted;
    this.maxMessage = maxMessage;
  }

  /**
   * Inflates a frame of a compressed message. A fragment may end within a block, so that nothing
   * comes out of it.
   *
   * @param first whether it is the first frame of the message
   * @param last whether it is the last one
   * @throws WebSocketViolationException when the data is damaged, or the message is over the limit
   */
  public byte[] inflate(byte[] part, boolean first, boolean last) {
    if (inflater == null) {
      inflater = new Inflater(true);
    }
    if (first) {
      length = 0;
    }
    var inflated = new ByteArrayOutputStream();
    try {
      inflate(part, inflated);
      if (last) {
        inflate(TAIL, inflated);
        if (accepted.clientNoContext()) {
          endInflater();
        }
      }
    } catch (DataFormatException e) {
      throw new WebSocketViolationException(
          WebSocketViolation.INVALID_PAYLOAD, "damaged compression");
    }
    return inflated.toByteArray();
  }

  private void inflate(byte[] input, ByteArrayOutputStream inflated) throws DataFormatException {
    byte[] chunk = new byte[CHUNK];
    inflater.setInput(input);
    while (true) {
      int count = inflater.inflate(chunk);
      inflated.write(chunk, 0, count);
      length += count;
      if (length > maxMessage) {
        throw new WebSocketViolationException(
            WebSocketViolation.TOO_LARGE, "a message of more than " + maxMessage + " bytes");
      }
      if (inflater.finished()) {
        // A final block (section 7.2.3.4): what follows it is a stream of its own.
        int rest = inflater.getRemaining();
        inflater.reset();
        if (rest == 0) {
          return;
        }
        inflater.setInput(input, input.length - rest, rest);
      } else if (count == 0) {
        return;
      }
    }
  }

  /** Compresses a message. */
  public byte[] deflate(byte[] message) {
    if (message.length == 0) {
      return EMPTY;
    }
    if (deflater == null) {
      deflater = new Deflater(LEVEL, true);
    }
    var compressed = new ByteArrayOutputStream();
    byte[] chunk = new byte[CHUNK];
    deflater.setInput(message);
    int count;
    do {
      count = deflater.deflate(chunk, 0, CHUNK, Deflater.SYNC_FLUSH);
      compressed.write(chunk, 0, count);
    } while (count == CHUNK);
    if (accepted.serverNoContext()) {
      endDeflater();
    }
    return Arrays.copyOf(compressed.toByteArray(), compressed.size() - TAIL.length);
  }

  /** Gives the native memory back. */
  public void end() {
    endInflater();
    endDeflater();
  }

  private void endInflater() {
    if (inflater != null) {
      inflater.end();
      inflater = null;
    }
  }

  private void endDeflater() {
    if (deflater != null) {
      deflater.end();
      deflater = null;
    }
  }
}
