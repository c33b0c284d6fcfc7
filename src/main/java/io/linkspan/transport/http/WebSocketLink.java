package io.linkspan.transport.http;

import io.linkspan.memory.MemoryAccount;
import io.linkspan.protocol.websocket.CloseBody;
import io.linkspan.protocol.websocket.FrameHead;
import io.linkspan.protocol.websocket.MessageAssembler;
import io.linkspan.protocol.websocket.MessageDeflate;
import io.linkspan.protocol.websocket.WebSocketViolation;
import io.linkspan.protocol.websocket.WebSocketViolationException;
import io.linkspan.transport.channel.ByteLink;
import io.linkspan.transport.channel.ScratchArray;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads and writes the messages of a WebSocket as RFC 6455 defines them. It is the one handler of
 * its connection, in the place of those of HTTP.
 *
 * <pre>
 *               close
 *   OPEN ─────────────────────► CLOSING
 *    │ │    close of the peer
 *    │ └──────────────────────► ENDED_BY_PEER
 *    └── violation ───────────► FAILED
 * </pre>
 *
 * <p>Used only on the connection's event loop.
 */
public final class WebSocketLink extends ByteLink {

  /** Receives the events of a link, in the Vert.x context of the server. */
  public interface Listener {

    /** Bytes arrived, and nothing in them is handled yet. */
    void onRead();

    /** Everything was flushed, and the socket did not take all of it. */
    void onWriteBlocked();

    /** A whole text message arrived. */
    void onText(String text);

    /**
     * A whole binary message arrived.
     *
     * @param bytes begins with the message, and is used again after the call
     */
    void onBinary(byte[] bytes, int length);

    /**
     * The client closes, and its close frame is answered. Nothing further is read.
     *
     * @param code of the close frame; 1005 when it has none
     */
    void onClose(int code);

    /** The client broke the protocol. Nothing further is read; the listener closes the link. */
    void onViolation(WebSocketViolation violation);

    /** The TCP connection has ended. Called once. */
    void onEnd();
  }

  private enum State {
    OPEN,
    FAILED,
    CLOSING,
    ENDED_BY_PEER
  }

  private static final int GOING_AWAY = 1001;
  private static final byte[] EMPTY = {};

  private final int maxMessage;
  private final Listener listener;

  /** Null when messages are not compressed. */
  private final MessageDeflate deflate;

  /** Null until a message in fragments arrived. */
  private MessageAssembler assembler;

  private State state = State.OPEN;

  /** Whether the message of which fragments are missing is compressed. */
  private boolean compressed;

  /**
   * Takes over a connection whose upgrade was answered in this turn.
   *
   * @param maxMessage bytes of one message, and of one frame; a larger frame is refused by its
   *     head, unread
   * @param memory of the event loop
   */
  public WebSocketLink(
      UpgradedConnection connection, int maxMessage, MemoryAccount memory, Listener listener) {
    super(connection.context(), connection.limits(), memory);
    this.maxMessage = maxMessage;
    this.listener = listener;
    deflate =
        connection.deflate() == null ? null : new MessageDeflate(connection.deflate(), maxMessage);
    connection.channel().pipeline().addLast(this);
  }

  // ------------------------------------------------------------------ reading

  @Override
  protected boolean handle(ByteBuf input) {
    try {
      FrameHead head = FrameHead.read(input, deflate != null, maxMessage);
      if (head == null || !head.isWhole(input)) {
        return false;
      }
      if (state == State.OPEN && isSmallMessage(head)) {
        byte[] scratch = ScratchArray.of(head.length());
        head.readPayload(input, scratch);
        onMessage(head.opcode() == FrameHead.TEXT, scratch, head.length());
      } else if (state == State.OPEN) {
        onFrame(head, head.readPayload(input));
      } else {
        head.skip(input);
        if (head.opcode() == FrameHead.CLOSE) {
          abort();
        }
      }
      return true;
    } catch (WebSocketViolationException e) {
      fail(e.violation());
      return false;
    }
  }

  private boolean isSmallMessage(FrameHead head) {
    return head.length() <= ScratchArray.SIZE
        && head.last()
        && !head.compressed()
        && assembler == null
        && (head.opcode() == FrameHead.TEXT || head.opcode() == FrameHead.BINARY);
  }

  private void onFrame(FrameHead head, byte[] payload) {
    switch (head.opcode()) {
      case FrameHead.PING -> writeFrame(FrameHead.PONG, false, payload);
      case FrameHead.PONG -> {
        // Every byte counts as a sign of life.
      }
      case FrameHead.CLOSE -> onClose(CloseBody.read(payload), payload);
      default -> onData(head, payload);
    }
  }

  private void onClose(int code, byte[] body) {
    state = State.ENDED_BY_PEER;
    discard();
    if (isActive()) {
      writeFrame(FrameHead.CLOSE, false, body);
      endWhenWritten();
    }
    listener.onClose(code);
  }

  private void onData(FrameHead head, byte[] payload) {
    boolean last = head.last();
    boolean first = head.opcode() != FrameHead.CONTINUATION;
    compressed = first ? head.compressed() : compressed;
    byte[] part = compressed ? deflate.inflate(payload, first, last) : payload;
    if (first && last && assembler == null) {
      onMessage(head.opcode() == FrameHead.TEXT, part, part.length);
      return;
    }
    if (assembler == null) {
      assembler = new MessageAssembler(maxMessage);
    }
    byte[] message =
        first
            ? assembler.first(head.opcode() == FrameHead.TEXT, last, part)
            : assembler.next(last, part);
    compressed &= !last;
    if (message != null) {
      onMessage(assembler.text(), message, message.length);
    }
  }

  private void onMessage(boolean text, byte[] bytes, int length) {
    String decoded = text ? MessageAssembler.decode(bytes, length) : null;
    try {
      if (text) {
        listener.onText(decoded);
      } else {
        listener.onBinary(bytes, length);
      }
    } catch (RuntimeException e) {
      report(e);
    }
  }

  private void fail(WebSocketViolation violation) {
    boolean first = state == State.OPEN;
    discard();
    if (first) {
      state = State.FAILED;
      listener.onViolation(violation);
    }
  }

  @Override
  protected int assembled() {
    return assembler == null ? 0 : assembler.unfinished();
  }

  @Override
  protected void onRead() {
    listener.onRead();
  }

  @Override
  protected void onWriteBlocked() {
    listener.onWriteBlocked();
  }

  @Override
  protected void onShutdown() {
    close(GOING_AWAY, "");
    endWhenWritten();
  }

  @Override
  protected void onEnd() {
    if (deflate != null) {
      deflate.end();
    }
    listener.onEnd();
  }

  // ------------------------------------------------------------------ writing

  /** Writes a text or binary message; the bytes may be shared and are not changed. */
  public void write(boolean text, byte[] message) {
    byte[] body = deflate == null ? message : deflate.deflate(message);
    writeFrame(text ? FrameHead.TEXT : FrameHead.BINARY, deflate != null, body);
  }

  /**
   * Writes a text or binary message of at most {@link #MAX_COPIED} bytes.
   *
   * @param bytes begins with the message, and may be used again after the call
   */
  public void write(boolean text, byte[] bytes, int length) {
    if (deflate == null) {
      ByteBuf head = begin(FrameHead.MAX_SIZE, length);
      if (head != null) {
        FrameHead.write(head, text ? FrameHead.TEXT : FrameHead.BINARY, false, length);
        endCopied(bytes, length);
      }
    } else {
      write(text, Arrays.copyOf(bytes, length));
    }
  }

  /** Writes a text message. */
  public void writeText(String message) {
    write(true, message.getBytes(StandardCharsets.UTF_8));
  }

  /** Writes a ping. */
  public void writePing() {
    writeFrame(FrameHead.PING, false, EMPTY);
  }

  private void writeFrame(int opcode, boolean deflated, byte[] body) {
    ByteBuf head = begin(FrameHead.MAX_SIZE, body.length);
    if (head != null) {
      FrameHead.write(head, opcode, deflated, body.length);
      end(body);
    }
  }

  /**
   * Sends a close frame. The TCP connection ends when the peer has answered, or by {@link #abort}.
   * Only that answer is read from now on; after a violation nothing is, and the write side ends at
   * once (RFC 6455, section 7.1.7).
   */
  public void close(int code, String reason) {
    close(CloseBody.write(code, reason));
  }

  /** Sends a close frame without a code. */
  public void close() {
    close(EMPTY);
  }

  private void close(byte[] body) {
    switch (state) {
      case OPEN -> {
        state = State.CLOSING;
        writeFrame(FrameHead.CLOSE, false, body);
        flush();
      }
      case FAILED -> {
        writeFrame(FrameHead.CLOSE, false, body);
        endOutputWhenWritten();
      }
      case CLOSING, ENDED_BY_PEER -> {
        // A close frame was sent already.
      }
    }
  }
}
