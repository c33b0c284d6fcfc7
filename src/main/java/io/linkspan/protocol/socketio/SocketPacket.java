package io.linkspan.protocol.socketio;

import io.vertx.core.buffer.Buffer;
import java.util.List;

/** A complete packet from a client, with its attachments. */
public sealed interface SocketPacket {
  /** The acknowledgement id of an event that asks for none. */
  long NO_ACK = -1;

  /** The largest acknowledgement id: what a double holds exactly. */
  long MAX_ACK_ID = (1L << 53) - 1;

  /** {@code "/"} or {@code "/admin"}. */
  String namespace();

  /**
   * Type 0.
   *
   * @param query what follows the {@code ?} in an old client's namespace, or null
   * @param auth a JSON object as text, or null
   */
  record Connect(String namespace, String query, String auth) implements SocketPacket {}

  /** Type 1. */
  record Disconnect(String namespace) implements SocketPacket {}

  /**
   * Types 2 and 5.
   *
   * @param ackId to be answered with, once; or {@link #NO_ACK}
   */
  record Event(String namespace, long ackId, String name, Arguments arguments)
      implements SocketPacket, SocketEvent {}

  /** Types 3 and 6. */
  record Ack(String namespace, long ackId, Arguments arguments)
      implements SocketPacket, SocketEvent {}

  /** Type 4, which only servers send. */
  record ConnectError(String namespace) implements SocketPacket {}

  /** This packet with the attachments that followed it. */
  default SocketPacket with(List<Buffer> attachments) {
    if (this instanceof Event event) {
      return new Event(event.namespace, event.ackId, event.name, event.arguments.with(attachments));
    }
    if (this instanceof Ack ack) {
      return new Ack(ack.namespace, ack.ackId, ack.arguments.with(attachments));
    }
    throw new IllegalStateException("packet takes no attachments");
  }
}
