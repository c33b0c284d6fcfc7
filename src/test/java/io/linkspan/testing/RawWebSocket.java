package io.linkspan.testing;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/**
 * Sends and reads the frames of a WebSocket, also those that the standard forbids. Blocking; used
 * by one thread, or by one that reads and one that writes.
 */
public final class RawWebSocket implements AutoCloseable {

  public static final int CONTINUATION = 0x0;
  public static final int TEXT = 0x1;
  public static final int BINARY = 0x2;
  public static final int CLOSE = 0x8;
  public static final int PING = 0x9;
  public static final int PONG = 0xA;

  /** Stands for the end of a link without a close frame. */
  public static final int ABNORMAL = 1006;

  private static final int FIN = 0x80;
  private static final int MASKED = 0x80;

  /** One frame as it was read; opcode {@link #CLOSE} without payload also stands for the end. */
  public record Frame(int opcode, boolean last, byte[] payload) {

    public String text() {
      return new String(payload, StandardCharsets.UTF_8);
    }

    /** Returns the code of a close frame. */
    public int closeCode() {
      return payload.length < 2 ? 1005 : ((payload[0] & 0xFF) << 8) | (payload[1] & 0xFF);
    }
  }

  private final Socket socket;
  private final DataInputStream in;
  private final OutputStream out;
  private final String status;
  private final String responseHead;

  private RawWebSocket(Socket socket, byte[] request) throws IOException {
    this.socket = socket;
    in = new DataInputStream(socket.getInputStream());
    out = socket.getOutputStream();
    out.write(request);
    responseHead = readHead();
    status = responseHead.substring(0, Math.max(0, responseHead.indexOf("\r\n")));
  }

  /** Connects and upgrades. */
  public static RawWebSocket connect(int port, String target, String... headers) {
    return connect(port, 0, target, headers);
  }

  /**
   * Connects and upgrades with a small receive buffer.
   *
   * @param receiveBuffer bytes; 0 is the default of the system
   */
  public static RawWebSocket connect(
      int port, int receiveBuffer, String target, String... headers) {
    return connect(new InetSocketAddress("127.0.0.1", port), receiveBuffer, target, headers);
  }

  /** Connects to any address, and upgrades. */
  public static RawWebSocket connect(
      InetSocketAddress server, int receiveBuffer, String target, String... headers) {
    return connect(server, receiveBuffer, new byte[0], target, headers);
  }

  /** Connects and upgrades, and sends frames in one segment with the request. */
  public static RawWebSocket connectWith(
      byte[] frames, int port, String target, String... headers) {
    return connect(new InetSocketAddress("127.0.0.1", port), 0, frames, target, headers);
  }

  private static RawWebSocket connect(
      InetSocketAddress server,
      int receiveBuffer,
      byte[] frames,
      String target,
      String... headers) {
    try {
      Socket socket = new Socket();
      if (receiveBuffer > 0) {
        socket.setReceiveBufferSize(receiveBuffer);
      }
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(Patience.MILLIS);
      socket.connect(server);
      StringBuilder head =
          new StringBuilder()
              .append("GET ")
              .append(target)
              .append(" HTTP/1.1\r\nHost: ")
              .append(server.getHostString())
              .append(':')
              .append(server.getPort())
              .append("\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n")
              .append("Sec-WebSocket-Version: 13\r\n")
              .append("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
      for (String header : headers) {
        head.append(header).append("\r\n");
      }
      ByteArrayOutputStream request = new ByteArrayOutputStream();
      request.writeBytes(head.append("\r\n").toString().getBytes(StandardCharsets.US_ASCII));
      request.writeBytes(frames);
      return new RawWebSocket(socket, request.toByteArray());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the first line of the answer to the upgrade. */
  public String status() {
    return status;
  }

  /** Returns the whole head of the answer to the upgrade. */
  public String responseHead() {
    return responseHead;
  }

  public void sendBinary(byte[] payload) {
    send(BINARY, true, payload);
  }

  public void sendText(String text) {
    send(TEXT, true, text.getBytes(StandardCharsets.UTF_8));
  }

  public void send(int opcode, boolean last, byte[] payload) {
    sendBytes(frame(opcode, last, payload));
  }

  public void sendClose(int code) {
    send(CLOSE, true, new byte[] {(byte) (code >> 8), (byte) code});
  }

  /** Sends bytes without framing. */
  public void sendBytes(byte[] bytes) {
    try {
      out.write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the bytes of a masked frame. */
  public static byte[] frame(int opcode, boolean last, byte[] payload) {
    ByteArrayOutputStream frame = new ByteArrayOutputStream(payload.length + 14);
    frame.write((last ? FIN : 0) | opcode);
    writeLength(frame, payload.length);
    byte[] mask = {0x11, 0x22, 0x33, 0x44};
    frame.writeBytes(mask);
    for (int i = 0; i < payload.length; i++) {
      frame.write(payload[i] ^ mask[i % 4]);
    }
    return frame.toByteArray();
  }

  /** Sends the head of a frame that states this length. */
  public static byte[] frameHead(int opcode, boolean last, long length) {
    ByteArrayOutputStream frame = new ByteArrayOutputStream();
    frame.write((last ? FIN : 0) | opcode);
    writeLength(frame, length);
    frame.writeBytes(new byte[] {0, 0, 0, 0});
    return frame.toByteArray();
  }

  private static void writeLength(ByteArrayOutputStream frame, long length) {
    if (length < 126) {
      frame.write(MASKED | (int) length);
    } else if (length < 65_536) {
      frame.write(MASKED | 126);
      frame.write((int) length >> 8);
      frame.write((int) length);
    } else {
      frame.write(MASKED | 127);
      for (int shift = 56; shift >= 0; shift -= 8) {
        frame.write((int) (length >>> shift));
      }
    }
  }

  /** Reads the next frame; the end of the link is a close frame with {@link #ABNORMAL}. */
  public Frame read() {
    try {
      int first = in.readUnsignedByte();
      long length = in.readUnsignedByte();
      if (length == 126) {
        length = in.readUnsignedShort();
      } else if (length == 127) {
        length = in.readLong();
      }
      byte[] payload = in.readNBytes((int) length);
      return new Frame(first & 0x0F, (first & FIN) != 0, payload);
    } catch (SocketTimeoutException e) {
      throw new AssertionError("nothing came within " + Patience.MILLIS + " ms", e);
    } catch (EOFException e) {
      return ended();
    } catch (IOException e) {
      return ended();
    }
  }

  /** Reads the next frame that is neither ping nor pong, and answers pings. */
  public Frame readData() {
    var deadline = new Deadline();
    while (true) {
      Frame frame = read();
      if (frame.opcode() == PING) {
        send(PONG, true, frame.payload());
        deadline.check();
      } else if (frame.opcode() != PONG) {
        return frame;
      }
    }
  }

  /** Reads until the link closes, and returns the code of the close frame. */
  public int readUntilClosed() {
    var deadline = new Deadline();
    while (true) {
      Frame frame = read();
      if (frame.opcode() == CLOSE) {
        return frame.closeCode();
      }
      deadline.check();
    }
  }

  private static Frame ended() {
    return new Frame(CLOSE, true, new byte[] {(byte) (ABNORMAL >> 8), (byte) ABNORMAL});
  }

  private String readHead() throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    byte[] end = "\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    while (true) {
      int next = in.read();
      if (next < 0) {
        return head.toString(StandardCharsets.US_ASCII);
      }
      head.write(next);
      byte[] all = head.toByteArray();
      if (all.length >= 4
          && Arrays.equals(Arrays.copyOfRange(all, all.length - 4, all.length), end)) {
        return head.toString(StandardCharsets.US_ASCII);
      }
    }
  }

  /** Returns the body of an answer that is not an upgrade. */
  public String readBody() {
    int at = responseHead.toLowerCase(Locale.ROOT).indexOf("content-length: ");
    int length =
        Integer.parseInt(responseHead.substring(at + 16, responseHead.indexOf("\r\n", at)).strip());
    try {
      return new String(in.readNBytes(length), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Closes the TCP connection at once. */
  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
