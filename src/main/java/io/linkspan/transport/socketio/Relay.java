package io.linkspan.transport.socketio;

import io.linkspan.directory.Nodes;
import io.linkspan.protocol.engineio.EngineError;
import io.linkspan.time.DeadlineTimer;
import io.linkspan.transport.http.Refusal;
import io.linkspan.transport.socketio.RelayLimiter.Outcome;
import io.linkspan.transport.socketio.wire.RelayedId;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Takes polls and POSTs that came to this node to the nodes that have their sessions, and the
 * answers back. A body is read when its session wants it, so nobody fills memory here who does not
 * know a session's secret. Used only on its event loop.
 *
 * <pre>
 *   OPEN ── drain() ──► DRAINING ── close() ──► CLOSING
 * </pre>
 *
 * <p>A drain lets go of the polls that wait, so that their clients poll elsewhere, and waits for
 * everything that was under way. Who comes later, since a load balancer has not heard yet, is
 * served as ever until the end, which lets go once more; and every answer ends its connection.
 */
final class Relay implements Nodes.Listener {

  private enum State {
    OPEN,
    DRAINING,
    CLOSING
  }

  private static final Refusal BUSY =
      new Refusal(503, "unavailable", "this node relays as many requests as it may", 1_000);

  /** On top of the longest that a session holds a poll, in milliseconds. */
  private static final long MARGIN = 5_000;

  /** How long an answer may take that is asked for, in milliseconds. */
  static final long LINGER = 2_000;

  private final Vertx vertx;
  private final EngineAddress self;
  private final SocketIoConfig config;
  private final EngineSessions sessions;
  private final EventLoop loop;
  private final DeliveryOptions options;
  private final Set<Forwarding> pending = new HashSet<>();
  private final Promise<Void> idle = Promise.promise();
  private State state = State.OPEN;
  private int unwritten;
  private long requests;

  /**
   * @param self this event loop, as other nodes name it
   */
  Relay(
      Vertx vertx,
      EngineAddress self,
      SocketIoConfig config,
      EngineSessions sessions,
      EventLoop loop) {
    this.vertx = vertx;
    this.self = self;
    this.config = config;
    this.sessions = sessions;
    this.loop = loop;
    options =
        new DeliveryOptions()
            .setSendTimeout(config.pingInterval().plus(config.pingTimeout()).toMillis() + MARGIN);
  }

  void open() {
    sessions.nodes().watch(this);
  }

  /**
   * Lets go of the polls that wait; {@link EventLoop#idle} is done when their answers, and those of
   * the POSTs that are under way, are written.
   */
  void drain() {
    state = State.DRAINING;
    List.copyOf(pending).forEach(Forwarding::release);
  }

  /**
   * Takes no more and lets go of the rest.
   *
   * @return done when all answers are written, or should have been
   */
  Future<Void> close() {
    state = State.CLOSING;
    List.copyOf(pending).forEach(Forwarding::release);
    new DeadlineTimer(vertx, idle::tryComplete).arm(DeadlineTimer.now() + LINGER);
    endIfIdle();
    return idle.future();
  }

  private void endIfIdle() {
    if (state == State.CLOSING && unwritten == 0) {
      idle.tryComplete();
    }
  }

  /** Answers a request, as its owner says. */
  void handle(LocalExchange exchange, EngineAddress owner) {
    if (state == State.CLOSING) {
      exchange.refuse(Refusal.draining());
      return;
    }
    if (state == State.DRAINING) {
      exchange.endConnection();
    }
    if (exchange.request().upgrade()) {
      // The client goes on polling.
      exchange.refuse(EngineError.BAD_REQUEST);
    } else if (sessions.relayPlaces().take()) {
      forward(exchange, owner);
    } else {
      exchange.refuse(BUSY);
    }
  }

  private void forward(LocalExchange exchange, EngineAddress owner) {
    RelayedId id =
        RelayedId.newBuilder()
            .setNode(self.node())
            .setShard(self.shard())
            .setNumber(requests++)
            .build();
    // A drain waits for what it finds: if also for what comes meanwhile, it might never end.
    var forwarding = new Forwarding(this, exchange, owner, id, state == State.OPEN);
    pending.add(forwarding);
    unwritten++;
    if (forwarding.awaited()) {
      loop.enter();
    }
    forwarding.begin();
  }

  /** A request needs no answer of its owner any more. */
  void ended(Forwarding forwarding, Outcome outcome) {
    pending.remove(forwarding);
    sessions.relayPlaces().leave(outcome);
  }

  /** Its answer is out, or nobody waits for one. */
  void written(Forwarding forwarding) {
    unwritten--;
    if (forwarding.awaited()) {
      loop.leave();
    }
    endIfIdle();
  }

  Vertx vertx() {
    return vertx;
  }

  EventLoop loop() {
    return loop;
  }

  SocketIoConfig config() {
    return config;
  }

  /** For a question to an owner. */
  DeliveryOptions options() {
    return options;
  }

  @Override
  public void joined(Nodes.Node node) {
    // Requests for it will come.
  }

  @Override
  public void left(Nodes.Node node) {
    loop.run(
        () ->
            List.copyOf(pending).stream()
                .filter(forwarding -> forwarding.owner().node().equals(node.id()))
                .forEach(forwarding -> forwarding.lost(Outcome.OWNER_GONE)));
  }

  @Override
  public void merged() {
    // The others were told to have left, so nothing waits for them.
  }
}
