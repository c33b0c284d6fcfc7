package io.linkspan.transport.socketio;

import io.linkspan.admission.LimitsConfig;
import io.linkspan.admission.Offence;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.connection.Connection;
import io.linkspan.connection.MalformedCounter;
import io.linkspan.connection.TransportMetrics;
import io.linkspan.protocol.ProtocolException;
import io.linkspan.protocol.engineio.Generation;
import io.linkspan.protocol.socketio.EncodedPacket;
import io.linkspan.protocol.socketio.SocketPacket;
import io.linkspan.protocol.socketio.SocketSession;
import io.linkspan.session.Receipt;
import io.linkspan.session.Session;
import io.linkspan.translate.SocketIoTranslator;
import io.linkspan.transport.engineio.EngineLink;
import io.linkspan.transport.engineio.EngineSocket;
import io.linkspan.transport.engineio.HttpExchange;
import java.util.function.BooleanSupplier;

/**
 * Gives the events and acknowledgements of one client to its session, and sends the answers to
 * them. Used only on the client's event loop.
 */
final class EventReader implements PacketReceipt.Client {

  private final Connection connection;
  private final SocketSession<HttpExchange, EngineSocket> socket;
  private final EngineLink link;
  private final BooleanSupplier joined;
  private final TransportMetrics metrics;
  private final LimitsConfig limits;

  /** Null until the first one. */
  private MalformedCounter malformed;

  /**
   * Creates the reader of one client.
   *
   * @param joined whether the client is in a namespace
   */
  EventReader(
      Connection connection,
      SocketSession<HttpExchange, EngineSocket> socket,
      EngineLink link,
      SocketIoContext context,
      BooleanSupplier joined) {
    this.connection = connection;
    this.socket = socket;
    this.link = link;
    this.joined = joined;
    metrics = context.metrics();
    limits = context.limits().get();
  }

  @Override
  public boolean isJoined() {
    return joined.getAsBoolean();
  }

  @Override
  public Generation generation() {
    return socket.generation();
  }

  @Override
  public TransportMetrics metrics() {
    return metrics;
  }

  @Override
  public void reply(EncodedPacket packet) {
    socket.send(packet);
    link.drainLater();
  }

  void receive(SocketPacket.Event event, Session session, PendingOutcomes outcomes) {
    var receipt = new PacketReceipt(this, event.namespace(), event.ackId());
    Message message;
    try {
      message = SocketIoTranslator.decode(event);
    } catch (ProtocolException e) {
      onMalformed(receipt, e.getMessage(), session);
      return;
    }
    metrics.messageIn();
    session.receive(message, outcomes.count(receipt));
  }

  private void onMalformed(Receipt receipt, String what, Session session) {
    receipt.refused("", new MessageException(ErrorCode.MALFORMED, what));
    session.offended(Offence.MALFORMED);
    if (malformed == null) {
      malformed = new MalformedCounter(connection, limits.malformed());
    }
    malformed.increment();
  }

  /**
   * Acknowledges an event.
   *
   * @param eventId of the Message that the event was
   */
  void acknowledged(SocketPacket.Ack ack, String eventId, Session session) {
    metrics.ackIn();
    session.acknowledged(
        eventId, SocketIoTranslator.decodeReply(ack.arguments(), session.user(), eventId));
  }
}
