package io.linkspan.transport.enet;

import io.linkspan.admission.LimitsConfig;
import io.linkspan.connection.CloseReason;
import io.linkspan.connection.TransportMetrics;
import io.linkspan.protocol.enet.EnetEvent;
import io.linkspan.protocol.enet.EnetHost;
import io.linkspan.protocol.enet.EnetPeer;
import io.linkspan.protocol.enet.PeerAddress;
import io.linkspan.protocol.enet.Transmit;
import io.linkspan.time.DeadlineTimer;
import io.linkspan.transport.channel.ConnectContext;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.unix.UnixChannelOption;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The ENet port on one event loop: a datagram channel of Netty's around a pure host. Where the
 * kernel can share a port among sockets, every loop has one; else only the first does. Used only on
 * its event loop.
 */
public final class EnetTransport {

  private record Lingering(EnetPeer peer, CloseReason reason, long until) {}

  private static final Logger LOG = LoggerFactory.getLogger(EnetTransport.class);

  /** Longer than any datagram of a client that heeds our MTU; a longer one is cut, and dropped. */
  private static final int READ_BUFFER = 2048;

  private static final int READS_AT_ONCE = 64;

  /**
   * So many events at once take so long that the clients' acknowledgements should not wait for
   * them: clients nearby repeat what is not acknowledged within 5 ms.
   */
  private static final int MANY_EVENTS = 128;

  private static final int SOCKET_BUFFER = 4 << 20;

  /** Bytes that the kernel has not taken; what is beyond is lost, as on any network. */
  private static final int MOST_UNSENT = 4 << 20;

  /** How long a client has for what it was sent before a farewell, and then for the farewell. */
  private static final long CLOSE_LINGER = 2_000;

  private final Vertx vertx;
  private final ContextInternal context;
  private final EnetTransportConfig config;
  private final LimitsConfig limits;
  private final ConnectContext entrance;
  private final TransportMetrics metrics;
  private final EnetMetrics.Tap tap;
  private final EnetPort port;
  private final boolean first;
  private final EnetHost host;
  private final DeadlineTimer timer;
  private final Set<EnetConnection> connections = new LinkedHashSet<>();
  private final Queue<EnetConnection> unnamed = new ArrayDeque<>();
  private final Queue<Lingering> lingering = new ArrayDeque<>();
  private final Promise<Void> drained = Promise.promise();
  private final Runnable turn = this::turn;
  private final Runnable turnLater = this::turnLater;
  private DatagramChannel channel;
  private boolean serving;
  private boolean draining;
  private boolean closed;
  private boolean inTurn;
  private boolean turnIsDue;
  private long batchAt;

  /**
   * To be made on the event loop that it will live on.
   *
   * @param port what the event loops of the node share
   * @param first of the event loops
   */
  public EnetTransport(
      Vertx vertx,
      EnetTransportConfig config,
      LimitsConfig limits,
      ConnectContext entrance,
      TransportMetrics metrics,
      EnetMetrics datagramMetrics,
      EnetPort port,
      boolean first) {
    this.vertx = vertx;
    context = (ContextInternal) vertx.getOrCreateContext();
    this.config = config;
    this.limits = limits;
    this.entrance = entrance;
    this.metrics = metrics;
    this.port = port;
    this.first = first;
    host =
        new EnetHost(
            config.core(limits.writeQueue()), new SecureRandom(), ByteBufAllocator.DEFAULT);
    tap = datagramMetrics.new Tap(host.counters());
    timer = new DeadlineTimer(vertx, this::onTimer);
  }

  /** How many sockets a node with so many event loops has on its port. */
  public static int sockets(Vertx vertx, int eventLoops) {
    return sharesPort(vertx) ? eventLoops : 1;
  }

  /**
   * Starts to listen.
   *
   * @return the port in use, once all event loops listen
   */
  public Future<Integer> listen() {
    if (first) {
      bindFirst();
    } else if (sharesPort(vertx)) {
      port.number().onSuccess(number -> context.runOnContext(v -> bind(number)));
    }
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

  /**
   * Takes no new clients from now on; those that are here go on until their sessions send them
   * away.
   *
   * @return done when none is left
   */
  public Future<Void> drain() {
    draining = true;
    for (EnetConnection connection : List.copyOf(unnamed)) {
      if (!connection.isNamed()) {
        connection.close(CloseReason.GOING_AWAY);
      }
    }
    endIfDrained();
    return drained.future();
  }

  /** Closes the port and every connection that is still open. */
  public Future<Void> close() {
    if (channel == null) {
      return Future.succeededFuture();
    }
    for (EnetConnection connection : List.copyOf(connections)) {
      connection.close(CloseReason.GOING_AWAY);
      connection.peer().disconnectNow(CloseReason.GOING_AWAY.code());
    }
    settle();
    closed = true;
    timer.cancel();
    Promise<Void> done = context.promise();
    channel.close().addListener(v -> done.complete());
    return done.future();
  }

  /** Something is to be sent: it will be, once per turn of the event loop. */
  void wakeUp() {
    if (!inTurn && !turnIsDue && !closed) {
      turnIsDue = true;
      channel.eventLoop().execute(turn);
    }
  }

  /** Bounds how long a peer that was told to go may take. */
  void linger(EnetPeer peer, CloseReason reason) {
    lingering.add(new Lingering(peer, reason, DeadlineTimer.now() + CLOSE_LINGER));
  }

  private static boolean sharesPort(Vertx vertx) {
    return vertx.isNativeTransportEnabled() && Epoll.isAvailable();
  }

  /**
   * With SO_REUSEPORT the kernel lets other processes in, and we would have half of the clients.
   */
  private void bindFirst() {
    if (config.port() != 0) {
      try (var probe = new DatagramSocket(new InetSocketAddress(config.host(), config.port()))) {
        LOG.debug("UDP port {} is free", probe.getLocalPort());
      } catch (IOException e) {
        fail(e);
        return;
      }
    }
    bind(config.port());
  }

  private void fail(Throwable cause) {
    port.fail(
        new IOException(
            "can not listen at enet.host %s, enet.port %d: %s"
                .formatted(config.host(), config.port(), cause.getMessage()),
            cause));
  }

  private void bind(int number) {
    var bootstrap =
        new Bootstrap()
            .group(context.nettyEventLoop())
            .channelFactory(() -> ((VertxInternal) vertx).transport().datagramChannel())
            .handler(new Inbound())
            .option(
                ChannelOption.RECVBUF_ALLOCATOR,
                new FixedRecvByteBufAllocator(READ_BUFFER).maxMessagesPerRead(READS_AT_ONCE))
            .option(ChannelOption.SO_RCVBUF, SOCKET_BUFFER)
            .option(ChannelOption.SO_SNDBUF, SOCKET_BUFFER)
            .option(
                ChannelOption.WRITE_BUFFER_WATER_MARK,
                new WriteBufferWaterMark(MOST_UNSENT / 2, MOST_UNSENT));
    if (sharesPort(vertx)) {
      bootstrap.option(UnixChannelOption.SO_REUSEPORT, true);
    }
    ChannelFuture bound = bootstrap.bind(config.host(), number);
    channel = (DatagramChannel) bound.channel();
    bound.addListener(
        v -> {
          if (bound.isSuccess()) {
            port.joined(channel.localAddress().getPort());
          } else {
            fail(bound.cause());
          }
        });
  }

  /**
   * What came in a batch is handled at once, and answered at the end of this turn of the event
   * loop: a service on it has answered by then, being two tasks away, and its answer shares a
   * datagram with the acknowledgement of what it answers.
   */
  private void onBatch() {
    long now = DeadlineTimer.now();
    inTurn = true;
    if (host.pendingEvents() > MANY_EVENTS) {
      transmit(now);
    }
    handleEvents(now);
    inTurn = false;
    if (!turnIsDue) {
      turnIsDue = true;
      channel.eventLoop().execute(turnLater);
    }
  }

  private void turnLater() {
    channel.eventLoop().execute(turn);
  }

  /** Something is to be sent. */
  private void turn() {
    turnIsDue = false;
    if (!closed) {
      context.dispatch(this::settle);
    }
  }

  private void onTimer() {
    inTurn = true;
    long now = DeadlineTimer.now();
    host.advanceTo(now);
    while (!unnamed.isEmpty() && anonymousAt(unnamed.element()) <= now) {
      unnamed.remove().authTimeout();
    }
    while (!lingering.isEmpty() && lingering.element().until() <= now) {
      hurry(lingering.remove());
    }
    settle();
  }

  private long anonymousAt(EnetConnection connection) {
    return connection.connectedAt() + config.authTimeout().toMillis();
  }

  private void hurry(Lingering late) {
    EnetPeer peer = late.peer();
    switch (peer.state()) {
      case CONNECTED, CONNECTING, DISCONNECTED -> {
        // Over in time.
      }
      case DISCONNECT_LATER -> {
        peer.disconnect(late.reason().code());
        linger(peer, late.reason());
      }
      case DISCONNECTING -> {
        peer.reset();
        gone(peer);
      }
    }
  }

  /** Everything that has happened is handled, everything that is to be sent is sent. */
  private void settle() {
    inTurn = true;
    long now = DeadlineTimer.now();
    handleEvents(now);
    transmit(now);
    tap.update();
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
      send(out);
    }
    channel.flush();
  }

  private long nextDeadline() {
    long next = host.nextDeadline();
    if (!unnamed.isEmpty()) {
      next = Math.min(next, anonymousAt(unnamed.element()));
    }
    if (!lingering.isEmpty()) {
      next = Math.min(next, lingering.element().until());
    }
    return next;
  }

  private void dispatch(EnetEvent event, long now) {
    EnetPeer peer = event.peer();
    if (event instanceof EnetEvent.Connected) {
      accept(peer, now);
    } else if (event instanceof EnetEvent.Received received) {
      if (peer.attachment() instanceof EnetConnection connection) {
        connection.received(received.channel(), received.payload());
      }
    } else if (event instanceof EnetEvent.Disconnected disconnected) {
      if (peer.attachment() instanceof EnetConnection connection) {
        connection.ended(disconnected.reason());
      }
      gone(peer);
    }
  }

  private void accept(EnetPeer peer, long now) {
    String address = ((InetSocketAddress) peer.address().origin()).getAddress().getHostAddress();
    if (draining) {
      turnAway(peer, CloseReason.GOING_AWAY);
    } else if (entrance.admission().enter(address) > 0) {
      turnAway(peer, CloseReason.RATE_LIMITED);
    } else {
      var connection =
          new EnetConnection(this, peer, address, config, limits, entrance, metrics, now);
      peer.attach(connection);
      connections.add(connection);
      unnamed.add(connection);
    }
  }

  private void turnAway(EnetPeer peer, CloseReason reason) {
    metrics.refused(reason);
    peer.disconnect(reason.code());
    linger(peer, reason);
  }

  private void gone(EnetPeer peer) {
    if (peer.attachment() instanceof EnetConnection connection && connections.remove(connection)) {
      entrance.admission().leave(connection.address());
      endIfDrained();
    }
  }

  private void endIfDrained() {
    if (draining && connections.isEmpty()) {
      drained.tryComplete();
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored") // what is lost is sent again
  private void send(Transmit out) {
    if (channel.isWritable()) {
      channel.write(
          new DatagramPacket(out.datagram(), (InetSocketAddress) out.address().origin()),
          channel.voidPromise());
    } else {
      out.datagram().release();
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
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext source) {
      if (batchAt != 0) {
        batchAt = 0;
        context.dispatch(EnetTransport.this::onBatch);
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext source, Throwable cause) {
      // Of one datagram: an address that can not be reached.
      LOG.debug("a datagram was not sent or not received: {}", cause.toString());
    }
  }
}
