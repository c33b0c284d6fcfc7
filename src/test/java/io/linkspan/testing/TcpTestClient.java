package io.linkspan.testing;

import com.google.protobuf.GeneratedMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.linkspan.api.AckMessage;
import io.linkspan.api.Message;
import io.vertx.core.json.JsonObject;
import java.nio.ByteBuffer;
import java.util.Map;

/** Sends and reads Messages on framed TCP, with framing written by hand. */
public final class TcpTestClient implements TestClient {

  private static final int ACK = 10;
  private static final int MESSAGE = 11;
  private static final JsonFormat.Printer JSON =
      JsonFormat.printer().omittingInsignificantWhitespace();

  private final RawTcp socket;
  private final String delimiter;
  private boolean resumable;

  private TcpTestClient(RawTcp socket, String delimiter) {
    this.socket = socket;
    this.delimiter = delimiter;
  }

  /** Uses binary frames behind a length of four bytes. Sends nothing yet. */
  public static TcpTestClient ofLengths(RawTcp socket) {
    return new TcpTestClient(socket, null);
  }

  /** Uses JSON with a delimiter behind it. Sends nothing yet. */
  public static TcpTestClient ofDelimiters(RawTcp socket, String delimiter) {
    return new TcpTestClient(socket, delimiter);
  }

  /**
   * Authenticates and waits until the session has begun.
   *
   * @param acknowledge client or transport
   */
  public TcpTestClient authenticate(String user, String acknowledge) {
    return authenticate(user, Map.of("ack", acknowledge));
  }

  /** Authenticates with any headers of the auth message. */
  public TcpTestClient authenticate(String user, Map<String, String> headers) {
    resumable = headers.containsKey("session");
    send(
        Message.newBuilder()
            .setEventId("auth")
            .setType("auth")
            .setBody(user)
            .putAllHeaders(headers)
            .build());
    if (!receiveAck().equals("auth")) {
      throw new AssertionError("not authenticated");
    }
    return this;
  }

  /** Returns the connection. */
  public RawTcp socket() {
    return socket;
  }

  /** Returns a payload behind its length. */
  public static byte[] frame(byte[] content) {
    return ByteBuffer.allocate(4 + content.length).putInt(content.length).put(content).array();
  }

  /** Returns a whole frame with a Message. */
  public static byte[] frame(Message message) {
    return frame(WebSocketTestClient.frame(MESSAGE, message.toByteArray()));
  }

  @Override
  public void send(Message message) {
    if (delimiter == null) {
      socket.send(frame(message));
    } else {
      socket.send("{\"message\":" + json(message) + "}" + delimiter);
    }
  }

  @Override
  public void acknowledge(String eventId) {
    AckMessage ack = AckMessage.newBuilder().setEventId(eventId).build();
    if (delimiter == null) {
      socket.send(frame(WebSocketTestClient.frame(ACK, ack.toByteArray())));
    } else {
      socket.send("{\"ack\":" + json(ack) + "}" + delimiter);
    }
  }

  @Override
  public void sendGarbage() {
    if (delimiter == null) {
      socket.send(frame(new byte[] {99, 0, 1, 2, 3}));
    } else {
      socket.send("no JSON" + delimiter);
    }
  }

  @Override
  public GeneratedMessage receive() {
    GeneratedMessage next = read();
    if (next instanceof Message message && message.getType().equals("closing")) {
      throw new AssertionError("the connection ends: " + message.getBody());
    }
    return next;
  }

  @Override
  public int closeCode() {
    return closing().getInteger("code");
  }

  /** Reads until the gateway closes, and returns what it says about that. */
  public JsonObject closing() {
    while (true) {
      if (read() instanceof Message message && message.getType().equals("closing")) {
        if (!socket.atEnd()) {
          throw new AssertionError("something follows " + message.getBody());
        }
        return new JsonObject(message.getBody());
      }
    }
  }

  @Override
  public void leave() {
    if (resumable) {
      send(Message.newBuilder().setType("closing").build());
    }
    socket.finish();
    socket.readAll();
    socket.close();
  }

  @Override
  public void close() {
    socket.reset();
  }

  private GeneratedMessage read() {
    try {
      return delimiter == null ? readBinary() : readJson();
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  private GeneratedMessage readBinary() throws InvalidProtocolBufferException {
    int length = ByteBuffer.wrap(socket.read(4)).getInt();
    byte[] head = socket.read(2);
    byte[] payload = socket.read(length - 2);
    return switch ((head[0] & 0xFF) | (head[1] & 0xFF) << 8) {
      case ACK -> AckMessage.parseFrom(payload);
      case MESSAGE -> Message.parseFrom(payload);
      default -> throw new AssertionError("unknown frame type " + head[0]);
    };
  }

  private GeneratedMessage readJson() throws InvalidProtocolBufferException {
    JsonObject frame = new JsonObject(socket.readUntil(delimiter));
    boolean isAck = frame.containsKey("ack");
    var builder = isAck ? AckMessage.newBuilder() : Message.newBuilder();
    JsonFormat.parser().merge(frame.getJsonObject(isAck ? "ack" : "message").encode(), builder);
    return (GeneratedMessage) builder.build();
  }

  private static String json(com.google.protobuf.MessageOrBuilder message) {
    try {
      return JSON.print(message);
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }
}
