package io.linkspan.transport.socketio;

import io.linkspan.connection.CloseReason;
import io.linkspan.connection.Connection;
import io.linkspan.connection.Outgoing;
import io.linkspan.connection.TransportMetrics;
import io.linkspan.protocol.engineio.EngineCloseReason;
import io.linkspan.protocol.engineio.Generation;
import io.linkspan.protocol.socketio.EncodedPacket;
import io.linkspan.protocol.socketio.SocketEvent;
import io.linkspan.protocol.socketio.SocketPacket;
import io.linkspan.protocol.socketio.SocketSession;
import io.linkspan.session.Attachment;
import io.linkspan.session.Session;
import io.linkspan.time.DeadlineTimer;
import io.linkspan.translate.SocketIoTranslator;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One Socket.IO client: a link of Engine.IO, and above it the client's linkspan session, from the
 * first namespace it joins to the last one it leaves. Used only on its event loop.
 *
 * <pre>
 *           asks to join               session begun            close, link lost
 *   ALONE ───────────────► BEGINNING ───────────────► JOINED ───────────────────► CLOSED
 *     ▲                        │ refused                 │ left the last namespace
 *     └────────────────────────┴─────────────────────────┘
 * </pre>
 */
final class SocketIoConnection implements Connection, EngineLink.Listener {

  private enum State {
    ALONE,
    BEGINNING,
    JOINED,
    CLOSED
  }

  private static final Logger LOG = LoggerFactory.getLogger(SocketIoConnection.class);

  private final SocketIoEndpoint endpoint;
  private final SocketSession<HttpExchange, EngineSocket> socket;
  private final EngineLink link;
  private final String remote;
  private final String address;
  private final Namespaces namespaces;
  private final EventWriter writer;
  private final EventReader reader;
  private State state = State.ALONE;
  private Session session;
  private Handshake.Admitted handshake;

  /** While it begins. */
  private PendingJoin beginning;

  private long answeredPing = Long.MIN_VALUE;
  private CloseReason closeReason;

  /** Whether a drain waits for a client that polls to hear that it should go. */
  private boolean sendingAway;

  /**
   * @param remote network address of the client, {@code host:port}
   * @param address the same without the port, which has a place at the admission
   */
  SocketIoConnection(
      SocketIoEndpoint endpoint,
      SocketSession<HttpExchange, EngineSocket> socket,
      String remote,
      String address) {
    this.endpoint = endpoint;
    this.socket = socket;
    this.remote = remote;
    this.address = address;
    namespaces = new Namespaces(socket);
    writer = new EventWriter(endpoint, socket, namespaces);
    reader = new EventReader(this, endpoint.limits());
    link = new EngineLink(endpoint, socket, remote, this);
    socket.setLastWords((namespace, reason) -> Namespaces.lastWords(namespace, inOurWords(reason)));
    metrics().opened();
    loop().enter();
  }

  /** What carries it. */
  EngineLink link() {
    return link;
  }

  EventLoop loop() {
    return endpoint.loop();
  }

  SocketIoEndpoint endpoint() {
    return endpoint;
  }

  // --------------------------------------------------------------- connection

  @Override
  public String transport() {
    return metrics().transport();
  }

  @Override
  public String remote() {
    return remote;
  }

  @Override
  public long lastReceived() {
    return link.lastReceived();
  }

  @Override
  public boolean deliver(Outgoing message) {
    if (state == State.BEGINNING) {
      beginning.hold(message);
      return true;
    }
    if (state != State.JOINED) {
      return false;
    }
    metrics().messageOut();
    writer.send(message);
    link.flush();
    return state == State.JOINED && link.isOpen();
  }

  @Override
  public void close(CloseReason reason, long retryAfterMs) {
    if (state == State.CLOSED) {
      return;
    }
    namespaces.close(reason, retryAfterMs);
    socket.close(CloseReasons.toEngine(reason), DeadlineTimer.now());
    state = State.CLOSED;
    // Written before anybody hears of the end: it may be the last thing a node waits for.
    link.drain();
    end(reason);
  }

  /** The node is being drained; who has a session is sent away with it. */
  void goAwayIfAlone() {
    if (state == State.ALONE) {
      close(CloseReason.GOING_AWAY);
    }
  }

  // -------------------------------------------------------------------- events

  @Override
  public void onSlow() {
    close(CloseReason.SLOW_CONSUMER);
  }

  /** A pong says that all that was written before the ping has been read. */
  @Override
  public void onDrained() {
    if (session != null && link.answeredPing() != answeredPing) {
      answeredPing = link.answeredPing();
      session.readUntil(answeredPing - 1);
    }
  }

  @Override
  public void onFinished() {
    endpoint.forget(link.sid(), address);
    if (sendingAway) {
      loop().leave();
    }
  }

  @Override
  public void onEvent(SocketEvent event) {
    if (event instanceof SocketPacket.Event received) {
      if (state == State.JOINED) {
        reader.receive(received, session);
      }
    } else if (event instanceof SocketPacket.Ack ack) {
      String eventId = writer.settle(ack.ackId());
      if (eventId != null && state == State.JOINED) {
        reader.acknowledged(ack, eventId, session);
      }
    } else if (event instanceof SocketEvent.AckTimedOut late) {
      writer.settle(late.ackId());
    } else if (event instanceof SocketEvent.ConnectRequested request) {
      join(request);
    } else if (event instanceof SocketEvent.Left left) {
      left(left.namespace());
    } else if (event instanceof SocketEvent.Closed closed) {
      closed(closed);
    } else if (event instanceof SocketEvent.Upgraded) {
      LOG.debug("{} upgraded", remote);
    }
  }

  // --------------------------------------------------------------- namespaces

  private void join(SocketEvent.ConnectRequested request) {
    if (!endpoint.config().namespaces().contains(request.namespace())) {
      namespaces.refuseUnknown(request);
      return;
    }
    switch (state) {
      case JOINED -> accept(request);
      case BEGINNING -> beginning.join(request);
      case ALONE -> begin(request);
      case CLOSED -> {
        // It will hear of that.
      }
    }
  }

  private void begin(SocketEvent.ConnectRequested request) {
    if (endpoint.isDraining()) {
      close(CloseReason.GOING_AWAY);
      return;
    }
    try {
      handshake = endpoint.handshake().admit(request, generation() == Generation.V3);
    } catch (Handshake.RefusedException refusal) {
      refuse(request, refusal);
      return;
    }
    state = State.BEGINNING;
    beginning = new PendingJoin(handshake.attachment());
    beginning.join(request);
    open(handshake.attachment());
  }

  private void open(Attachment attachment) {
    endpoint
        .shard()
        .open(this, handshake.identity(), attachment)
        .onComplete(this::begun, this::notBegun);
  }

  private void begun(Session begun) {
    if (state == State.CLOSED) {
      begun.linkClosed(closeReason);
      return;
    }
    if (begun.recovered() && !beginning.knowsWhatIsMissing(begun)) {
      // A client is told that it has everything, or that it has nothing.
      beginning.dropMessages();
      begun.linkClosed(CloseReason.NORMAL);
      open(handshake.attachment().anew());
      return;
    }
    session = begun;
    writer.begin(handshake.attachment(), session.anchor());
    state = State.JOINED;
    LOG.debug("{} opened as {}, session {}", remote, session.user(), session.id());
    PendingJoin before = beginning;
    before.joins().forEach(this::accept);
    beginning = null;
    if (namespaces.isEmpty()) {
      endSession(CloseReason.CONNECTION_LOST);
    } else {
      before.messages().forEach(this::deliver);
    }
    link.drainLater();
  }

  private void notBegun(Throwable failure) {
    if (state == State.CLOSED) {
      return;
    }
    List<SocketEvent.ConnectRequested> joins = beginning.joins();
    beginning = null;
    state = State.ALONE;
    Handshake.RefusedException refusal = Handshake.refusal(failure);
    joins.forEach(request -> refuse(request, refusal));
    link.drainLater();
  }

  private void refuse(SocketEvent.ConnectRequested request, Handshake.RefusedException refusal) {
    metrics().refused(refusal.reason());
    namespaces.refuse(request, refusal);
  }

  private void accept(SocketEvent.ConnectRequested request) {
    if (namespaces.accept(request, session, handshake.attachment(), beginning)
        && endpoint.config().connectEvent()) {
      session.receive(
          SocketIoTranslator.connect(request.namespace(), request.auth()), new Untold(remote));
    }
  }

  private void left(String namespace) {
    namespaces.left(namespace);
    writer.left(namespace);
    if (namespaces.isEmpty() && state == State.JOINED) {
      endSession(CloseReason.NORMAL);
    }
  }

  /** The session ends before the link: nothing could reach the client. */
  private void endSession(CloseReason reason) {
    state = State.ALONE;
    Session ended = session;
    session = null;
    writer.end();
    ended.linkClosed(reason);
  }

  private void closed(SocketEvent.Closed closed) {
    if (state == State.CLOSED) {
      return;
    }
    CloseReason reason = inOurWords(closed.reason());
    state = State.CLOSED;
    if (!closed.detail().isEmpty()) {
      LOG.debug("{}: {}", remote, closed.detail());
    }
    end(reason);
  }

  private CloseReason inOurWords(EngineCloseReason reason) {
    return CloseReasons.ofEngine(reason, state == State.ALONE);
  }

  private void end(CloseReason reason) {
    closeReason = reason;
    namespaces.clear();
    beginning = null;
    writer.end();
    sendingAway = reason == CloseReason.GOING_AWAY && !link.finished();
    metrics().closed(reason);
    LOG.debug("{} closed: {}", remote, reason.label());
    if (session != null) {
      Session ended = session;
      session = null;
      ended.linkClosed(reason);
    }
    if (!sendingAway) {
      loop().leave();
    }
  }

  // -------------------------------------------------------------- for the reader

  /** Whether the client is in a namespace, and hears what it is told. */
  boolean isJoined() {
    return state == State.JOINED;
  }

  Generation generation() {
    return socket.generation();
  }

  /** Sends what answers a packet. */
  void reply(EncodedPacket packet) {
    socket.send(packet);
    link.drainLater();
  }

  TransportMetrics metrics() {
    return endpoint.metrics();
  }
}
