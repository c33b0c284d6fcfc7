package io.linkspan.transport.socketio;

import io.linkspan.connection.Outgoing;
import io.linkspan.protocol.socketio.EncodedPacket;
import io.linkspan.protocol.socketio.SocketPacket;
import io.linkspan.protocol.socketio.SocketSession;
import io.linkspan.session.Attachment;
import io.linkspan.session.Session;
import io.linkspan.time.DeadlineTimer;
import io.linkspan.translate.SocketIoTranslator.Emission;
import io.linkspan.transport.engineio.EngineSocket;
import io.linkspan.transport.engineio.HttpExchange;
import java.util.HashMap;
import java.util.Map;

/**
 * Sends Messages to one client as events, in the way that its session asks for: to be acknowledged,
 * with an offset from which the client can recover, or plain.
 */
final class EventWriter {

  /** A Message that the client was asked to acknowledge. */
  private record Owed(String namespace, String eventId) {}

  private final SocketSession<HttpExchange, EngineSocket> socket;
  private final Namespaces namespaces;
  private final long ackWithin;
  private final Outgoing.Encoder<Emission> toEvent;
  private final Outgoing.Encoder<EncodedPacket> toPacket;
  private Attachment attachment;
  private Map<Long, Owed> owed = Map.of();

  /** Offset of the last event that was sent to a client that can recover. */
  private String offset = "";

  private long nextAckId;

  /**
   * Creates the writer of one client.
   *
   * @param ackWithin milliseconds after which an acknowledgement is worth nothing
   */
  EventWriter(
      SocketSession<HttpExchange, EngineSocket> socket, Namespaces namespaces, long ackWithin) {
    this.socket = socket;
    this.namespaces = namespaces;
    this.ackWithin = ackWithin;
    toEvent = EventEncoders.event(socket.generation());
    toPacket = EventEncoders.packet(socket.generation());
  }

  /**
   * Begins the client's session.
   *
   * @param anchor the offset that the client starts from
   */
  void begin(Attachment begun, String anchor) {
    attachment = begun;
    offset = anchor;
  }

  /** Ends the client's session; no acknowledgement is expected any more. */
  void end() {
    owed = Map.of();
  }

  /** Sends a Message to a client that is in at least one namespace. */
  void send(Outgoing message) {
    if (attachment.clientAcknowledges()) {
      ask(message);
    } else if (Namespaces.recoverable(attachment) && !EventEncoders.isAnnouncement(message)) {
      emitRecoverable(message);
    } else {
      emit(message);
    }
  }

  /** Returns whether the client is in the namespace of a Message, or need not be. */
  boolean reaches(Outgoing message) {
    return EventEncoders.isAnnouncement(message)
        || socket.isJoined(message.as(toEvent).namespace());
  }

  private void emit(Outgoing message) {
    if (!socket.send(message.as(toPacket))) {
      send(message.as(toEvent), SocketPacket.NO_ACK);
    }
  }

  private void emitRecoverable(Outgoing message) {
    if (message.isVolatile()) {
      // It cannot be recovered, but a client takes the last argument of any event for an offset.
      send(message.as(toEvent), offset);
      return;
    }
    offset = Session.offsetOf(message.message());
    if (!socket.send(message.as(EventEncoders.RECOVERABLE_PACKET))) {
      send(message.as(toEvent), offset);
    }
  }

  private void send(Emission event, long ackId) {
    socket.send(event.packet(namespaces.nearest(event.namespace()), ackId));
  }

  private void send(Emission event, String eventOffset) {
    socket.send(event.packet(namespaces.nearest(event.namespace()), eventOffset));
  }

  private void ask(Outgoing message) {
    Emission event = message.as(toEvent);
    String namespace = namespaces.nearest(event.namespace());
    long ackId = nextAckId++;
    if (socket.ask(event.packet(namespace, ackId), DeadlineTimer.now() + ackWithin)) {
      if (owed.isEmpty()) {
        owed = new HashMap<>(4);
      }
      owed.put(ackId, new Owed(namespace, message.message().getEventId()));
    }
  }

  /**
   * Ends the wait for an acknowledgement.
   *
   * @return the eventId of the Message that it was for, or null when none was expected
   */
  String settle(long ackId) {
    Owed message = owed.remove(ackId);
    return message == null ? null : message.eventId();
  }

  /** Expects no acknowledgements any more in a namespace that the client has left. */
  void left(String namespace) {
    owed.values().removeIf(message -> message.namespace().equals(namespace));
  }
}
