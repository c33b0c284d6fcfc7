package io.linkspan.transport.socketio;

import io.linkspan.admission.ConnectPolicy;
import io.linkspan.admission.ConnectRefusedException;
import io.linkspan.admission.Identity;
import io.linkspan.connection.AccessLog;
import io.linkspan.connection.Backlog;
import io.linkspan.connection.CloseReason;
import io.linkspan.connection.Connection;
import io.linkspan.connection.Outgoing;
import io.linkspan.protocol.engineio.EngineCloseReason;
import io.linkspan.protocol.engineio.EngineSession;
import io.linkspan.protocol.socketio.SocketEvent;
import io.linkspan.protocol.socketio.SocketPacket;
import io.linkspan.protocol.socketio.SocketSession;
import io.linkspan.session.Attachment;
import io.linkspan.session.Session;
import io.linkspan.time.DeadlineTimer;
import io.linkspan.translate.SocketIoTranslator;
import io.linkspan.transport.engineio.EngineLink;
import io.linkspan.transport.engineio.EngineSocket;
import io.linkspan.transport.engineio.HttpExchange;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One Socket.IO client: an Engine.IO link, and the client's linkspan session, which lasts from the
 * first namespace that it joins to the last one that it leaves. Used only on its event loop.
 *
 * <pre>
 *             asks to join               session begun            close, link lost
 *   UNJOINED ───────────────► BEGINNING ───────────────► JOINED ───────────────────► CLOSED
 *     ▲                           │ refused                 │ left the last namespace
 *     ├───────────────────────────┘                         ▼
 *     └───────────────────────────────────────────────── LEAVING
 *                     no Message is pending
 * </pre>
 */
final class SocketIoConnection implements Connection, EngineLink.Layer {

  private enum State {
    UNJOINED,
    BEGINNING,
    JOINED,
    LEAVING,
    CLOSED
  }

  private static final Logger LOG = LoggerFactory.getLogger(SocketIoConnection.class);

  private final SocketIoContext context;
  private final SocketSession<HttpExchange, EngineSocket> socket;
  private final EngineLink link;
  private final Arrival arrival;
  private final Namespaces namespaces;
  private final EventWriter writer;
  private final EventReader reader;
  private State state = State.UNJOINED;
  private Session session;
  private Attachment attachment;
  private PendingOutcomes outcomes;
  private long answeredPing = Long.MIN_VALUE;
  private CloseReason closeReason;

  /** Null except in the states BEGINNING and LEAVING, and in JOINED while Messages wait. */
  private PendingJoin beginning;

  /** Whether a drain waits until a polling client has received the reason of its end. */
  private boolean drainWaits;

  /** Creates the connection of a client whose Engine.IO session has just begun. */
  SocketIoConnection(
      SocketIoContext context,
      EngineSession<HttpExchange, EngineSocket> engine,
      SocketSession<HttpExchange, EngineSocket> socket,
      String remote,
      Arrival arrival) {
    this.context = context;
    this.arrival = arrival;
    this.socket = socket;
    namespaces = new Namespaces(socket);
    writer = new EventWriter(socket, namespaces, context.ackWithin());
    link = new EngineLink(context.link(), engine, remote, this);
    reader = new EventReader(this, socket, link, context, () -> state == State.JOINED);
    outcomes = new PendingOutcomes(link.loop().timers());
    socket.setLastWords((namespace, reason) -> Namespaces.lastWords(namespace, translate(reason)));
    context.metrics().opened();
    link.loop().latch().enter();
  }

  EngineLink link() {
    return link;
  }

  @Override
  public String transport() {
    return context.metrics().transport();
  }

  @Override
  public String remote() {
    return link.remote();
  }

  @Override
  public boolean readsJson() {
    return true;
  }

  @Override
  public long lastReceived() {
    return link.lastReceived();
  }

  @Override
  public Backlog backlog() {
    return link;
  }

  @Override
  public boolean deliver(Outgoing message) {
    if (state == State.BEGINNING) {
      return beginning.holdEarly(message, this::onSlow);
    }
    if (state != State.JOINED) {
      return false;
    }
    if (beginning == null || writer.reaches(message) || beginning.isFull()) {
      send(message);
    } else {
      beginning.hold(message);
    }
    return state == State.JOINED && link.isOpen();
  }

  private void send(Outgoing message) {
    context.metrics().messageOut();
    writer.send(message);
    link.flush();
  }

  @Override
  public void close(CloseReason reason, long retryAfterMs) {
    if (state == State.CLOSED) {
      outcomes.finish();
      return;
    }
    namespaces.close(reason, retryAfterMs);
    socket.close(CloseReasons.toEngine(reason), DeadlineTimer.now());
    state = State.CLOSED;
    // Written first, since the end of the session may be the last thing that a drain waits for.
    link.drain();
    end(reason);
  }

  /** A client that has joined a namespace is closed with its session. */
  @Override
  public void onNodeDraining() {
    if (state == State.UNJOINED) {
      close(CloseReason.GOING_AWAY);
    }
  }

  @Override
  public void onSlow() {
    close(CloseReason.SLOW_CONSUMER);
  }

  /** A pong shows that the client has read everything that was written before the ping. */
  @Override
  public void onDrained() {
    if (state == State.JOINED && link.isConfirmed()) {
      arrival.joined();
    }
    // Messages that wait are not written yet.
    if (session != null && beginning == null && link.answeredPing() != answeredPing) {
      answeredPing = link.answeredPing();
      session.readUntil(answeredPing - 1);
    }
  }

  @Override
  public void onFinished() {
    context.sessions().remove(link.sid());
    arrival.leave();
    if (drainWaits) {
      link.loop().latch().leave();
    }
  }

  @Override
  public void advanceTo(long now) {
    if (beginning != null && now >= beginning.waitsUntil()) {
      stopWaiting();
    }
    socket.advanceTo(now);
  }

  @Override
  public long nextDeadline() {
    long own = socket.nextDeadline();
    return beginning == null ? own : Math.min(own, beginning.waitsUntil());
  }

  @Override
  public boolean handleEvents(long now) {
    boolean any = false;
    for (SocketEvent event; (event = socket.pollEvent(now)) != null; ) {
      any = true;
      onEvent(event);
    }
    return any;
  }

  private void onEvent(SocketEvent event) {
    if (event instanceof SocketPacket.Event received) {
      if (state == State.JOINED) {
        reader.receive(received, session, outcomes);
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
    }
  }

  private void join(SocketEvent.ConnectRequested request) {
    if (!context.namespaces().get().contains(request.namespace())) {
      namespaces.refuseUnknown(request);
      return;
    }
    switch (state) {
      case JOINED -> joinAnother(request);
      case BEGINNING, LEAVING -> beginning.join(request);
      case UNJOINED -> begin(request);
      case CLOSED -> {
        // The client is being notified of the end.
      }
    }
  }

  private void begin(SocketEvent.ConnectRequested request) {
    if (link.loop().latch().isDraining()) {
      context.metrics().notJoined(CloseReason.GOING_AWAY);
      close(CloseReason.GOING_AWAY);
      return;
    }
    state = State.BEGINNING;
    beginning = new PendingJoin(context.limits().get().writeQueue());
    beginning.join(request);
    var joining = context.handshake().admit(request, socket.generation(), arrival);
    joining.onComplete(this::admitted, this::notBegun);
  }

  private void admitted(Handshake.Admitted client) {
    if (state != State.CLOSED) {
      beginning.begin(client.attachment());
      open(client.identity(), client.attachment());
    }
  }

  private void open(Identity identity, Attachment requested) {
    attachment = requested;
    var opening = context.shard().open(this, identity, requested);
    opening.onComplete(begun -> begun(begun, identity), this::notBegun);
  }

  private void begun(Session begun, Identity identity) {
    if (state == State.CLOSED) {
      begun.linkClosed(closeReason);
      return;
    }
    if (begun.recovered() && !beginning.knowsOffsets(begun)) {
      // Either the client gets everything that it has missed, or it begins anew.
      beginning.dropMessages();
      begun.linkClosed(CloseReason.NORMAL);
      open(identity, attachment.anew());
      return;
    }
    session = begun;
    outcomes = new PendingOutcomes(link.loop().timers());
    writer.begin(attachment, session.anchor());
    state = State.JOINED;
    context.metrics().joined(session.recovered(), arrival.since());
    AccessLog.opened(transport(), remote(), session.user(), session.id());
    List<SocketEvent.ConnectRequested> joins = beginning.joins();
    accept(joins.get(0));
    joins.stream().skip(1).forEach(this::join);
    if (state != State.JOINED) {
      return;
    }
    if (namespaces.isEmpty()) {
      endSession(CloseReason.CONNECTION_LOST);
    } else if (session.recovered()) {
      beginning.waitForRejoins(DeadlineTimer.now());
      sendReachable();
    } else {
      stopWaiting();
    }
    link.drainLater();
  }

  private void sendReachable() {
    if (beginning != null) {
      beginning.take(writer::reaches).forEach(this::send);
    }
  }

  /** Sends the waiting Messages, in other namespaces where the client has not joined theirs. */
  private void stopWaiting() {
    List<Outgoing> waiting = beginning.takeAll();
    beginning = null;
    waiting.forEach(this::send);
  }

  private void notBegun(Throwable failure) {
    if (state == State.CLOSED) {
      return;
    }
    List<SocketEvent.ConnectRequested> joins = beginning.joins();
    beginning = null;
    state = State.UNJOINED;
    ConnectRefusedException refusal = ConnectPolicy.notOpened(failure);
    joins.forEach(request -> refuse(request, refusal));
    link.drainLater();
  }

  /** Refuses a client by the end of its transport: clients do not retry after a connect error. */
  private void refuse(SocketEvent.ConnectRequested request, ConnectRefusedException refusal) {
    if (refusal.isTemporary()) {
      context.metrics().notJoined(refusal.reason());
      close(refusal.reason(), refusal.retryAfterMs());
    } else {
      context.metrics().refused(refusal.reason());
      namespaces.refuse(request, refusal);
    }
  }

  /** Another user in a further namespace would act as the first one. */
  private void joinAnother(SocketEvent.ConnectRequested request) {
    Session joined = session;
    var admission = context.handshake().admitAgain(request, arrival, joined.identity());
    admission.onComplete(
        admitted -> {
          if (state != State.JOINED || session != joined) {
            return;
          }
          if (admitted.failed()) {
            refuse(request, ConnectPolicy.notOpened(admitted.cause()));
          } else {
            accept(request);
            sendReachable();
          }
          link.drainLater();
        });
  }

  private void accept(SocketEvent.ConnectRequested request) {
    if (namespaces.accept(request, session, attachment, beginning)
        && context.config().connectEvent()) {
      session.receive(
          SocketIoTranslator.connect(request.namespace(), context.handshake().publicAuth(request)),
          outcomes.count(new ConnectEventReceipt(remote())));
    }
  }

  private void left(String namespace) {
    namespaces.left(namespace);
    writer.left(namespace);
    if (namespaces.isEmpty() && state == State.JOINED) {
      state = State.LEAVING;
      beginning = new PendingJoin(context.limits().get().writeQueue());
      outcomes.whenNone(this::leftInOrder);
    }
  }

  /** Ends the session of a client that has left, after all of its Messages. */
  private void leftInOrder() {
    if (state == State.LEAVING) {
      List<SocketEvent.ConnectRequested> rejoins = beginning.joins();
      endSession(CloseReason.NORMAL);
      rejoins.forEach(this::join);
      link.drainLater();
    }
  }

  /** Ends the session before the link: without a namespace nothing can reach the client. */
  private void endSession(CloseReason reason) {
    state = State.UNJOINED;
    unlink(reason);
  }

  private void unlink(CloseReason reason) {
    Session ended = session;
    session = null;
    beginning = null;
    writer.end();
    if (ended != null) {
      ended.linkClosed(reason);
    }
  }

  private void closed(SocketEvent.Closed closed) {
    if (state == State.CLOSED) {
      return;
    }
    CloseReason reason = translate(closed.reason());
    if (state == State.LEAVING) {
      Session left = session;
      session = null;
      outcomes.whenNone(() -> left.linkClosed(CloseReason.NORMAL));
    }
    state = State.CLOSED;
    LOG.debug("{} ended: {}", remote(), closed.detail());
    end(reason);
  }

  private CloseReason translate(EngineCloseReason reason) {
    return CloseReasons.ofEngine(reason, state == State.UNJOINED || state == State.LEAVING);
  }

  private void end(CloseReason reason) {
    closeReason = reason;
    namespaces.clear();
    drainWaits = reason == CloseReason.GOING_AWAY && !link.finished();
    context.metrics().closed(reason);
    AccessLog.closed(transport(), remote(), reason);
    unlink(reason);
    if (!drainWaits) {
      link.loop().latch().leave();
    }
  }
}
