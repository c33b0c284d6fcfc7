package io.linkspan.protocol.socketio;

import io.linkspan.protocol.engineio.EnginePacket;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A packet to clients in its encoded form, immutable. Made once and sent to any number of sessions
 * of one event loop, of either generation and on any transport: its text is the same everywhere,
 * and attachments keep the encodings they have been needed in.
 *
 * @param ackId the acknowledgement it asks for, or {@link SocketPacket#NO_ACK}
 */
public record EncodedPacket(
    String namespace, long ackId, EnginePacket header, List<EnginePacket> attachments) {

  /**
   * An event.
   *
   * @param ackId to be acknowledged with, or {@link SocketPacket#NO_ACK}
   * @throws IllegalArgumentException if the name is reserved, or the id out of bounds
   */
  public static EncodedPacket event(
      String namespace, long ackId, String name, Arguments arguments) {
    return event(namespace, ackId, name, arguments, null);
  }

  /**
   * An event that a client can recover from: its offset goes along as one more argument, the last.
   *
   * @param offset where the event stands among those that can be missed; null for none
   * @throws IllegalArgumentException if the name is reserved, or the id out of bounds
   */
  public static EncodedPacket event(
      String namespace, long ackId, String name, Arguments arguments, String offset) {
    if (EventNames.isReserved(name)) {
      throw new IllegalArgumentException("reserved event name: " + name);
    }
    StringBuilder text = start('2', '5', namespace, ackId, arguments);
    int jsonStart = text.length();
    text.append('[');
    JsonScanner.quote(text, name);
    String json = arguments.json();
    boolean any = !isEmpty(json);
    if (any) {
      text.append(',').append(json, 1, json.length() - 1);
    }
    if (offset != null) {
      text.append(',');
      JsonScanner.quote(text, offset);
    }
    text.append(']');
    return packet(namespace, ackId, text, jsonStart, arguments.attachments());
  }

  /** Returns the acknowledgement of an event that asked for one. */
  public static EncodedPacket ack(String namespace, long ackId, Arguments arguments) {
    if (ackId < 0) {
      throw new IllegalArgumentException("no ack id: " + ackId);
    }
    StringBuilder text = start('3', '6', namespace, ackId, arguments);
    int jsonStart = text.length();
    text.append(arguments.json());
    return packet(namespace, SocketPacket.NO_ACK, text, jsonStart, arguments.attachments());
  }

  /** Puts the client out of a namespace. */
  public static EncodedPacket disconnect(String namespace) {
    return plain('1', namespace, null);
  }

  private static StringBuilder start(
      char plain, char binary, String namespace, long ackId, Arguments arguments) {
    if (ackId < SocketPacket.NO_ACK || ackId > SocketPacket.MAX_ACK_ID) {
      throw new IllegalArgumentException("ack id out of bounds: " + ackId);
    }
    var text = new StringBuilder(arguments.json().length() + 64).append('4');
    int count = arguments.attachments().size();
    if (count == 0) {
      text.append(plain);
    } else {
      text.append(binary).append(count).append('-');
    }
    appendNamespace(text, namespace);
    return ackId < 0 ? text : text.append(ackId);
  }

  /**
   * A packet without attachments.
   *
   * @param json its payload, or null
   */
  static EncodedPacket plain(char type, String namespace, String json) {
    var text = new StringBuilder(64).append('4').append(type);
    appendNamespace(text, namespace);
    int jsonStart = text.length();
    if (json != null) {
      text.append(json);
    }
    return packet(namespace, SocketPacket.NO_ACK, text, jsonStart, List.of());
  }

  private static void appendNamespace(StringBuilder text, String namespace) {
    if (namespace.length() > 1) {
      text.append(namespace).append(',');
    }
  }

  private static EncodedPacket packet(
      String namespace, long ackId, StringBuilder text, int jsonStart, List<Buffer> data) {
    List<EnginePacket> attachments = List.of();
    if (!data.isEmpty()) {
      attachments = new ArrayList<>(data.size());
      for (Buffer attachment : data) {
        attachments.add(EnginePacket.message(attachment));
      }
    }
    return new EncodedPacket(
        namespace, ackId, EnginePacket.encodedMessage(text.toString(), jsonStart), attachments);
  }

  private static boolean isEmpty(String array) {
    return new JsonScanner(array, 1, 0).peek() == ']';
  }
}
