package io.linkspan.transport.socketio;

import io.linkspan.api.Message;
import io.linkspan.api.ReservedTypes;
import io.linkspan.connection.Outgoing;
import io.linkspan.protocol.engineio.Generation;
import io.linkspan.protocol.socketio.EncodedPacket;
import io.linkspan.protocol.socketio.SocketPacket;
import io.linkspan.session.Session;
import io.linkspan.translate.SocketIoTranslator;
import io.linkspan.translate.SocketIoTranslator.Emission;

/**
 * The forms that a Message has on the wire of Socket.IO clients. Each is a constant, since {@link
 * Outgoing} recognizes an encoder by its identity and shares what it made among recipients.
 */
final class EventEncoders {

  private static final Outgoing.Encoder<Emission> V4_EVENT =
      message -> SocketIoTranslator.encode(message, Generation.V4);
  private static final Outgoing.Encoder<Emission> V3_EVENT =
      message -> SocketIoTranslator.encode(message, Generation.V3);
  private static final Outgoing.Encoder<EncodedPacket> V4_PACKET =
      message -> packet(SocketIoTranslator.encode(message, Generation.V4));
  private static final Outgoing.Encoder<EncodedPacket> V3_PACKET =
      message -> packet(SocketIoTranslator.encode(message, Generation.V3));

  /** A whole packet with its offset, for clients that can recover. */
  static final Outgoing.Encoder<EncodedPacket> RECOVERABLE_PACKET =
      message -> {
        Emission event = SocketIoTranslator.encode(message, Generation.V4);
        return event.packet(event.namespace(), Session.offsetOf(message));
      };

  private EventEncoders() {}

  /** Returns the encoder of events whose namespace, ack id or offset is added per client. */
  static Outgoing.Encoder<Emission> event(Generation generation) {
    return generation == Generation.V3 ? V3_EVENT : V4_EVENT;
  }

  /** Returns the encoder of whole packets that ask for no acknowledgement. */
  static Outgoing.Encoder<EncodedPacket> packet(Generation generation) {
    return generation == Generation.V3 ? V3_PACKET : V4_PACKET;
  }

  /**
   * Whether a Message is the gateway's own, about the session or the identity. Clients cannot miss
   * one, so it has no offset.
   */
  static boolean isAnnouncement(Outgoing message) {
    Message announced = message.message();
    return announced.getType().equals(ReservedTypes.SESSION)
        || (announced.getType().equals(ReservedTypes.AUTH) && ReservedTypes.isForged(announced));
  }

  private static EncodedPacket packet(Emission event) {
    return event.packet(event.namespace(), SocketPacket.NO_ACK);
  }
}
