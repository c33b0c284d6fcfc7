package io.linkspan.transport.socketio;

import io.linkspan.connection.CloseReason;
import io.linkspan.protocol.engineio.Generation;
import io.linkspan.protocol.socketio.EncodedPacket;
import io.linkspan.protocol.socketio.SocketEvent;
import io.linkspan.protocol.socketio.SocketSession;
import io.linkspan.session.Attachment;
import io.linkspan.session.Session;
import io.linkspan.time.DeadlineTimer;
import io.linkspan.translate.SocketIoTranslator;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;

/** The namespaces that one client is in, and what it hears when it comes or goes. */
final class Namespaces {

  private final SocketSession<HttpExchange, EngineSocket> socket;
  private final List<String> joined = new ArrayList<>(1);

  Namespaces(SocketSession<HttpExchange, EngineSocket> socket) {
    this.socket = socket;
  }

  boolean isEmpty() {
    return joined.isEmpty();
  }

  /** Whether a client, when it comes back, can name the last event that it has. */
  static boolean recoverable(Attachment attachment) {
    return attachment.resumable() && attachment.offsets();
  }

  /** Where a client gets what is for a namespace that it may not be in. It is in some. */
  String nearest(String namespace) {
    return socket.isJoined(namespace)
        ? namespace
        : socket.isJoined(SocketIoTranslator.ROOT) ? SocketIoTranslator.ROOT : joined.get(0);
  }

  /**
   * Lets a client into one.
   *
   * @param session of the client
   * @param attachment what it asked for
   * @param beginning what it may have missed; null when that is settled
   * @return false when it did not wait
   */
  boolean accept(
      SocketEvent.ConnectRequested request,
      Session session,
      Attachment attachment,
      PendingJoin beginning) {
    boolean accepted =
        recoverable(attachment)
            ? acceptRecoverable(request, session, beginning)
            : socket.accept(request.namespace(), EngineSessions.secret(), null);
    if (accepted) {
      joined.add(request.namespace());
    }
    return accepted;
  }

  /** What it missed comes before the reply; a new client is told where it begins. */
  private boolean acceptRecoverable(
      SocketEvent.ConnectRequested request, Session session, PendingJoin beginning) {
    String namespace = request.namespace();
    String pid = session.token();
    SocketEvent.Recovery recovery = request.recovery();
    boolean recovered = session.recovered() && recovery != null && recovery.pid().equals(pid);
    String id = EngineSessions.idIn(namespace, pid);
    if (!recovered) {
      boolean accepted = socket.accept(namespace, id, pid);
      socket.send(SocketIoTranslator.anchor(namespace, session.anchor()));
      return accepted;
    }
    List<EncodedPacket> missed =
        beginning == null ? List.of() : beginning.takeMissed(namespace, recovery.offset());
    return socket.recover(namespace, id, pid, missed);
  }

  /** Does not let a client in. */
  void refuse(SocketEvent.ConnectRequested request, Handshake.RefusedException refusal) {
    CloseReason reason = refusal.reason();
    // Old clients take nothing but a string.
    String data =
        socket.generation() == Generation.V3
            ? '"' + Integer.toString(reason.code()) + '"'
            : Handshake.explain(reason, refusal.retryAfterMs()).encode();
    socket.refuse(request.namespace(), refusal.getMessage(), data, DeadlineTimer.now());
  }

  /** There is none of that name. */
  void refuseUnknown(SocketEvent.ConnectRequested request) {
    socket.refuse(request.namespace(), "Invalid namespace", null, DeadlineTimer.now());
  }

  /** The client has left one. */
  void left(String namespace) {
    joined.remove(namespace);
  }

  /** The connection is going to end; the client is told so in each. */
  void close(CloseReason reason, long retryAfterMs) {
    JsonObject why = Handshake.explain(reason, retryAfterMs);
    for (String namespace : joined) {
      socket.send(SocketIoTranslator.closing(namespace, why));
    }
    if (CloseReasons.mustNotReturn(reason)) {
      joined.forEach(socket::leave);
    }
  }

  /** The connection has ended. */
  void clear() {
    joined.clear();
  }

  /** What the client hears in one when the core ends its session. */
  static List<EncodedPacket> lastWords(String namespace, CloseReason reason) {
    if (reason == CloseReason.NORMAL || reason == CloseReason.CONNECTION_LOST) {
      return List.of();
    }
    EncodedPacket closing = SocketIoTranslator.closing(namespace, Handshake.explain(reason, 0));
    return CloseReasons.mustNotReturn(reason)
        ? List.of(closing, EncodedPacket.disconnect(namespace))
        : List.of(closing);
  }
}
