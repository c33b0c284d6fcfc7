package io.linkspan.testing;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayDeque;
import java.util.function.Consumer;

/**
 * Takes what a WebSocket server sends to one client, and passes on its parts with a pause after
 * each: first the HTTP response, then one frame after the other. Used on one event loop.
 */
final class FramePacer {

  private static final long PAUSE_MILLIS = 10;
  private static final String END_OF_RESPONSE = "\r\n\r\n";

  private final Vertx vertx;
  private final Consumer<Buffer> out;
  private final Runnable onEnd;
  private final ArrayDeque<Buffer> parts = new ArrayDeque<>();
  private Buffer incomplete = Buffer.buffer();
  private boolean upgraded;
  private boolean pausing;
  private boolean ended;

  /**
   * @param onEnd called behind the last part
   */
  FramePacer(Vertx vertx, Consumer<Buffer> out, Runnable onEnd) {
    this.vertx = vertx;
    this.out = out;
    this.onEnd = onEnd;
  }

  void receive(Buffer bytes) {
    incomplete.appendBuffer(bytes);
    for (int length; (length = nextPart()) > 0; ) {
      parts.add(incomplete.getBuffer(0, length));
      incomplete = incomplete.getBuffer(length, incomplete.length());
      upgraded = true;
    }
    passOn();
  }

  /** The server has closed its side. */
  void end() {
    ended = true;
    parts.add(incomplete);
    incomplete = Buffer.buffer();
    passOn();
  }

  private void passOn() {
    if (pausing) {
      return;
    }
    Buffer part = parts.poll();
    if (part == null) {
      if (ended) {
        onEnd.run();
      }
      return;
    }
    out.accept(part);
    pausing = true;
    vertx.setTimer(
        PAUSE_MILLIS,
        timer -> {
          pausing = false;
          passOn();
        });
  }

  /** Returns the length of the next part; 0 when it is not complete. */
  private int nextPart() {
    int length = upgraded ? frameLength() : responseLength();
    return length <= incomplete.length() ? length : 0;
  }

  private int responseLength() {
    int end = incomplete.toString("ISO-8859-1").indexOf(END_OF_RESPONSE);
    return end < 0 ? 0 : end + END_OF_RESPONSE.length();
  }

  /** Frames of a server are not masked (RFC 6455, section 5.1). */
  private int frameLength() {
    if (incomplete.length() < 2) {
      return 0;
    }
    int length = incomplete.getByte(1) & 0x7f;
    if (length < 126) {
      return 2 + length;
    }
    int header = length == 126 ? 4 : 10;
    if (incomplete.length() < header) {
      return 0;
    }
    return header
        + (length == 126 ? incomplete.getUnsignedShort(2) : Math.toIntExact(incomplete.getLong(2)));
  }
}
