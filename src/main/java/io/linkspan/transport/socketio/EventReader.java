package io.linkspan.transport.socketio;

import io.linkspan.admission.LimitsConfig;
import io.linkspan.admission.Offence;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.connection.Connection;
import io.linkspan.connection.MalformedCounter;
import io.linkspan.protocol.ProtocolException;
import io.linkspan.protocol.socketio.SocketPacket;
import io.linkspan.session.Receipt;
import io.linkspan.session.Session;
import io.linkspan.translate.SocketIoTranslator;

/** Gives the events and acknowledgements of one client to its session. */
final class EventReader {

  private final PacketReceipt.Client client;
  private final MalformedCounter malformed;

  EventReader(Connection connection, PacketReceipt.Client client, LimitsConfig limits) {
    this.client = client;
    malformed = new MalformedCounter(connection, limits.malformed());
  }

  void receive(SocketPacket.Event event, Session session, PendingOutcomes outcomes) {
    var receipt = new PacketReceipt(client, event.namespace(), event.ackId());
    Message message;
    try {
      message = SocketIoTranslator.decode(event);
    } catch (ProtocolException e) {
      onMalformed(receipt, e.getMessage(), session);
      return;
    }
    client.metrics().messageIn();
    session.receive(message, outcomes.count(receipt));
  }

  private void onMalformed(Receipt receipt, String what, Session session) {
    receipt.refused("", new MessageException(ErrorCode.MALFORMED, what));
    session.offended(Offence.MALFORMED);
    malformed.increment();
  }

  /**
   * Acknowledges an event.
   *
   * @param eventId of the Message that the event was
   */
  void acknowledged(SocketPacket.Ack ack, String eventId, Session session) {
    client.metrics().ackIn();
    session.acknowledged(
        eventId, SocketIoTranslator.decodeReply(ack.arguments(), session.user(), eventId));
  }
}
