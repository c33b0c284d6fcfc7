package io.linkspan.transport.socketio;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.connection.CloseReason;
import io.linkspan.connection.Connection;
import io.linkspan.connection.DeadlineTimer;
import io.linkspan.connection.Outgoing;
import io.linkspan.connection.TransportMetrics;
import io.linkspan.protocol.ProtocolException;
import io.linkspan.protocol.engineio.EngineCloseReason;
import io.linkspan.protocol.engineio.Generation;
import io.linkspan.protocol.socketio.EncodedPacket;
import io.linkspan.protocol.socketio.SocketEvent;
import io.linkspan.protocol.socketio.SocketPacket;
import io.linkspan.protocol.socketio.SocketSession;
import io.linkspan.session.Attachment;
import io.linkspan.session.Receipt;
import io.linkspan.session.Session;
import io.linkspan.translate.SocketIoTranslator;
import io.linkspan.translate.SocketIoTranslator.Emission;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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

  /** The same, and with its offset for who can recover. */
  private static final Outgoing.Encoder<EncodedPacket> RECOVERABLE_PACKET =
      message -> {
        Emission event = SocketIoTranslator.encode(message, Generation.V4);
        return event.packet(event.namespace(), Session.offsetOf(message));
      };

  /** A Message the client has been asked to acknowledge. */
  private record Owed(String namespace, String eventId) {}

  private static final Logger LOG = LoggerFactory.getLogger(SocketIoConnection.class);

  private static final Outgoing.Encoder<Emission> NEW_EVENT =
      message -> SocketIoTranslator.encode(message, Generation.V4);
  private static final Outgoing.Encoder<Emission> OLD_EVENT =
      message -> SocketIoTranslator.encode(message, Generation.V3);
  // Separate constants, as it is by them that encoded forms are told apart and shared.
  private static final Outgoing.Encoder<EncodedPacket> NEW_PACKET =
      message -> packet(SocketIoTranslator.encode(message, Generation.V4));
  private static final Outgoing.Encoder<EncodedPacket> OLD_PACKET =
      message -> packet(SocketIoTranslator.encode(message, Generation.V3));

  private final SocketIoEndpoint endpoint;
  private final SocketSession<HttpExchange, EngineSocket> socket;
  private final EngineLink link;
  private final String remote;
  private final String address;
  private final List<String> joined = new ArrayList<>(1);
  private State state = State.ALONE;
  private Session session;
  private Handshake.Admitted handshake;

  /** Joins that wait for the session to begin. */
  private List<SocketEvent.ConnectRequested> waiting = List.of();

  private List<Outgoing> early = List.of();
  private Map<Long, Owed> owed = Map.of();

  /** Of the last event that went to a client which can recover. */
  private String offset = "";

  private long answeredPing = Long.MIN_VALUE;
  private long nextAckId;
  private CloseReason closeReason;
  private int malformed;

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
    link = new EngineLink(endpoint, socket, remote, this);
    socket.setLastWords(this::lastWords);
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
      early = new ArrayList<>(early);
      early.add(message);
      return true;
    }
    if (state != State.JOINED) {
      return false;
    }
    metrics().messageOut();
    send(message);
    link.flush();
    return state == State.JOINED && link.isOpen();
  }

  private void send(Outgoing message) {
    if (handshake.attachment().clientAcknowledges()) {
      ask(message);
    } else if (recoverable() && !isAnnouncement(message)) {
      emitRecoverable(message);
    } else {
      emit(message);
    }
  }

  private void emit(Outgoing message) {
    EncodedPacket packet = message.as(isOld() ? OLD_PACKET : NEW_PACKET);
    if (!socket.send(packet)) {
      Emission event = event(message);
      socket.send(event.packet(namespaceFor(event), SocketPacket.NO_ACK));
    }
  }

  private void emitRecoverable(Outgoing message) {
    if (message.isVolatile()) {
      // Nobody recovers it, but a client takes what comes last for an offset.
      Emission event = event(message);
      socket.send(event.packet(namespaceFor(event), offset));
      return;
    }
    offset = Session.offsetOf(message.message());
    if (!socket.send(message.as(RECOVERABLE_PACKET))) {
      Emission event = event(message);
      socket.send(event.packet(namespaceFor(event), offset));
    }
  }

  /** It is none of what can be missed. */
  private static boolean isAnnouncement(Outgoing message) {
    return message.message().getType().equals(Session.ANNOUNCEMENT);
  }

  /** Whether the client, when it comes back, can name the last event it has. */
  private boolean recoverable() {
    return handshake.attachment().resumable() && handshake.attachment().offsets();
  }

  private void ask(Outgoing message) {
    Emission event = event(message);
    String namespace = namespaceFor(event);
    long ackId = nextAckId++;
    if (socket.ask(event.packet(namespace, ackId), endpoint.ackDeadline())) {
      if (owed.isEmpty()) {
        owed = new HashMap<>(4);
      }
      owed.put(ackId, new Owed(namespace, message.message().getEventId()));
    }
  }

  private Emission event(Outgoing message) {
    return message.as(isOld() ? OLD_EVENT : NEW_EVENT);
  }

  /** Where a client gets what is for a namespace that it may not be in. */
  private String namespaceFor(Emission event) {
    return socket.isJoined(event.namespace())
        ? event.namespace()
        : socket.isJoined(SocketIoTranslator.ROOT) ? SocketIoTranslator.ROOT : joined.get(0);
  }

  private static EncodedPacket packet(Emission event) {
    return event.packet(event.namespace(), SocketPacket.NO_ACK);
  }

  @Override
  public void close(CloseReason reason, long retryAfterMs) {
    if (state == State.CLOSED) {
      return;
    }
    JsonObject why = Handshake.explain(reason, retryAfterMs);
    for (String namespace : joined) {
      socket.send(SocketIoTranslator.closing(namespace, why));
    }
    if (CloseReasons.mustNotReturn(reason)) {
      joined.forEach(socket::leave);
    }
    socket.close(CloseReasons.toEngine(reason), DeadlineTimer.now());
    state = State.CLOSED;
    // Written before anybody hears of the end: it may be the last thing a node waits for.
    link.drain();
    end(reason);
  }

  /** What the client hears in a namespace when the core ends its session. */
  private List<EncodedPacket> lastWords(String namespace, EngineCloseReason engineReason) {
    CloseReason reason = CloseReasons.ofEngine(engineReason, state == State.ALONE);
    if (reason == CloseReason.NORMAL || reason == CloseReason.CONNECTION_LOST) {
      return List.of();
    }
    EncodedPacket closing = SocketIoTranslator.closing(namespace, Handshake.explain(reason, 0));
    return CloseReasons.mustNotReturn(reason)
        ? List.of(closing, EncodedPacket.disconnect(namespace))
        : List.of(closing);
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
      receive(received);
    } else if (event instanceof SocketPacket.Ack ack) {
      acknowledged(ack);
    } else if (event instanceof SocketEvent.AckTimedOut late) {
      owed.remove(late.ackId());
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
      socket.refuse(request.namespace(), "Invalid namespace", null, DeadlineTimer.now());
      return;
    }
    switch (state) {
      case JOINED -> accept(request);
      case BEGINNING -> {
        waiting = new ArrayList<>(waiting);
        waiting.add(request);
      }
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
      handshake = endpoint.handshake().admit(request, isOld());
    } catch (Handshake.RefusedException refusal) {
      refuse(request, refusal.reason(), refusal.getMessage(), refusal.retryAfterMs());
      return;
    }
    state = State.BEGINNING;
    waiting = List.of(request);
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
    if (begun.recovered() && !knowsWhatIsMissing(begun)) {
      // A client is told that it has everything, or that it has nothing.
      early = List.of();
      begun.linkClosed(CloseReason.NORMAL);
      open(handshake.attachment().anew());
      return;
    }
    List<SocketEvent.ConnectRequested> joins = waiting;
    waiting = List.of();
    session = begun;
    offset = session.anchor();
    state = State.JOINED;
    LOG.debug("{} opened as {}, session {}", remote, session.user(), session.id());
    joins.forEach(this::accept);
    List<Outgoing> held = early;
    early = List.of();
    if (joined.isEmpty()) {
      endSession(CloseReason.CONNECTION_LOST);
    } else {
      held.forEach(this::deliver);
    }
    link.drainLater();
  }

  private void notBegun(Throwable failure) {
    List<SocketEvent.ConnectRequested> joins = waiting;
    waiting = List.of();
    early = List.of();
    if (state == State.CLOSED) {
      return;
    }
    state = State.ALONE;
    boolean tooMany = MessageException.from(failure).code() == ErrorCode.RATE_LIMITED;
    for (SocketEvent.ConnectRequested request : joins) {
      if (tooMany) {
        refuse(
            request,
            CloseReason.RATE_LIMITED,
            "this user has too many connections",
            Handshake.TOO_MANY_RETRY_MS);
      } else {
        refuse(request, CloseReason.SERVER_ERROR, "the gateway can not take clients now", 1_000);
      }
    }
    link.drainLater();
  }

  private void refuse(
      SocketEvent.ConnectRequested request, CloseReason reason, String message, long retryAfterMs) {
    endpoint.metrics().refused(reason);
    // Old clients take nothing but a string.
    String data =
        isOld()
            ? '"' + Integer.toString(reason.code()) + '"'
            : Handshake.explain(reason, retryAfterMs).encode();
    socket.refuse(request.namespace(), message, data, DeadlineTimer.now());
  }

  /** Whether the offsets that the client names, one in each namespace, are known. */
  private boolean knowsWhatIsMissing(Session begun) {
    if (handshake.attachment().clientAcknowledges()) {
      return true;
    }
    for (SocketEvent.ConnectRequested request : waiting) {
      SocketEvent.Recovery recovery = request.recovery();
      if (recovery != null && !begun.seen(recovery.offset())) {
        return false;
      }
    }
    return true;
  }

  private void accept(SocketEvent.ConnectRequested request) {
    String namespace = request.namespace();
    if (!(recoverable()
        ? acceptRecoverable(request)
        : socket.accept(namespace, EngineSessions.secret(), null))) {
      return;
    }
    joined.add(namespace);
    if (endpoint.config().connectEvent()) {
      session.receive(SocketIoTranslator.connect(namespace, request.auth()), new Untold(remote));
    }
  }

  /** What it missed comes before the reply; a new client is told where it begins. */
  private boolean acceptRecoverable(SocketEvent.ConnectRequested request) {
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
    return socket.recover(namespace, id, pid, takeMissed(namespace, recovery.offset()));
  }

  private List<EncodedPacket> takeMissed(String namespace, String seen) {
    if (handshake.attachment().clientAcknowledges()) {
      return List.of();
    }
    List<EncodedPacket> missed = new ArrayList<>();
    List<Outgoing> others = new ArrayList<>();
    for (Outgoing message : early) {
      EncodedPacket packet = message.as(RECOVERABLE_PACKET);
      if (!packet.namespace().equals(namespace) || isAnnouncement(message)) {
        others.add(message);
      } else if (Session.offsetOf(message.message()).equals(seen)) {
        missed.clear();
      } else {
        missed.add(packet);
      }
    }
    early = others;
    return missed;
  }

  private void left(String namespace) {
    joined.remove(namespace);
    owed.values().removeIf(message -> message.namespace().equals(namespace));
    if (joined.isEmpty() && state == State.JOINED) {
      endSession(CloseReason.NORMAL);
    }
  }

  /** The session ends before the link: nothing could reach the client. */
  private void endSession(CloseReason reason) {
    state = State.ALONE;
    Session ended = session;
    session = null;
    owed = Map.of();
    ended.linkClosed(reason);
  }

  private void closed(SocketEvent.Closed closed) {
    if (state == State.CLOSED) {
      return;
    }
    CloseReason reason = CloseReasons.ofEngine(closed.reason(), state == State.ALONE);
    state = State.CLOSED;
    if (!closed.detail().isEmpty()) {
      LOG.debug("{}: {}", remote, closed.detail());
    }
    end(reason);
  }

  private void end(CloseReason reason) {
    closeReason = reason;
    joined.clear();
    early = List.of();
    owed = Map.of();
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

  // ----------------------------------------------------------------- messages

  private void receive(SocketPacket.Event event) {
    if (state != State.JOINED) {
      return;
    }
    var receipt = new PacketReceipt(this, event.namespace(), event.ackId());
    Message message;
    try {
      message = SocketIoTranslator.decode(event);
    } catch (ProtocolException e) {
      onMalformed(receipt, e.getMessage());
      return;
    }
    metrics().messageIn();
    session.receive(message, receipt);
  }

  private void onMalformed(Receipt receipt, String what) {
    receipt.refused("", new MessageException(ErrorCode.MALFORMED, what));
    malformed++;
    int limit = endpoint.limits().malformed();
    if (limit > 0 && malformed >= limit) {
      close(CloseReason.MALFORMED);
    }
  }

  private void acknowledged(SocketPacket.Ack ack) {
    Owed message = owed.remove(ack.ackId());
    if (message == null || state != State.JOINED) {
      return;
    }
    metrics().ackIn();
    session.acknowledged(
        message.eventId(),
        SocketIoTranslator.decodeReply(ack.arguments(), session.user(), message.eventId()));
  }

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

  private boolean isOld() {
    return socket.generation() == Generation.V3;
  }

  TransportMetrics metrics() {
    return endpoint.metrics();
  }
}
