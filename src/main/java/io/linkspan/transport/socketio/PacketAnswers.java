package io.linkspan.transport.socketio;

import io.linkspan.connection.TransportMetrics;
import io.linkspan.protocol.engineio.Generation;
import io.linkspan.protocol.socketio.EncodedPacket;
import io.linkspan.protocol.socketio.SocketSession;
import io.linkspan.transport.engineio.EngineLink;
import io.linkspan.transport.engineio.EngineSocket;
import io.linkspan.transport.engineio.HttpExchange;
import java.util.function.BooleanSupplier;

/** Sends the answers to the packets of one client. Used only on its event loop. */
record PacketAnswers(
    SocketSession<HttpExchange, EngineSocket> socket,
    EngineLink link,
    TransportMetrics metrics,
    BooleanSupplier joined)
    implements PacketReceipt.Client {

  @Override
  public boolean isJoined() {
    return joined.getAsBoolean();
  }

  @Override
  public Generation generation() {
    return socket.generation();
  }

  @Override
  public void reply(EncodedPacket packet) {
    socket.send(packet);
    link.drainLater();
  }
}
