package io.linkspan.transport.enet;

import io.linkspan.config.ListenException;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.unix.UnixChannelOption;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The UDP socket of one event loop. Where the kernel can share a port among sockets, every loop has
 * one; otherwise only the first loop does. Used only on its event loop.
 */
final class EnetSocket {

  private static final Logger LOG = LoggerFactory.getLogger(EnetSocket.class);

  /**
   * Longer than any datagram of a client that keeps to our MTU; a longer one is cut and dropped.
   */
  private static final int READ_BUFFER = 2048;

  private static final int READS_AT_ONCE = 64;
  private static final int SOCKET_BUFFER = 4 << 20;

  /** Bytes that the kernel has not accepted; further ones are lost, as on any network. */
  private static final int MOST_UNSENT = 4 << 20;

  private final Vertx vertx;
  private final ContextInternal context;
  private final EnetTransportConfig config;
  private final EnetPort port;
  private final ChannelHandler handler;
  private DatagramChannel channel;
  private DatagramWrites writes;

  /**
   * @param handler receives the datagrams
   */
  EnetSocket(
      Vertx vertx,
      ContextInternal context,
      EnetTransportConfig config,
      EnetPort port,
      ChannelHandler handler) {
    this.vertx = vertx;
    this.context = context;
    this.config = config;
    this.port = port;
    this.handler = handler;
  }

  /** Whether the event loops of a node can each have a socket on one port. */
  static boolean sharesPort(Vertx vertx) {
    return vertx.isNativeTransportEnabled() && Epoll.isAvailable();
  }

  /**
   * Opens the socket, if this event loop has one.
   *
   * @param first of the event loops
   */
  void open(boolean first) {
    if (first) {
      openFirst();
    } else if (sharesPort(vertx)) {
      port.number().onSuccess(number -> context.runOnContext(v -> bind(number)));
    }
  }

  /** SO_REUSEPORT admits other processes, which would receive some of the clients. */
  private void openFirst() {
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
    port.fail(new ListenException("enet", config.host(), config.port(), cause));
  }

  private void bind(int number) {
    var bootstrap =
        new Bootstrap()
            .group(context.nettyEventLoop())
            .channelFactory(() -> ((VertxInternal) vertx).transport().datagramChannel())
            .handler(handler)
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
    writes =
        new DatagramWrites(
            channel,
            sharesPort(vertx) && EpollDatagramChannel.isSegmentedDatagramPacketSupported());
    bound.addListener(
        v -> {
          if (bound.isSuccess()) {
            port.joined(channel.localAddress().getPort());
          } else {
            fail(bound.cause());
          }
        });
  }

  /** Whether the socket was opened. */
  boolean isOpen() {
    return channel != null;
  }

  void execute(Runnable task) {
    channel.eventLoop().execute(task);
  }

  /** Writes a datagram, or drops it while the kernel accepts none. */
  void write(ByteBuf datagram, InetSocketAddress address) {
    if (channel.isWritable()) {
      writes.write(datagram, address);
    } else {
      datagram.release();
    }
  }

  void flush() {
    writes.flush();
  }

  Future<Void> close() {
    Promise<Void> done = context.promise();
    channel.close().addListener(v -> done.complete());
    return done.future();
  }
}
