package io.linkspan.transport.socketio;

import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.protocol.socketio.Arguments;
import io.linkspan.protocol.socketio.EncodedPacket;
import io.linkspan.protocol.socketio.SocketPacket;
import io.linkspan.session.Receipt;
import io.linkspan.translate.ErrorTranslator;
import io.linkspan.translate.SocketIoTranslator;
import io.linkspan.translate.SocketIoTranslator.Emission;

/** Answers one event of a client: with its acknowledgement, if the client asked for one. */
final class PacketReceipt implements Receipt {

  private final SocketIoConnection connection;
  private final String namespace;
  private final long ackId;

  /**
   * @param ackId {@link SocketPacket#NO_ACK} when the client did not ask
   */
  PacketReceipt(SocketIoConnection connection, String namespace, long ackId) {
    this.connection = connection;
    this.namespace = namespace;
    this.ackId = ackId;
  }

  @Override
  public void accepted(String eventId) {
    if (asked()) {
      connection.metrics().ackOut();
      answer(SocketIoTranslator.accepted(eventId));
    }
  }

  @Override
  public boolean answered(String eventId, Message answer) {
    Arguments arguments = asked() ? SocketIoTranslator.rawArguments(answer) : null;
    if (arguments == null) {
      return false;
    }
    connection.metrics().ackOut();
    answer(arguments);
    return true;
  }

  @Override
  public void refused(String eventId, MessageException why) {
    if (!connection.isJoined()) {
      return;
    }
    connection.metrics().error(why.code());
    if (asked()) {
      answer(SocketIoTranslator.refused(why));
    } else {
      Message error = ErrorTranslator.toMessage(eventId, why);
      Emission event = SocketIoTranslator.encode(error, connection.generation());
      connection.reply(event.packet(namespace, SocketPacket.NO_ACK));
    }
  }

  private boolean asked() {
    return ackId != SocketPacket.NO_ACK;
  }

  private void answer(Arguments arguments) {
    connection.reply(EncodedPacket.ack(namespace, ackId, arguments));
  }
}
