package io.linkspan.transport.socketio;

import io.linkspan.connection.Outgoing;
import io.linkspan.protocol.engineio.Generation;
import io.linkspan.protocol.socketio.EncodedPacket;
import io.linkspan.protocol.socketio.SocketPacket;
import io.linkspan.protocol.socketio.SocketSession;
import io.linkspan.session.Attachment;
import io.linkspan.session.Session;
import io.linkspan.translate.SocketIoTranslator;
import io.linkspan.translate.SocketIoTranslator.Emission;
import java.util.HashMap;
import java.util.Map;

/**
 * Sends Messages to one client as events, in the way that its session asks for: to be acknowledged,
 * with an offset from which the client can recover, or as they are.
 */
final class EventWriter {

  private static final Outgoing.Encoder<Emission> NEW_EVENT =
      message -> SocketIoTranslator.encode(message, Generation.V4);
  private static final Outgoing.Encoder<Emission> OLD_EVENT =
      message -> SocketIoTranslator.encode(message, Generation.V3);
  // Separate constants, as it is by them that encoded forms are told apart and shared.
  private static final Outgoing.Encoder<EncodedPacket> NEW_PACKET =
      message -> packet(SocketIoTranslator.encode(message, Generation.V4));
  private static final Outgoing.Encoder<EncodedPacket> OLD_PACKET =
      message -> packet(SocketIoTranslator.encode(message, Generation.V3));

  /** The same, and with its offset for who can recover. */
  static final Outgoing.Encoder<EncodedPacket> RECOVERABLE_PACKET =
      message -> {
        Emission event = SocketIoTranslator.encode(message, Generation.V4);
        return event.packet(event.namespace(), Session.offsetOf(message));
      };

  /** A Message the client has been asked to acknowledge. */
  private record Owed(String namespace, String eventId) {}

  private final SocketIoEndpoint endpoint;
  private final SocketSession<HttpExchange, EngineSocket> socket;
  private final Namespaces namespaces;
  private final Outgoing.Encoder<Emission> toEvent;
  private final Outgoing.Encoder<EncodedPacket> toPacket;
  private Attachment attachment;
  private Map<Long, Owed> owed = Map.of();

  /** Of the last event that went to a client which can recover. */
  private String offset = "";

  private long nextAckId;

  EventWriter(
      SocketIoEndpoint endpoint,
      SocketSession<HttpExchange, EngineSocket> socket,
      Namespaces namespaces) {
    this.endpoint = endpoint;
    this.socket = socket;
    this.namespaces = namespaces;
    boolean old = socket.generation() == Generation.V3;
    toEvent = old ? OLD_EVENT : NEW_EVENT;
    toPacket = old ? OLD_PACKET : NEW_PACKET;
  }

  /**
   * The client's session begins.
   *
   * @param anchor the offset that the client is given
   */
  void begin(Attachment begun, String anchor) {
    attachment = begun;
    offset = anchor;
  }

  /** The client's session ends, and nothing is owed any more. */
  void end() {
    owed = Map.of();
  }

  /** It is none of what can be missed. */
  static boolean isAnnouncement(Outgoing message) {
    return message.message().getType().equals(Session.ANNOUNCEMENT);
  }

  /** Sends to a client that is in some namespace. */
  void send(Outgoing message) {
    if (attachment.clientAcknowledges()) {
      ask(message);
    } else if (Namespaces.recoverable(attachment) && !isAnnouncement(message)) {
      emitRecoverable(message);
    } else {
      emit(message);
    }
  }

  private void emit(Outgoing message) {
    if (!socket.send(message.as(toPacket))) {
      send(message.as(toEvent), SocketPacket.NO_ACK);
    }
  }

  private void emitRecoverable(Outgoing message) {
    if (message.isVolatile()) {
      // Nobody recovers it, but a client takes what comes last for an offset.
      send(message.as(toEvent), offset);
      return;
    }
    offset = Session.offsetOf(message.message());
    if (!socket.send(message.as(RECOVERABLE_PACKET))) {
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
    if (socket.ask(event.packet(namespace, ackId), endpoint.ackDeadline())) {
      if (owed.isEmpty()) {
        owed = new HashMap<>(4);
      }
      owed.put(ackId, new Owed(namespace, message.message().getEventId()));
    }
  }

  /**
   * The client has acknowledged an event, or has had its time to.
   *
   * @return the eventId of its Message, or null when nothing is owed
   */
  String settle(long ackId) {
    Owed message = owed.remove(ackId);
    return message == null ? null : message.eventId();
  }

  /** The client has left a namespace and acknowledges nothing there any more. */
  void left(String namespace) {
    owed.values().removeIf(message -> message.namespace().equals(namespace));
  }

  private static EncodedPacket packet(Emission event) {
    return event.packet(event.namespace(), SocketPacket.NO_ACK);
  }
}
