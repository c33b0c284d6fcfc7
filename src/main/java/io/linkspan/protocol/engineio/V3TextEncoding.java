package io.linkspan.protocol.engineio;

import io.linkspan.protocol.ProtocolException;
import io.linkspan.protocol.StrictUtf8;
import java.nio.charset.StandardCharsets;

/**
 * Decides whether one client of Engine.IO 3 encodes the text of its polling packets as UTF-8 once
 * or twice. Socket.IO 1.x clients encode it twice, 2.x clients once, and no parameter of their
 * requests tells them apart. The first text that proves one of the two decides for the whole
 * session. Text that proves neither is taken as it is.
 *
 * <pre>
 *               a character beyond U+00FF, or bytes that are not UTF-8
 *   UNDECIDED ─────────────────────────────────────────────────────────► ONCE
 *       └──────────────────────────────────────────────────────────────► TWICE
 *               UTF-8 with a byte 80 to 9F, or a client up to 1.3
 * </pre>
 *
 * <p>The bytes 80 to 9F, read as characters, are control characters that no text contains. Most
 * characters encoded as UTF-8 contain one: all but one in two of U+0080 to U+07FF.
 */
final class V3TextEncoding {

  private enum State {
    UNDECIDED,
    ONCE,
    TWICE
  }

  private State state;

  /**
   * @param twice whether the client is known to encode twice
   */
  V3TextEncoding(boolean twice) {
    state = twice ? State.TWICE : State.UNDECIDED;
  }

  /** Returns the text of a packet. */
  String decode(String packet) {
    if (state == State.ONCE) {
      return packet;
    }
    boolean ascii = true;
    boolean control = false;
    for (int i = 0; i < packet.length(); i++) {
      char c = packet.charAt(i);
      if (c > 0xff) {
        return once(packet);
      }
      ascii &= c < 0x80;
      control |= c >= 0x80 && c < 0xa0;
    }
    if (ascii) {
      return packet;
    }
    String decoded;
    try {
      decoded = StrictUtf8.decode(packet.getBytes(StandardCharsets.ISO_8859_1));
    } catch (ProtocolException e) {
      return once(packet);
    }
    if (control) {
      state = State.TWICE;
    }
    return state == State.TWICE ? decoded : packet;
  }

  private String once(String packet) {
    if (state == State.UNDECIDED) {
      state = State.ONCE;
    }
    return packet;
  }
}
