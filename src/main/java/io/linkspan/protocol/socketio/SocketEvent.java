package io.linkspan.protocol.socketio;

import io.linkspan.protocol.engineio.EngineCloseReason;
import io.vertx.core.json.JsonObject;
import java.util.Map;

/** Event of a Socket.IO client. */
public sealed interface SocketEvent
    permits SocketEvent.AckTimedOut,
        SocketEvent.Closed,
        SocketEvent.ConnectRequested,
        SocketEvent.Left,
        SocketEvent.Upgraded,
        SocketPacket.Ack,
        SocketPacket.Event {

  /**
   * The client wants to join a namespace: answer with {@link SocketSession#accept}, {@link
   * SocketSession#recover} or {@link SocketSession#refuse}, now or later.
   *
   * @param auth a JSON object as text; the credentials of new clients, the pairs of the namespace's
   *     query of old ones
   * @param query the parameters of the handshake, those of the namespace laid over them
   */
  record ConnectRequested(String namespace, String auth, Map<String, String> query)
      implements SocketEvent {

    private static final int MAX_TOKEN_LENGTH = 300;

    /** Returns the session that the client wants to recover, or null. */
    public Recovery recovery() {
      if (!auth.contains("\"pid\"")) {
        return null;
      }
      var credentials = new JsonObject(auth);
      return credentials.getValue("pid") instanceof String pid
              && credentials.getValue("offset") instanceof String offset
              && pid.length() <= MAX_TOKEN_LENGTH
              && offset.length() <= MAX_TOKEN_LENGTH
          ? new Recovery(pid, offset)
          : null;
    }
  }

  /** The session a client had, and the last offset it has seen in it. */
  record Recovery(String pid, String offset) {}

  /** No acknowledgement came in time; a later one is ignored. */
  record AckTimedOut(String namespace, long ackId) implements SocketEvent {}

  /** The client left a namespace. Its pending acknowledgements there are dropped. */
  record Left(String namespace) implements SocketEvent {}

  /** The client moved from polling to its WebSocket. */
  record Upgraded() implements SocketEvent {}

  /**
   * The connection ended and with it every namespace; always the last event, and once.
   *
   * @param detail what was wrong, without any payload; empty when the reason says it all
   */
  record Closed(EngineCloseReason reason, String detail) implements SocketEvent {}
}
