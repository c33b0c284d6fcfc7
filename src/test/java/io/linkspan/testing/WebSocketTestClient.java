package io.linkspan.testing;

import com.google.protobuf.GeneratedMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import io.linkspan.api.AckMessage;
import io.linkspan.api.Message;
import java.net.InetSocketAddress;
import java.util.Arrays;

/** Sends and reads binary frames on a plain WebSocket, with framing written by hand. */
public final class WebSocketTestClient implements TestClient {

  private static final int ACK = 10;
  private static final int MESSAGE = 11;

  private final RawWebSocket socket;

  public WebSocketTestClient(RawWebSocket socket) {
    this.socket = socket;
  }

  /** Connects with this query. */
  public static WebSocketTestClient connect(int port, String query) {
    return new WebSocketTestClient(RawWebSocket.connect(port, "/ws?" + query));
  }

  /** Connects to any address. */
  public static WebSocketTestClient connect(InetSocketAddress server, String query) {
    return new WebSocketTestClient(RawWebSocket.connect(server, 0, "/ws?" + query));
  }

  /** Returns the WebSocket. */
  public RawWebSocket socket() {
    return socket;
  }

  /** Returns a frame with its little-endian type in front. */
  public static byte[] frame(int type, byte[] payload) {
    byte[] frame = new byte[payload.length + 2];
    frame[0] = (byte) type;
    frame[1] = (byte) (type >> 8);
    System.arraycopy(payload, 0, frame, 2, payload.length);
    return frame;
  }

  @Override
  public void send(Message message) {
    socket.sendBinary(frame(MESSAGE, message.toByteArray()));
  }

  @Override
  public void acknowledge(String eventId) {
    socket.sendBinary(
        frame(ACK, AckMessage.newBuilder().setEventId(eventId).build().toByteArray()));
  }

  @Override
  public void sendGarbage() {
    socket.sendBinary(new byte[] {99, 0, 1, 2, 3});
  }

  /** Reads what is next; null when the gateway closes instead. */
  public GeneratedMessage receiveOrNull() {
    RawWebSocket.Frame frame = socket.readData();
    return frame.opcode() == RawWebSocket.CLOSE ? null : decode(frame);
  }

  @Override
  public GeneratedMessage receive() {
    return decode(socket.readData());
  }

  private static GeneratedMessage decode(RawWebSocket.Frame frame) {
    if (frame.opcode() != RawWebSocket.BINARY) {
      throw new AssertionError(
          "expected a binary frame, not opcode " + frame.opcode() + ": " + frame.text());
    }
    byte[] bytes = frame.payload();
    byte[] payload = Arrays.copyOfRange(bytes, 2, bytes.length);
    int type = (bytes[0] & 0xFF) | (bytes[1] & 0xFF) << 8;
    try {
      return switch (type) {
        case ACK -> AckMessage.parseFrom(payload);
        case MESSAGE -> Message.parseFrom(payload);
        default -> throw new AssertionError("unknown frame type " + type);
      };
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public int closeCode() {
    return socket.readUntilClosed();
  }

  @Override
  public void leave() {
    socket.sendClose(1000);
    socket.readUntilClosed();
    socket.close();
  }

  @Override
  public void close() {
    socket.close();
  }
}
