package io.linkspan.bench;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Runs WebSocket or TCP clients on loopback, on bare sockets so that they cost less than the server
 * they load. One thread reads and, in the closed loop, writes; the open loop has a second one that
 * writes.
 *
 * <p>Servers that are compared get the same bytes.
 */
public final class LoadGenerator implements AutoCloseable {

  /** Carries the frames of a dialect. */
  public enum Wire {
    /** A client's frames are masked. */
    WEBSOCKET("http"),

    /** Each frame follows its length in four bytes. */
    TCP("tcp");

    private final String port;

    Wire(String port) {
      this.port = port;
    }
  }

  private static final byte[] MASK = {0x37, (byte) 0xFA, 0x21, 0x3D};
  private static final byte[] NO_MASK = new byte[MASK.length];
  private static final int FINAL_TEXT = 0x81;
  private static final int FINAL_BINARY = 0x82;
  private static final int MASKED = 0x80;
  private static final int MASKED_16_BIT_LENGTH = MASKED | 126;
  private static final int LONGEST_HEADER = 8;
  private static final String END_OF_HEAD = "\r\n\r\n";
  private static final int LENGTH_FIELD = 4;
  private static final int OPCODE_PING = 0x9;
  private static final long SELECT_MS = 1_000;
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);

  private final Wire wire;
  private final byte[] mask;
  private final Client[] clients;
  private final Dialect dialect;
  private final Selector selector;
  private Latencies latencies;
  private boolean closedLoop;
  private long answered;

  /**
   * Connects.
   *
   * @param name of the clients, which is made unique with a number: each is a user of its own. Over
   *     TCP they are anonymous.
   */
  public LoadGenerator(
      ServerProcess server, Wire wire, Dialect dialect, String name, int connections)
      throws IOException {
    this(List.of(server), wire, dialect, name, connections);
  }

  /** Connects to these servers in turn. */
  public LoadGenerator(
      List<ServerProcess> servers, Wire wire, Dialect dialect, String name, int connections)
      throws IOException {
    this.wire = wire;
    mask = wire == Wire.TCP ? NO_MASK : MASK;
    this.dialect = dialect;
    selector = Selector.open();
    clients = new Client[connections];
    for (int i = 0; i < connections; i++) {
      int port = servers.get(i % servers.size()).port(wire.port);
      var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
      String recipient = name + '-' + (i + dialect.distance()) % connections;
      clients[i] = new Client(address, name + '-' + i, dialect.template(i, recipient));
    }
  }

  /**
   * Keeps one Message in flight per connection, and sends the next one as soon as it is answered.
   * Ends when both the time is over and the messages are answered; may be called again.
   *
   * @return messages answered
   */
  public long closedLoop(long millis, long messages, Latencies into) throws IOException {
    latencies = into;
    answered = 0;
    if (!closedLoop) {
      closedLoop = true;
      for (Client client : clients) {
        client.send(System.nanoTime());
      }
    }
    long start = System.nanoTime();
    long end = start + TimeUnit.MILLISECONDS.toNanos(millis);
    long before = -1;
    long progress = start;
    for (long now = start; now < end || answered < messages; now = System.nanoTime()) {
      selector.select(this::onReadable, SELECT_MS);
      if (answered != before) {
        before = answered;
        progress = now;
      } else if (now > progress + PATIENCE_NANOS) {
        throw new IOException("the server does not answer");
      }
    }
    return answered;
  }

  /** Reads the answers in flight, so that an open loop may follow. */
  public void endClosedLoop() throws IOException {
    closedLoop = false;
    latencies = null;
    long end = System.nanoTime() + PATIENCE_NANOS;
    for (Client client : clients) {
      while (client.answers < client.sent) {
        if (System.nanoTime() > end) {
          throw new IOException("an answer is missing");
        }
        selector.select(this::onReadable, SELECT_MS);
      }
    }
  }

  /**
   * Sends this many Messages per second, evenly spaced, over the connections in turn, whether or
   * not earlier ones are answered. A latency counts from the time a Message was due.
   *
   * @return messages answered
   */
  public long openLoop(int rate, long millis, Latencies into)
      throws IOException, InterruptedException {
    return openLoop(rate, millis, into, null);
  }

  /**
   * Does the same, and adds how late this generator itself sent each Message.
   *
   * @param late null for nothing
   */
  public long openLoop(int rate, long millis, Latencies into, Latencies late)
      throws IOException, InterruptedException {
    latencies = into;
    answered = 0;
    long start = System.nanoTime();
    long messages = rate * millis / 1_000;
    var sender = new Sender(start, TimeUnit.SECONDS.toNanos(1) / rate, messages, late);
    sender.start();
    long end = start + TimeUnit.MILLISECONDS.toNanos(millis);
    while (answered < messages && System.nanoTime() < end + PATIENCE_NANOS) {
      selector.select(this::onReadable, SELECT_MS);
    }
    sender.join();
    if (sender.failure != null) {
      throw sender.failure;
    }
    return answered;
  }

  /** Answers heartbeats and sends nothing else for some time. */
  public void idle(long millis) throws IOException {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    for (long left; (left = end - System.nanoTime()) > 0; ) {
      selector.select(this::onReadable, 1 + TimeUnit.NANOSECONDS.toMillis(left));
    }
  }

  @Override
  public void close() throws IOException {
    for (Client client : clients) {
      client.channel.close();
    }
    selector.close();
  }

  private void onReadable(SelectionKey key) {
    try {
      ((Client) key.attachment()).read();
    } catch (IOException e) {
      throw new IllegalStateException("a connection failed", e);
    }
  }

  /** Writes each Message when it is due. */
  private final class Sender extends Thread {

    private final long start;
    private final long interval;
    private final long messages;
    private final Latencies late;
    private volatile IOException failure;

    Sender(long start, long interval, long messages, Latencies late) {
      super("sender");
      this.start = start;
      this.interval = interval;
      this.messages = messages;
      this.late = late;
    }

    @Override
    public void run() {
      try {
        for (int i = 0; i < messages; i++) {
          long due = start + i * interval;
          for (long wait; (wait = due - System.nanoTime()) > 0; ) {
            LockSupport.parkNanos(wait);
          }
          if (late != null) {
            late.add(System.nanoTime() - due);
          }
          clients[i % clients.length].send(due);
        }
      } catch (IOException e) {
        failure = e;
      }
    }
  }

  /** One connection. */
  private final class Client {

    /** Messages in flight that are stored; the number is not reached unless the server stalls. */
    private static final int IN_FLIGHT = 256;

    private final SocketChannel channel;
    private final ByteBuffer out;
    private final int payloadAt;
    private final int lastDigitAt;
    private final ByteBuffer in = ByteBuffer.allocateDirect(1024);
    private final long[] dueTimes = new long[IN_FLIGHT];

    /** Written by the sender, read by the reader: it makes dueTimes visible. */
    private volatile int sent;

    private int parts;
    private int answers;
    private boolean welcome;

    Client(InetSocketAddress server, String user, Dialect.Template template) throws IOException {
      byte[] payload = template.payload();
      out = ByteBuffer.allocateDirect(LONGEST_HEADER + payload.length);
      if (wire == Wire.TCP) {
        out.putInt(payload.length).put(payload);
      } else {
        out.put((byte) (template.text() ? FINAL_TEXT : FINAL_BINARY));
        putMasked(out, payload);
      }
      payloadAt = out.flip().limit() - payload.length;
      lastDigitAt = payloadAt + template.lastDigit();
      channel = SocketChannel.open(server);
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      if (wire == Wire.WEBSOCKET) {
        handshake(dialect.path(user));
        greet(dialect.greeting(user));
      }
      channel.configureBlocking(false);
      channel.register(selector, SelectionKey.OP_READ, this);
    }

    void send(long due) throws IOException {
      int number = sent;
      if (number - answers >= IN_FLIGHT) {
        throw new IOException("the server does not answer");
      }
      dueTimes[number % IN_FLIGHT] = due;
      int left = dialect.firstNumber() + number;
      for (int digit = 0; digit < 8; digit++) {
        int at = lastDigitAt - digit;
        char shown = Character.forDigit(left % dialect.radix(), dialect.radix());
        out.put(at, (byte) (shown ^ mask[(at - payloadAt) & 3]));
        left /= dialect.radix();
      }
      sent = number + 1;
      out.rewind();
      while (out.hasRemaining()) {
        channel.write(out);
      }
    }

    void read() throws IOException {
      if (channel.read(in) < 0) {
        throw new EOFException("the server closed a connection");
      }
      readFrames();
    }

    private void readFrames() throws IOException {
      in.flip();
      while (hasFrame()) {
        readFrame();
      }
      in.compact();
    }

    private boolean hasFrame() {
      return in.remaining() >= 2 && in.remaining() >= headerLength() + payloadLength();
    }

    private int headerLength() {
      if (wire == Wire.TCP) {
        return LENGTH_FIELD;
      }
      return lengthByte() == 126 ? 4 : 2;
    }

    private int payloadLength() {
      if (wire == Wire.TCP) {
        return in.remaining() < LENGTH_FIELD ? Integer.MAX_VALUE / 2 : in.getInt(in.position());
      }
      if (lengthByte() < 126) {
        return lengthByte();
      }
      return in.remaining() < 4 ? Integer.MAX_VALUE / 2 : in.getShort(in.position() + 2) & 0xFFFF;
    }

    private int lengthByte() {
      return in.get(in.position() + 1);
    }

    private void readFrame() throws IOException {
      int start = in.position();
      int payload = start + headerLength();
      in.position(payload + payloadLength());
      if (wire == Wire.WEBSOCKET && (in.get(start) & 0xF) == OPCODE_PING) {
        return;
      }
      switch (dialect.read(in, payload, in.position() - payload)) {
        case WELCOME -> welcome |= in.get(payload) == '4';
        case PING -> write(FINAL_TEXT, "3");
        case PART -> parts++;
        case OTHER -> {}
        case WHOLE -> {
          if (answers >= sent || parts != dialect.parts()) {
            throw new IOException(
                "an answer that nobody asked for, or not all of it: " + text(start));
          }
          onAnswer();
        }
        case UNKNOWN -> throw new IOException("unexpected: " + text(start));
      }
    }

    private String text(int start) {
      byte[] frame = new byte[in.position() - start];
      in.get(start, frame);
      return new String(frame, StandardCharsets.ISO_8859_1);
    }

    private void onAnswer() throws IOException {
      parts = 0;
      long now = System.nanoTime();
      if (latencies != null) {
        latencies.add(now - dueTimes[answers % IN_FLIGHT]);
      }
      answers++;
      answered++;
      if (closedLoop) {
        send(now);
      }
    }

    private void greet(String greeting) throws IOException {
      if (greeting == null) {
        return;
      }
      write(FINAL_TEXT, greeting);
      readFrames();
      while (!welcome) {
        read();
      }
    }

    /** For short texts only: nothing is read while the buffer of a socket is full. */
    private void write(int head, String text) throws IOException {
      byte[] payload = text.getBytes(StandardCharsets.US_ASCII);
      var frame = ByteBuffer.allocate(LONGEST_HEADER + payload.length).put((byte) head);
      putMasked(frame, payload);
      channel.write(frame.flip());
    }

    private void handshake(String path) throws IOException {
      String request =
          "GET "
              + path
              + " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
      channel.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII)));
      String response = "";
      int end;
      while ((end = response.indexOf(END_OF_HEAD)) < 0) {
        if (channel.read(in) < 0) {
          throw new EOFException("no handshake: " + response);
        }
        response = StandardCharsets.ISO_8859_1.decode(in.duplicate().flip()).toString();
      }
      // The rest are frames.
      in.flip().position(end + END_OF_HEAD.length());
      in.compact();
      if (!response.startsWith("HTTP/1.1 101 ")) {
        throw new IOException("no WebSocket: " + response);
      }
    }
  }

  private void putMasked(ByteBuffer frame, byte[] payload) {
    if (payload.length < 126) {
      frame.put((byte) (MASKED | payload.length));
    } else {
      frame.put((byte) MASKED_16_BIT_LENGTH).putShort((short) payload.length);
    }
    frame.put(mask);
    for (int i = 0; i < payload.length; i++) {
      frame.put((byte) (payload[i] ^ mask[i & 3]));
    }
  }
}
