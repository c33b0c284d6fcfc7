package io.linkspan.storm;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ThreadLocalRandom;

/**
 * One link of a client.
 *
 * <pre>
 *   CONNECTING ── connected ──► UPGRADING ── 101 ──► OPEN
 *       │                           │                  │
 *       └───────────────────────────┴── failed ────────┴──► ENDED
 * </pre>
 */
final class StormLink {

  enum State {
    CONNECTING,
    UPGRADING,
    OPEN,
    ENDED
  }

  private static final int FINAL_BINARY = 0x82;
  private static final int FINAL_PONG = 0x8A;
  private static final int MASKED = 0x80;
  private static final int LONGEST_HEADER = 8;

  /** Bytes of an answer to the upgrade that are read. */
  private static final int MAX_HEAD = 8 * 1024;

  /** Bytes that wait for the socket; a client whose server does not read sends nothing more. */
  private static final int MAX_WAITING = 32 * 1024;

  private static final String END_OF_HEAD = "\r\n\r\n";

  final StormClient client;
  final StormKind kind;
  final SocketChannel channel;
  final SelectionKey key;
  final ServerFrames frames = new ServerFrames();

  /** When the messages were sent that are not answered, by their order. */
  final Deque<Long> sentAt = new ArrayDeque<>();

  State state = State.CONNECTING;
  private final StringBuilder head = new StringBuilder();
  private final Deque<ByteBuffer> waiting = new ArrayDeque<>();
  private int waitingBytes;

  /** An eventId that the user has sent before, over another link too, is not sent on again. */
  private final String eventIds =
      Long.toString(ThreadLocalRandom.current().nextLong(Long.MAX_VALUE), Character.MAX_RADIX)
          + '-';

  private int messages;

  StormLink(StormClient client, SocketChannel channel, SelectionKey key) {
    this.client = client;
    kind = client.kind();
    this.channel = channel;
    this.key = key;
    key.attach(this);
  }

  String nextEventId() {
    return eventIds + messages++;
  }

  /** Sends the request of an upgrade, or a half of it. */
  void request(String path) throws IOException {
    state = State.UPGRADING;
    String text =
        "GET "
            + path
            + " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    String sent = kind == StormKind.HALF_OPEN ? text.substring(0, text.length() / 2) : text;
    send(ByteBuffer.wrap(sent.getBytes(StandardCharsets.US_ASCII)));
    interest();
  }

  /**
   * Reads the answer to the upgrade; what follows it stays in the buffer.
   *
   * @return its status; 0 while it is not complete
   * @throws IOException when it is not an answer
   */
  int readHead(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      head.append((char) (bytes.get() & 0xFF));
      int length = head.length();
      if (length >= END_OF_HEAD.length()
          && head.substring(length - END_OF_HEAD.length()).equals(END_OF_HEAD)) {
        return status();
      }
      if (length > MAX_HEAD) {
        throw new IOException("the answer is too long");
      }
    }
    return 0;
  }

  private int status() throws IOException {
    String[] parts = head.substring(0, head.indexOf("\r\n")).split(" ", 3);
    head.setLength(0);
    if (parts.length < 2 || !parts[0].startsWith("HTTP/1.") || !parts[1].matches("[1-5]\\d\\d")) {
      throw new IOException("the answer is not HTTP");
    }
    return Integer.parseInt(parts[1]);
  }

  /** Returns whether a message may be sent: the server reads what was sent before. */
  boolean hasRoom() {
    return waitingBytes < MAX_WAITING;
  }

  void binary(byte[] payload) throws IOException {
    frame(FINAL_BINARY, payload);
  }

  void pong() throws IOException {
    frame(FINAL_PONG, new byte[0]);
  }

  private void frame(int first, byte[] payload) throws IOException {
    byte[] mask = new byte[4];
    ThreadLocalRandom.current().nextBytes(mask);
    ByteBuffer frame = ByteBuffer.allocate(LONGEST_HEADER + payload.length).put((byte) first);
    if (payload.length < 126) {
      frame.put((byte) (MASKED | payload.length));
    } else {
      frame.put((byte) (MASKED | 126)).putShort((short) payload.length);
    }
    frame.put(mask);
    for (int i = 0; i < payload.length; i++) {
      frame.put((byte) (payload[i] ^ mask[i & 3]));
    }
    send(frame.flip());
  }

  private void send(ByteBuffer bytes) throws IOException {
    waiting.add(bytes);
    waitingBytes += bytes.remaining();
    flush();
  }

  /** Writes what the socket takes. */
  void flush() throws IOException {
    while (!waiting.isEmpty()) {
      ByteBuffer next = waiting.element();
      waitingBytes -= channel.write(next);
      if (next.hasRemaining()) {
        break;
      }
      waiting.remove();
    }
  }

  /** Asks for the events that the link needs; a slow reader reads with its beats only. */
  void interest() {
    boolean reads = state != State.OPEN || kind != StormKind.SLOW_READER;
    key.interestOps(
        (reads ? SelectionKey.OP_READ : 0) | (waiting.isEmpty() ? 0 : SelectionKey.OP_WRITE));
  }
}
