package io.linkspan.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import java.util.zip.InflaterInputStream;

/** A bare TCP connection that sends exactly what it is told. Blocking. */
public final class RawTcp implements AutoCloseable {

  private static final int PATIENCE_MS = 15_000;

  private final Socket socket;
  private final InputStream input;

  private RawTcp(Socket socket, InputStream input) throws IOException {
    this.socket = socket;
    this.input = input;
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(PATIENCE_MS);
  }

  /** Connects to the loopback address. */
  public static RawTcp connect(int port) {
    try {
      return over(new Socket("127.0.0.1", port));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Connects with a receive buffer of so many bytes, to be somebody who reads slowly. */
  public static RawTcp connect(int port, int receiveBuffer) {
    try {
      var socket = new Socket();
      socket.setReceiveBufferSize(receiveBuffer);
      socket.connect(new InetSocketAddress("127.0.0.1", port));
      return over(socket);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Takes over a socket that is connected, perhaps one with TLS. */
  public static RawTcp over(Socket socket) {
    try {
      return new RawTcp(socket, socket.getInputStream());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The same connection for who reads what zlib has compressed. */
  public RawTcp inflating() {
    try {
      return new RawTcp(socket, new InflaterInputStream(input));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Wraps the same connection for a reader of what gzip has compressed; waits for its header. */
  public RawTcp gunzipping() {
    try {
      return new RawTcp(socket, new GZIPInputStream(input));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends bytes. */
  public void send(byte[] bytes) {
    try {
      socket.getOutputStream().write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends text in UTF-8. */
  public void send(String text) {
    send(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Reads so many bytes. */
  public byte[] read(int length) {
    try {
      byte[] bytes = input.readNBytes(length);
      if (bytes.length < length) {
        throw new AssertionError("the connection ended after " + Arrays.toString(bytes));
      }
      return bytes;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads up to a mark, which is left out. */
  public String readUntil(String mark) {
    byte[] end = mark.getBytes(StandardCharsets.UTF_8);
    var bytes = new ByteArrayOutputStream();
    while (true) {
      bytes.write(read(1)[0]);
      byte[] all = bytes.toByteArray();
      int length = all.length - end.length;
      if (length >= 0 && Arrays.equals(all, length, all.length, end, 0, end.length)) {
        return new String(all, 0, length, StandardCharsets.UTF_8);
      }
    }
  }

  /** Reads a line of JSON or of anything else. */
  public String readLine() {
    return readUntil("\n");
  }

  /** Whether something can be read without waiting. */
  public boolean hasInput() {
    try {
      return input.available() > 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether the other side has sent its FIN, and nothing before it. Waits for either. */
  public boolean atEnd() {
    try {
      return input.read() < 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads on until the other side ends the connection. */
  public byte[] readAll() {
    try {
      return input.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends a FIN; what comes can still be read. */
  public void finish() {
    try {
      socket.shutdownOutput();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Ends the connection with a RST. */
  public void reset() {
    try {
      socket.setSoLinger(true, 0);
      socket.close();
    } catch (SocketException e) {
      // Was closed already.
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
