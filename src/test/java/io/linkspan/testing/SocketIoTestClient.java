package io.linkspan.testing;

import com.google.protobuf.GeneratedMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.linkspan.api.AckMessage;
import io.linkspan.api.Message;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A Socket.IO client of the current generation on a WebSocket, written by hand: sends Messages as
 * {@code message} events that ask for an acknowledgement, and tells the answers apart.
 */
public final class SocketIoTestClient implements TestClient {

  static {
    // The first use of protobuf's JSON takes longer than tests give a client to acknowledge.
    decode(new JsonObject(encode(Message.getDefaultInstance())));
  }

  private final RawWebSocket socket;

  /** The eventIds of the Messages sent, by the id of their acknowledgement. */
  private final Map<Long, String> sent = new ConcurrentHashMap<>();

  /** The ids to acknowledge with, by eventId; a Message that was received twice has two. */
  private final Map<String, Queue<Long>> received = new ConcurrentHashMap<>();

  private long nextAckId;

  private SocketIoTestClient(RawWebSocket socket) {
    this.socket = socket;
  }

  /** Connects with this query and joins the main namespace. */
  public static SocketIoTestClient connect(int port, String query) {
    var client = open(port, query);
    client.sendPacket("40");
    String reply = client.readPacket();
    if (!reply.startsWith("40")) {
      throw new AssertionError("expected to be let in, not " + reply);
    }
    return client;
  }

  /** Opens an Engine.IO session without joining a namespace. */
  public static SocketIoTestClient open(int port, String query) {
    var client =
        new SocketIoTestClient(
            RawWebSocket.connect(port, "/socket.io/?EIO=4&transport=websocket&" + query));
    String open = client.readPacket();
    if (!open.startsWith("0{")) {
      throw new AssertionError("expected an open packet, not " + open);
    }
    return client;
  }

  /** Returns the WebSocket. */
  public RawWebSocket socket() {
    return socket;
  }

  /** Sends a packet as it is. */
  public void sendPacket(String packet) {
    socket.sendText(packet);
  }

  /** Reads the next packet that is not a ping, and answers pings. */
  public String readPacket() {
    var deadline = new Deadline();
    while (true) {
      RawWebSocket.Frame frame = socket.readData();
      if (frame.opcode() != RawWebSocket.TEXT) {
        throw new AssertionError(
            "expected a packet, not opcode " + frame.opcode() + ", code " + frame.closeCode());
      }
      if (frame.text().equals("2")) {
        sendPacket("3");
        deadline.check();
      } else {
        return frame.text();
      }
    }
  }

  @Override
  public void send(Message message) {
    emit(encode(message), message.getEventId());
  }

  @Override
  public void sendGarbage() {
    emit("{\"type\":\"text\",\"body\":42}", "");
  }

  private void emit(String object, String eventId) {
    long id = nextAckId++;
    sent.put(id, eventId);
    sendPacket("42" + id + "[\"message\"," + object + "]");
  }

  @Override
  public void acknowledge(String eventId) {
    sendPacket("43" + received.get(eventId).remove() + "[]");
  }

  @Override
  public GeneratedMessage receive() {
    String packet = readPacket();
    while (packet.startsWith("42[\"~\",")) {
      // It carries an offset, and no application handles it.
      packet = readPacket();
    }
    int json = packet.indexOf('[');
    int attachments = packet.startsWith("45") ? packet.indexOf('-') + 1 : 2;
    String id = packet.substring(attachments, json);
    JsonArray arguments = new JsonArray(packet.substring(json));
    return switch (packet.substring(0, 2)) {
      case "42" -> event(id, arguments);
      case "43" -> answer(Long.parseLong(id), arguments.getJsonObject(0));
      case "45" -> {
        int count = Integer.parseInt(packet.substring(2, attachments - 1));
        readAttachments(arguments.getJsonObject(1), count);
        yield event(id, arguments);
      }
      default -> throw new AssertionError("unexpected packet " + packet);
    };
  }

  /** Reads a packet with its attachments, which the JSON of protobuf has as text. */
  private void readAttachments(JsonObject message, int count) {
    var texts = new JsonArray();
    for (int i = 0; i < count; i++) {
      texts.add(Base64.getEncoder().encodeToString(socket.readData().payload()));
    }
    JsonArray placeholders = message.getJsonArray("attachments");
    for (int i = 0; i < count; i++) {
      int number = placeholders.getJsonObject(i).getInteger("num");
      placeholders.set(i, texts.getString(number));
    }
  }

  private Message event(String id, JsonArray arguments) {
    if (!arguments.getString(0).equals("message") || arguments.size() != 2) {
      throw new AssertionError("expected a message, not " + arguments);
    }
    Message message = decode(arguments.getJsonObject(1));
    if (!id.isEmpty()) {
      received
          .computeIfAbsent(message.getEventId(), eventId -> new ArrayDeque<>())
          .add(Long.parseLong(id));
    }
    return message;
  }

  /**
   * Returns an acknowledgement as other transports have it: an AckMessage, or an error with
   * replyTo.
   */
  private GeneratedMessage answer(long id, JsonObject answer) {
    String eventId = sent.remove(id);
    JsonObject error = answer.getJsonObject("error");
    if (error == null) {
      return AckMessage.newBuilder().setEventId(answer.getString("eventId")).build();
    }
    return Message.newBuilder()
        .setType("error")
        .setReplyTo(eventId)
        .setBody(error.encode())
        .build();
  }

  /**
   * Returns the code of the event {@code closing}, or of the close frame where there is no such
   * event.
   */
  @Override
  public int closeCode() {
    while (true) {
      RawWebSocket.Frame frame = socket.readData();
      if (frame.opcode() == RawWebSocket.CLOSE) {
        return frame.closeCode();
      }
      if (frame.text().startsWith("42[\"closing\",")) {
        return new JsonArray(frame.text().substring(2)).getJsonObject(1).getInteger("code");
      }
    }
  }

  @Override
  public void leave() {
    sendPacket("41");
    socket.send(RawWebSocket.CLOSE, true, new byte[0]);
    socket.readUntilClosed();
    socket.close();
  }

  @Override
  public void close() {
    socket.close();
  }

  private static String encode(Message message) {
    try {
      return JsonFormat.printer().omittingInsignificantWhitespace().print(message);
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  private static Message decode(JsonObject object) {
    try {
      Message.Builder message = Message.newBuilder();
      JsonFormat.parser().merge(object.encode(), message);
      return message.build();
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }
}
