package io.linkspan.transport.socketio;

import io.linkspan.admission.ConnectRefusedException;
import io.linkspan.connection.CloseReason;
import io.linkspan.protocol.engineio.Generation;
import io.linkspan.protocol.socketio.EncodedPacket;
import io.linkspan.protocol.socketio.SocketEvent;
import io.linkspan.protocol.socketio.SocketSession;
import io.linkspan.session.Attachment;
import io.linkspan.session.Session;
import io.linkspan.time.DeadlineTimer;
import io.linkspan.translate.SocketIoTranslator;
import io.linkspan.transport.engineio.EngineSocket;
import io.linkspan.transport.engineio.HttpExchange;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;

/** The namespaces that one client is in, and the packets that admit, refuse and remove it. */
final class Namespaces {

  private static final List<String> ROOT_ALONE = List.of(SocketIoTranslator.ROOT);

  private final SocketSession<HttpExchange, EngineSocket> socket;

  /** Immutable; most clients share one. */
  private List<String> joined = List.of();

  Namespaces(SocketSession<HttpExchange, EngineSocket> socket) {
    this.socket = socket;
  }

  boolean isEmpty() {
    return joined.isEmpty();
  }

  /** Whether a client that reconnects can name the last event that it has. */
  static boolean recoverable(Attachment attachment) {
    return attachment.resumable() && attachment.offsets();
  }

  /**
   * Returns the namespace in which the client receives what is meant for another one: that one if
   * the client is in it, else the root or its first. The client must be in at least one.
   */
  String nearest(String namespace) {
    return socket.isJoined(namespace)
        ? namespace
        : socket.isJoined(SocketIoTranslator.ROOT) ? SocketIoTranslator.ROOT : joined.get(0);
  }

  /**
   * Admits the client to a namespace.
   *
   * @param attachment requested by the client
   * @param beginning holds Messages that the client may have missed; null after the session's start
   * @return false when the client has withdrawn its request
   */
  boolean accept(
      SocketEvent.ConnectRequested request,
      Session session,
      Attachment attachment,
      PendingJoin beginning) {
    boolean accepted =
        recoverable(attachment)
            ? acceptRecoverable(request, session, beginning)
            : socket.accept(request.namespace(), SocketIds.random(), null);
    if (accepted) {
      List<String> all = new ArrayList<>(joined);
      all.add(request.namespace());
      join(all);
    }
    return accepted;
  }

  /** Sends missed events before the reply, or the first offset to a new client. */
  private boolean acceptRecoverable(
      SocketEvent.ConnectRequested request, Session session, PendingJoin beginning) {
    String namespace = request.namespace();
    String pid = session.token();
    SocketEvent.Recovery recovery = request.recovery();
    boolean recovered = session.recovered() && recovery != null && recovery.pid().equals(pid);
    String id = SocketIds.of(namespace, pid);
    if (!recovered) {
      boolean accepted = socket.accept(namespace, id, pid);
      socket.send(SocketIoTranslator.anchor(namespace, session.anchor()));
      return accepted;
    }
    List<EncodedPacket> missed =
        beginning == null ? List.of() : beginning.takeMissed(namespace, recovery.offset());
    return socket.recover(namespace, id, pid, missed);
  }

  /** Refuses a namespace to the client. */
  void refuse(SocketEvent.ConnectRequested request, ConnectRefusedException refusal) {
    CloseReason reason = refusal.reason();
    // Clients of Engine.IO 3 accept only a string.
    String data =
        socket.generation() == Generation.V3
            ? '"' + Integer.toString(reason.code()) + '"'
            : Handshake.explain(reason, refusal.retryAfterMs()).encode();
    socket.refuse(request.namespace(), refusal.getMessage(), data, DeadlineTimer.now());
  }

  /** Refuses a namespace that does not exist. */
  void refuseUnknown(SocketEvent.ConnectRequested request) {
    socket.refuse(request.namespace(), "Invalid namespace", null, DeadlineTimer.now());
  }

  /** Removes a namespace that the client has left. */
  void left(String namespace) {
    List<String> others = new ArrayList<>(joined);
    others.remove(namespace);
    join(others);
  }

  private void join(List<String> all) {
    joined = all.equals(ROOT_ALONE) ? ROOT_ALONE : List.copyOf(all);
  }

  /** Announces the end of the connection in each namespace. */
  void close(CloseReason reason, long retryAfterMs) {
    JsonObject why = Handshake.explain(reason, retryAfterMs);
    for (String namespace : joined) {
      socket.send(SocketIoTranslator.closing(namespace, why));
    }
    if (CloseReasons.mustNotReconnect(reason)) {
      joined.forEach(socket::leave);
    }
  }

  /** Forgets all namespaces, because the connection has ended. */
  void clear() {
    joined = List.of();
  }

  /** Returns what is sent in a namespace when the protocol core ends the session. */
  static List<EncodedPacket> lastWords(String namespace, CloseReason reason) {
    if (reason == CloseReason.NORMAL || reason == CloseReason.CONNECTION_LOST) {
      return List.of();
    }
    EncodedPacket closing = SocketIoTranslator.closing(namespace, Handshake.explain(reason, 0));
    return CloseReasons.mustNotReconnect(reason)
        ? List.of(closing, EncodedPacket.disconnect(namespace))
        : List.of(closing);
  }
}
