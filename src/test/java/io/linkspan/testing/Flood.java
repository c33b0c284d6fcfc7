package io.linkspan.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/** A client that sends the same bytes again and again, and reads nothing of what it gets. */
public final class Flood implements AutoCloseable {

  private static final int SMALL = 8 * 1024;

  private final SocketChannel socket;
  private ByteBuffer next = ByteBuffer.allocate(0);
  private byte[] bytes = {};
  private long sent;
  private boolean refused;

  private Flood(SocketChannel socket) {
    this.socket = socket;
  }

  /** Connects with small buffers, so that the gateway's are the ones that fill. */
  public static Flood connect(int port) {
    try {
      SocketChannel socket = SocketChannel.open();
      socket.setOption(StandardSocketOptions.SO_RCVBUF, SMALL);
      socket.setOption(StandardSocketOptions.SO_SNDBUF, SMALL);
      socket.connect(new InetSocketAddress("127.0.0.1", port));
      return new Flood(socket);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends a request for an upgrade and reads the head of the answer. */
  public static Flood upgrade(int port, String target, String... headers) {
    Flood flood = connect(port);
    var request =
        new StringBuilder("GET ")
            .append(target)
            .append(" HTTP/1.1\r\nHost: 127.0.0.1:")
            .append(port)
            .append("\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n")
            .append("Sec-WebSocket-Version: 13\r\n")
            .append("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
    for (String header : headers) {
      request.append(header).append("\r\n");
    }
    String head = flood.ask(request.append("\r\n").toString());
    if (!head.startsWith("HTTP/1.1 101")) {
      throw new AssertionError("no upgrade: " + head);
    }
    return flood;
  }

  /** Sends a request and reads the head of the answer. Blocking. */
  public String ask(String request) {
    try {
      socket.configureBlocking(true);
      ByteBuffer out = ByteBuffer.wrap(request.getBytes(StandardCharsets.ISO_8859_1));
      while (out.hasRemaining()) {
        socket.write(out);
      }
      var head = new StringBuilder();
      ByteBuffer one = ByteBuffer.allocate(1);
      while (head.indexOf("\r\n\r\n") < 0) {
        one.clear();
        if (socket.read(one) < 0) {
          throw new AssertionError("the connection ended after: " + head);
        }
        head.append((char) one.get(0));
      }
      return head.toString();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sets what is sent from now on. */
  public Flood of(byte[] repeated) {
    int times = Math.max(1, SMALL / repeated.length);
    bytes = new byte[times * repeated.length];
    for (int i = 0; i < times; i++) {
      System.arraycopy(repeated, 0, bytes, i * repeated.length, repeated.length);
    }
    return this;
  }

  public Flood of(String repeated) {
    return of(repeated.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Sends as much as the gateway takes now, at most 1 MB; returns the number of bytes. */
  public int push() {
    int pushed = 0;
    try {
      socket.configureBlocking(false);
      while (pushed < 1_000_000) {
        if (!next.hasRemaining()) {
          next = ByteBuffer.wrap(bytes);
        }
        int written = socket.write(next);
        if (written == 0) {
          break;
        }
        pushed += written;
      }
    } catch (IOException e) {
      refused = true;
    }
    sent += pushed;
    return pushed;
  }

  public long sent() {
    return sent;
  }

  /** Whether the gateway has closed the connection. */
  public boolean refused() {
    return refused;
  }

  @Override
  public void close() {
    try {
      socket.setOption(StandardSocketOptions.SO_LINGER, 0);
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
