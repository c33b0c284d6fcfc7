package io.linkspan.listener;

import io.linkspan.admission.Offences;
import io.linkspan.admission.PendingLinks;
import io.linkspan.time.DeadlineTimer;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.util.concurrent.ScheduledFuture;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetServerOptions;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts the connections of one listener among the {@link PendingLinks} from their accept on, thus
 * also while they say nothing to TLS or to the PROXY protocol. Above the limits it closes them at
 * once, on the thread that accepts: no event loop has work with them. Passes on few at a time, so
 * that the event loops serve their clients in between. Shared by all event loops.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a close cannot fail
public final class AcceptGate {

  /** Connections that event loops are building; the kernel holds more. */
  private static final int BATCH = 8;

  /** Milliseconds after which the next ones are accepted although an event loop is stalled. */
  private static final long PATIENCE = 100;

  /** Holds the count of a connection until its owner takes it, or until it ends. */
  private static final class Arrival extends ChannelInboundHandlerAdapter {

    private final Acceptor acceptor;
    private PendingLinks.Link link;
    private boolean built;

    Arrival(Acceptor acceptor, PendingLinks.Link link) {
      this.acceptor = acceptor;
      this.link = link;
    }

    PendingLinks.Link take() {
      PendingLinks.Link taken = link;
      link = null;
      return taken;
    }

    @Override
    public void channelRegistered(ChannelHandlerContext context) {
      // Not in this turn, whose queue of tasks would grow for as long as connections arrive, and
      // behind the connections that wait for their first turn.
      LoopBudget.of(context.channel().eventLoop()).takeLater(this::built);
      context.fireChannelRegistered();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
      end();
    }

    void end() {
      built();
      if (link != null) {
        link.leave();
      }
    }

    private void built() {
      if (!built) {
        built = true;
        acceptor.built();
      }
    }
  }

  /** Reads the channels that one socket accepts, on the thread that does. */
  @ChannelHandler.Sharable
  private final class Acceptor extends ChannelInboundHandlerAdapter {

    /** Connections that event loops are building; changed by them too. */
    private final AtomicInteger building = new AtomicInteger();

    private volatile Channel server;
    private int limit = BATCH;
    private ScheduledFuture<?> timer;

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
      server = context.channel();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      Channel channel = (Channel) message;
      PendingLinks.Link link = enter(channel);
      if (link == null) {
        channel.unsafe().closeForcibly();
        return;
      }
      if (building.incrementAndGet() >= limit) {
        pause();
      }
      channel.config().setRecvByteBufAllocator(ReceiveBuffers.SHARED);
      var arrival = new Arrival(this, link);
      channel.pipeline().addLast(arrival);
      context.fireChannelRead(channel);
      if (!channel.isOpen()) {
        // No event loop takes it.
        arrival.end();
      }
    }

    private void pause() {
      server.config().setAutoRead(false);
      if (timer == null) {
        timer =
            server
                .eventLoop()
                .schedule(() -> resume(building.get() + BATCH), PATIENCE, TimeUnit.MILLISECONDS);
      }
    }

    private void resume(int nextLimit) {
      limit = nextLimit;
      if (timer != null) {
        timer.cancel(false);
        timer = null;
        server.config().setAutoRead(true);
      }
    }

    /** Counts a connection whose event loop has had a turn, or that has ended; on any thread. */
    void built() {
      if (building.decrementAndGet() == BATCH / 2) {
        server.eventLoop().execute(() -> resume(BATCH));
      }
    }
  }

  private final PendingLinks links;
  private final Offences offences;
  private final ProxyConfig proxies;

  /**
   * Creates the gate of one listener.
   *
   * @param offences decides which connections of banned clients are not worth an answer
   * @param proxies carry the connections of many clients: each of these connections counts as an
   *     address of its own
   */
  public AcceptGate(PendingLinks links, Offences offences, ProxyConfig proxies) {
    this.links = links;
    this.offences = offences;
    this.proxies = proxies;
  }

  /**
   * Guards a server that does not listen yet.
   *
   * @param options of the server, with the host and the port at which it listens
   */
  public void guard(Vertx vertx, NetServerOptions options) {
    GuardedTransport.guard(vertx, options, acceptor());
  }

  ChannelHandler acceptor() {
    return new Acceptor();
  }

  private PendingLinks.Link enter(Channel channel) {
    if (!(channel.remoteAddress() instanceof InetSocketAddress remote)) {
      // It has disconnected.
      return null;
    }
    String address = remote.getAddress().getHostAddress();
    if (proxies.trusts(address)) {
      return links.enter(address + ':' + remote.getPort(), channel::close, DeadlineTimer.now());
    }
    return offences.isDropped(address)
        ? null
        : links.enter(address, channel::close, DeadlineTimer.now());
  }

  /**
   * Passes the count of a connection to its owner, which ends it.
   *
   * @return null when the connection has ended
   */
  public PendingLinks.Link take(ChannelPipeline pipeline) {
    Arrival arrival = pipeline.get(Arrival.class);
    if (arrival == null) {
      return null;
    }
    PendingLinks.Link link = arrival.take();
    pipeline.remove(arrival);
    return link;
  }
}
