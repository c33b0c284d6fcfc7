package io.linkspan.transport.engineio.relay;

import io.linkspan.admission.ConnectPolicy;
import io.linkspan.directory.Nodes;
import io.linkspan.protocol.engineio.EngineConfig;
import io.linkspan.protocol.engineio.EngineError;
import io.linkspan.time.DeadlineTimer;
import io.linkspan.transport.engineio.EngineAddress;
import io.linkspan.transport.engineio.EventLoop;
import io.linkspan.transport.engineio.LocalExchange;
import io.linkspan.transport.engineio.relay.RelayLimiter.Outcome;
import io.linkspan.transport.engineio.relay.wire.RelayedId;
import io.linkspan.transport.http.Refusal;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.eventbus.DeliveryOptions;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Relays polls and POSTs that arrived at this node to the nodes that have their sessions, and the
 * answers back. A body is read only when its session asks for it, so a client that does not know a
 * session's secret cannot fill memory here. Used only on its event loop.
 *
 * <pre>
 *   OPEN ── drain() ──► DRAINING ── close() ──► CLOSING
 * </pre>
 *
 * <p>A drain releases held polls, so that their clients poll elsewhere, and waits for every request
 * that it finds. Requests that arrive later, because a load balancer has not noticed yet, are
 * served until {@link #close}, which releases held polls again. Every answer closes its connection.
 */
public final class Relay implements Nodes.Listener, Forwarding.Listener {

  private enum State {
    OPEN,
    DRAINING,
    CLOSING
  }

  private static final Refusal BUSY =
      new Refusal(503, "unavailable", "this node relays as many requests as it may", 1_000);

  /** Added to the longest time that a session holds a poll, in milliseconds. */
  private static final long MARGIN = 5_000;

  private final EngineAddress self;
  private final Nodes nodes;
  private final RelayLimiter limiter;
  private final EventLoop loop;
  private final Forwarding.Context context;
  private final Set<Forwarding> pending = new HashSet<>();
  private final Promise<Void> idle = Promise.promise();
  private State state = State.OPEN;
  private int unwritten;
  private long requests;

  /**
   * Creates the relay of one event loop.
   *
   * @param self address of this event loop
   */
  public Relay(
      EngineAddress self, Nodes nodes, EngineConfig config, RelayLimiter limiter, EventLoop loop) {
    this.self = self;
    this.nodes = nodes;
    this.limiter = limiter;
    this.loop = loop;
    long longestPoll = config.pingInterval().plus(config.pingTimeout()).toMillis();
    context =
        new Forwarding.Context(
            loop,
            new DeliveryOptions().setSendTimeout(longestPoll + MARGIN),
            config.pingTimeout().toMillis(),
            config.maxPayload());
  }

  /** Starts to watch the other nodes. */
  public void open() {
    nodes.watch(this);
  }

  /**
   * Releases held polls. The event loop's latch opens when their answers, and those of the POSTs in
   * flight, are written.
   */
  public void drain() {
    state = State.DRAINING;
    List.copyOf(pending).forEach(Forwarding::release);
  }

  /**
   * Takes no more requests and releases held polls.
   *
   * @return completed when all answers are written, or are late
   */
  public Future<Void> close() {
    state = State.CLOSING;
    List.copyOf(pending).forEach(Forwarding::release);
    new DeadlineTimer(loop.vertx(), idle::tryComplete)
        .arm(DeadlineTimer.now() + Forwarding.RELEASE_TIMEOUT);
    endIfIdle();
    return idle.future();
  }

  private void endIfIdle() {
    if (state == State.CLOSING && unwritten == 0) {
      idle.tryComplete();
    }
  }

  /** Answers a request as the owner of its session says. */
  public void handle(LocalExchange exchange, EngineAddress owner) {
    if (state == State.CLOSING) {
      exchange.refuse(Refusal.of(ConnectPolicy.draining()));
      return;
    }
    if (state == State.DRAINING) {
      exchange.endConnection();
    }
    if (exchange.request().upgrade()) {
      // The client goes on polling.
      exchange.refuse(EngineError.BAD_REQUEST);
    } else if (limiter.enter()) {
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
    // A drain waits for the requests that it finds. Waiting for later ones might never end.
    boolean awaited = state == State.OPEN;
    var forwarding = new Forwarding(context, this, exchange, owner, id, awaited);
    pending.add(forwarding);
    unwritten++;
    if (awaited) {
      loop.latch().enter();
    }
    forwarding.begin();
  }

  @Override
  public void onEnded(Forwarding forwarding, Outcome outcome) {
    pending.remove(forwarding);
    limiter.leave(outcome);
  }

  @Override
  public void onWritten(Forwarding forwarding) {
    unwritten--;
    if (forwarding.awaited()) {
      loop.latch().leave();
    }
    endIfIdle();
  }

  @Override
  public void joined(Nodes.Node node) {
    // Nothing is in flight to a new node.
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
    // The other nodes were reported as left before.
  }
}
