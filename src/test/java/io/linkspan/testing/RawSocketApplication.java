package io.linkspan.testing;

import io.linkspan.protocol.engineio.EngineConfig;
import io.linkspan.protocol.engineio.EngineRequest;
import io.linkspan.protocol.engineio.EngineSession;
import io.linkspan.protocol.socketio.Arguments;
import io.linkspan.protocol.socketio.EncodedPacket;
import io.linkspan.protocol.socketio.SocketConfig;
import io.linkspan.protocol.socketio.SocketEvent;
import io.linkspan.protocol.socketio.SocketPacket;
import io.linkspan.protocol.socketio.SocketSession;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import java.util.List;

/**
 * Serves what Socket.IO's own test suites expect, above {@link RawEngineServer}: {@code auth} with
 * the credentials on {@code /} and {@code /custom}, {@code message} answered by {@code
 * message-back}, {@code message-with-ack} by its acknowledgement. {@code ask} makes the server ask
 * {@code question} and send the answer as {@code answered}; {@code kick} and {@code bye} end a
 * namespace and the connection.
 */
public final class RawSocketApplication implements RawEngineServer.Application {
  private static final long ANSWER_WITHIN = 5_000;

  private final SocketSession<HttpServerRequest, ServerWebSocket> session;
  private long nextId;

  private RawSocketApplication(SocketSession<HttpServerRequest, ServerWebSocket> session) {
    this.session = session;
  }

  /** Adds this application at a path of a server. */
  public static RawEngineServer.ApplicationFactory factory(
      EngineConfig engineConfig, SocketConfig config) {
    return (EngineSession<HttpServerRequest, ServerWebSocket> engine,
        EngineRequest handshake,
        long now) ->
        new RawSocketApplication(
            new SocketSession<>(engine, engineConfig, config, handshake.query(), now));
  }

  @Override
  public void drain(long now) {
    for (SocketEvent event; (event = session.pollEvent(now)) != null; ) {
      if (event instanceof SocketEvent.ConnectRequested request) {
        connect(request, now);
      } else if (event instanceof SocketPacket.Event received) {
        answer(received, now);
      } else if (event instanceof SocketPacket.Ack ack) {
        emit(ack.namespace(), "answered", ack.arguments());
      } else if (event instanceof SocketEvent.AckTimedOut late) {
        emit(late.namespace(), "unanswered", Arguments.NONE);
      }
    }
  }

  private void connect(SocketEvent.ConnectRequested request, long now) {
    String namespace = request.namespace();
    if (!namespace.equals("/") && !namespace.equals("/custom")) {
      session.refuse(namespace, "Invalid namespace", null, now);
      return;
    }
    session.accept(namespace, session.engine().sid() + namespace, null);
    emit(namespace, "auth", Arguments.parse("[" + request.auth() + "]", List.of()));
  }

  private void answer(SocketPacket.Event event, long now) {
    switch (event.name()) {
      case "message" -> emit(event.namespace(), "message-back", event.arguments());
      case "message-with-ack" ->
          session.send(EncodedPacket.ack(event.namespace(), event.ackId(), event.arguments()));
      case "ask" ->
          session.ask(
              EncodedPacket.event(event.namespace(), nextId++, "question", event.arguments()),
              now + ANSWER_WITHIN);
      case "kick" -> session.leave(event.namespace());
      case "bye" -> session.disconnect(now);
      default -> {}
    }
  }

  private void emit(String namespace, String name, Arguments arguments) {
    session.send(EncodedPacket.event(namespace, SocketPacket.NO_ACK, name, arguments));
  }

  @Override
  public void advanceTo(long now) {
    session.advanceTo(now);
  }

  @Override
  public long nextDeadline() {
    return session.nextDeadline();
  }
}
