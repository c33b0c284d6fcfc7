package io.linkspan.transport.socketio;

import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.connection.TransportMetrics;
import io.linkspan.protocol.engineio.Generation;
import io.linkspan.protocol.socketio.Arguments;
import io.linkspan.protocol.socketio.EncodedPacket;
import io.linkspan.protocol.socketio.SocketPacket;
import io.linkspan.session.Receipt;
import io.linkspan.translate.ErrorTranslator;
import io.linkspan.translate.SocketIoTranslator;
import io.linkspan.translate.SocketIoTranslator.Emission;

/** Receipt of one event. Answers with its acknowledgement if the client asked for one. */
final class PacketReceipt implements Receipt {

  /** The client that sent the event. */
  interface Client {

    /** Whether the client is in a namespace, and so can receive packets. */
    boolean isJoined();

    Generation generation();

    TransportMetrics metrics();

    /** Sends a packet that answers one of the client. */
    void reply(EncodedPacket packet);
  }

  private final Client client;
  private final String namespace;
  private final long ackId;

  /**
   * @param ackId {@link SocketPacket#NO_ACK} when the client did not ask
   */
  PacketReceipt(Client client, String namespace, long ackId) {
    this.client = client;
    this.namespace = namespace;
    this.ackId = ackId;
  }

  @Override
  public void accepted(String eventId) {
    if (asked()) {
      client.metrics().ackOut();
      answer(SocketIoTranslator.accepted(eventId));
    }
  }

  @Override
  public boolean answered(String eventId, Message answer) {
    Arguments arguments = asked() ? SocketIoTranslator.rawArguments(answer) : null;
    if (arguments == null) {
      return false;
    }
    client.metrics().ackOut();
    answer(arguments);
    return true;
  }

  @Override
  public void refused(String eventId, MessageException why) {
    if (!client.isJoined()) {
      return;
    }
    client.metrics().error(why.code());
    if (asked()) {
      answer(SocketIoTranslator.refused(why));
    } else {
      Message error = ErrorTranslator.toMessage(eventId, why);
      Emission event = SocketIoTranslator.encode(error, client.generation());
      client.reply(event.packet(namespace, SocketPacket.NO_ACK));
    }
  }

  @Override
  public boolean isWritten() {
    return asked();
  }

  private boolean asked() {
    return ackId != SocketPacket.NO_ACK;
  }

  private void answer(Arguments arguments) {
    client.reply(EncodedPacket.ack(namespace, ackId, arguments));
  }
}
