package io.linkspan.transport.enet;

import io.linkspan.admission.ConnectRefusedException;
import io.linkspan.admission.LimitsConfig;
import io.linkspan.connection.CloseReason;
import io.linkspan.connection.TransportMetrics;
import io.linkspan.memory.MemoryAccount;
import io.linkspan.memory.MemoryLevel;
import io.linkspan.memory.MemoryUse;
import io.linkspan.memory.OutOfMemory;
import io.linkspan.protocol.enet.EnetEvent;
import io.linkspan.protocol.enet.EnetHost;
import io.linkspan.protocol.enet.EnetPeer;
import io.linkspan.protocol.enet.PeerAddress;
import io.linkspan.protocol.enet.Transmit;
import io.linkspan.time.DeadlineTimer;
import io.linkspan.transport.channel.ConnectContext;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramPacket;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Serves the ENet port on one event loop: a pure host behind a datagram socket. */
public final class EnetTransport {

  private static final Logger LOG = LoggerFactory.getLogger(EnetTransport.class);

  /**
   * Events of a batch that are handled before more is read. What belongs to so many fits into the
   * cache of a processor, and their acknowledgements leave long before a client nearby would repeat
   * them, which it does after 5 ms.
   */
  private static final int MANY_EVENTS = 128;

  /** Bytes of a command that is sent and not acknowledged, apart from its payload. */
  private static final long COMMAND = 160;

  /** While memory is short, incomplete messages may take this part of their limit. */
  private static final int SHED_TO_PART = 16;

  private final ContextInternal context;
  private final EnetTransportConfig config;
  private final Supplier<LimitsConfig> limits;
  private final ConnectContext connectContext;
  private final TransportMetrics metrics;
  private final EnetMetrics.Tap tap;
  private final EnetPort port;
  private final boolean first;
  private final EnetSocket socket;
  private final EnetHost host;
  private final DeadlineTimer timer;
  private final ClosingPeers closing;
  private final CongestedPeers congestion = new CongestedPeers();
  private final LeavingClients leaving = new LeavingClients();
  private final WaitingWrites waiting = new WaitingWrites();
  private final Set<EnetConnection> connections = new LinkedHashSet<>();
  private final Queue<EnetConnection> unnamed = new ArrayDeque<>();
  private final Runnable turn = this::turn;
  private final Runnable turnLater = this::turnLater;
  private final Runnable part = this::onPart;
  private final Runnable batch = this::onBatch;
  private final EnetLoop loop;
  private final MemoryAccount memory;

  /** Bytes that are charged for incomplete messages, and for commands. */
  private long charged;

  private long chargedCommands;
  private boolean serving;
  private boolean closed;
  private boolean inTurn;
  private boolean turnIsDue;
  private long batchAt;

  /**
   * Must be called on the event loop that the transport is used on.
   *
   * @param port shared by the event loops of the node
   * @param first of the event loops
   */
  public EnetTransport(
      Vertx vertx,
      EnetTransportConfig config,
      Supplier<LimitsConfig> limits,
      ConnectContext connectContext,
      TransportMetrics metrics,
      EnetMetrics datagramMetrics,
      EnetPort port,
      boolean first) {
    context = (ContextInternal) vertx.getOrCreateContext();
    this.config = config;
    this.limits = limits;
    this.connectContext = connectContext;
    memory = connectContext.shard().memory();
    this.metrics = metrics;
    this.port = port;
    this.first = first;
    closing = new ClosingPeers(limits.get().closeTimeout(), this::remove);
    loop = new EnetLoop(closing, congestion, leaving, waiting, this::remove, this::wakeUp);
    socket = new EnetSocket(vertx, context, config, port, new Inbound());
    host =
        new EnetHost(
            config.core(limits.get().writeQueue()), new SecureRandom(), ByteBufAllocator.DEFAULT);
    tap = datagramMetrics.new Tap(host);
    timer = new DeadlineTimer(vertx, this::onTimer);
  }

  /** Number of sockets that a node with this many event loops has on its port. */
  public static int sockets(Vertx vertx, int eventLoops) {
    return EnetSocket.sharesPort(vertx) ? eventLoops : 1;
  }

  /**
   * Starts to listen.
   *
   * @return the port in use, once all event loops listen
   */
  public Future<Integer> listen() {
    socket.open(first);
    Promise<Integer> listening = context.promise();
    port.complete()
        .onComplete(
            number ->
                context.runOnContext(
                    v -> {
                      serving = true;
                      listening.complete(number);
                    }),
            listening::fail);
    return listening.future();
  }

  /** Closes clients that have no session, because the event loop is being drained. */
  public void drain() {
    for (EnetConnection connection : List.copyOf(unnamed)) {
      if (!connection.isNamed()) {
        connection.close(CloseReason.GOING_AWAY);
      }
    }
  }

  /** Closes the port and every connection that is still open. */
  public Future<Void> close() {
    if (!socket.isOpen()) {
      return Future.succeededFuture();
    }
    for (EnetConnection connection : List.copyOf(connections)) {
      connection.close(CloseReason.GOING_AWAY);
      connection.peer().disconnectNow(CloseReason.GOING_AWAY.code());
    }
    flush();
    closed = true;
    timer.cancel();
    return socket.close();
  }

  /** There is something to send: it leaves once per turn of the event loop. */
  private void wakeUp() {
    if (!inTurn && !turnIsDue && !closed) {
      turnIsDue = true;
      socket.execute(turn);
    }
  }

  /** Handles the first part of a long batch, and sends what there is to send. */
  private void onPart() {
    inTurn = true;
    batchAt = DeadlineTimer.now();
    handleEvents(batchAt);
    transmit(batchAt);
    inTurn = false;
  }

  /**
   * Handles a batch of datagrams at once. The answers leave at the end of this turn of the event
   * loop: a service on it, two tasks away, has answered by then, and its answer shares a datagram
   * with the acknowledgement of the Message that it answers.
   */
  private void onBatch() {
    inTurn = true;
    handleEvents(DeadlineTimer.now());
    inTurn = false;
    if (!turnIsDue) {
      turnIsDue = true;
      socket.execute(turnLater);
    }
  }

  private void turnLater() {
    socket.execute(turn);
  }

  private void turn() {
    turnIsDue = false;
    if (!closed) {
      context.dispatch(this::flush);
    }
  }

  private void onTimer() {
    inTurn = true;
    long now = DeadlineTimer.now();
    host.advanceTo(now);
    while (!unnamed.isEmpty() && anonymousAt(unnamed.element()) <= now) {
      unnamed.remove().authTimeout();
    }
    congestion.advanceTo(now);
    leaving.advanceTo(now);
    waiting.advanceTo(now);
    closing.advanceTo(now);
    flush();
  }

  private long anonymousAt(EnetConnection connection) {
    return connection.connectedAt() + config.authTimeout().toMillis();
  }

  /** Handles all events, sends everything that is due, and arms the timer. */
  private void flush() {
    inTurn = true;
    long now = DeadlineTimer.now();
    handleEvents(now);
    transmit(now);
    tap.update();
    charge(now);
    inTurn = false;
    timer.arm(nextDeadline());
  }

  private void handleEvents(long now) {
    for (EnetEvent event; (event = host.pollEvent()) != null; ) {
      dispatch(event, now);
    }
  }

  private void transmit(long now) {
    for (Transmit out; (out = host.pollTransmit(now)) != null; ) {
      socket.write(out.datagram(), (InetSocketAddress) out.address().origin());
    }
    socket.flush();
  }

  private void charge(long now) {
    if (memory.isAt(MemoryLevel.SHEDDING)) {
      host.shedWaiting(SHED_TO_PART);
      handleEvents(now);
      transmit(now);
    }
    long waiting = host.waitingBytes();
    memory.change(MemoryUse.ASSEMBLY, waiting - charged);
    charged = waiting;
    long commands = host.queuedCommands() * COMMAND;
    memory.change(MemoryUse.OUTBOX, commands - chargedCommands);
    chargedCommands = commands;
  }

  private long nextDeadline() {
    long next = Math.min(host.nextDeadline(), closing.nextDeadline());
    next = Math.min(next, Math.min(congestion.nextDeadline(), leaving.nextDeadline()));
    next = Math.min(next, waiting.nextDeadline());
    return unnamed.isEmpty() ? next : Math.min(next, anonymousAt(unnamed.element()));
  }

  private void dispatch(EnetEvent event, long now) {
    EnetPeer peer = event.peer();
    if (event instanceof EnetEvent.Connected connected) {
      accept(peer, connected.data(), now);
    } else if (event instanceof EnetEvent.Received received) {
      if (peer.attachment() instanceof EnetConnection connection) {
        connection.received(received.channel(), received.payload());
      }
    } else if (event instanceof EnetEvent.TooLarge) {
      if (peer.attachment() instanceof EnetConnection connection) {
        connection.close(CloseReason.TOO_LARGE);
      }
    } else if (event instanceof EnetEvent.Disconnected disconnected) {
      if (peer.attachment() instanceof EnetConnection connection) {
        connection.ended(disconnected.reason(), disconnected.data());
      }
    }
  }

  private void accept(EnetPeer peer, int data, long now) {
    String address = ((InetSocketAddress) peer.address().origin()).getAddress().getHostAddress();
    try {
      connectContext.policy().enter(address);
    } catch (ConnectRefusedException refusal) {
      refuse(peer, refusal.reason(), now);
      return;
    }
    var connection =
        new EnetConnection(
            peer, address, data, loop, config, limits.get(), connectContext, metrics, now);
    peer.attach(connection);
    connections.add(connection);
    connectContext.latch().enter();
    unnamed.add(connection);
  }

  private void refuse(EnetPeer peer, CloseReason reason, long now) {
    metrics.refused(reason);
    peer.disconnect(reason.code());
    closing.add(peer, reason, now);
  }

  private void remove(EnetPeer peer) {
    if (peer.attachment() instanceof EnetConnection connection) {
      remove(connection);
    }
  }

  private void remove(EnetConnection connection) {
    if (connections.remove(connection)) {
      connectContext.policy().leave(connection.address());
      connectContext.latch().leave();
    }
  }

  private final class Inbound extends SimpleChannelInboundHandler<DatagramPacket> {

    @Override
    protected void channelRead0(ChannelHandlerContext source, DatagramPacket packet) {
      if (!serving || closed) {
        return;
      }
      if (batchAt == 0) {
        batchAt = DeadlineTimer.now();
      }
      InetSocketAddress sender = packet.sender();
      host.receive(
          packet.content(),
          PeerAddress.of(sender.getAddress().getAddress(), sender.getPort(), sender),
          batchAt);
      if (host.pendingEvents() >= MANY_EVENTS) {
        context.dispatch(part);
      }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext source) {
      if (batchAt != 0) {
        batchAt = 0;
        context.dispatch(batch);
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext source, Throwable cause) {
      OutOfMemory.endIf(cause);
      // Concerns one datagram, such as an address that cannot be reached.
      LOG.debug("a datagram was not sent or not received: {}", cause.toString());
    }
  }
}
