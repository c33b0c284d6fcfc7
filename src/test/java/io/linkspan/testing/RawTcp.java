package io.linkspan.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import java.util.zip.InflaterInputStream;

/** Sends and reads bytes on a bare TCP connection. Blocking. */
public final class RawTcp implements AutoCloseable {

  private final Socket socket;
  private final InputStream input;

  private RawTcp(Socket socket, InputStream input) throws IOException {
    this.socket = socket;
    this.input = input;
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(Patience.MILLIS);
  }

  /** Connects to the loopback address. */
  public static RawTcp connect(int port) {
    try {
      return over(new Socket("127.0.0.1", port));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Connects from one of the addresses of the loopback network. */
  public static RawTcp connectFrom(String address, int port) {
    try {
      return over(
          new Socket(InetAddress.getByName("127.0.0.1"), port, InetAddress.getByName(address), 0));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Connects with a receive buffer of this size, as a client that reads slowly. */
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

  /** Uses a socket that is connected, for example one with TLS. */
  public static RawTcp over(Socket socket) {
    try {
      return new RawTcp(socket, socket.getInputStream());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the same connection, which inflates with zlib what it reads. */
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

  /** Reads this number of bytes. */
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

  /** Reads up to a delimiter, which is left out. */
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

  /** Reads a line. */
  public String readLine() {
    return readUntil("\n");
  }

  /** Returns whether something can be read without waiting. */
  public boolean hasInput() {
    try {
      return input.available() > 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits for a byte or a FIN, and returns whether it is the FIN. */
  public boolean atEnd() {
    try {
      return input.read() < 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads until the other side closes the connection. */
  public byte[] readAll() {
    try {
      return input.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends a FIN; the other direction stays open. */
  public void finish() {
    try {
      socket.shutdownOutput();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Closes the connection with a RST. */
  public void reset() {
    try {
      socket.setSoLinger(true, 0);
      socket.close();
    } catch (SocketException e) {
      // The socket is closed already.
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
