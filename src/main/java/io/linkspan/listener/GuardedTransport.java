package io.linkspan.listener;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelHandler;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.InternetProtocolFamily;
import io.vertx.core.Vertx;
import io.vertx.core.datagram.DatagramSocketOptions;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.net.ClientOptionsBase;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.spi.transport.Transport;
import java.net.SocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadFactory;

/**
 * Adds handlers to the sockets that listen, which Vert.x has no other place for: they see a
 * connection when it is accepted, before an event loop has any work with it. Everything else is
 * left to another transport. Shared by all event loops.
 */
public final class GuardedTransport implements io.vertx.core.transport.Transport {

  private final io.vertx.core.transport.Transport platform;
  private final Guarded implementation;

  private GuardedTransport(io.vertx.core.transport.Transport platform) {
    this.platform = platform;
    implementation = new Guarded(platform.implementation());
  }

  /** Returns a transport that does what another one does. */
  public static GuardedTransport over(io.vertx.core.transport.Transport platform) {
    return new GuardedTransport(platform);
  }

  /**
   * Adds a handler to the socket that a server will listen at. Event loops that share the socket
   * add the same one.
   *
   * @param vertx that was built with a guarded transport
   * @param options of the server, with the host and the port at which it listens
   * @param handler sharable; reads the accepted channels on the thread that accepts
   */
  static void guard(Vertx vertx, NetServerOptions options, ChannelHandler handler) {
    if (!(((VertxInternal) vertx).transport() instanceof Guarded transport)) {
      throw new IllegalStateException("this Vert.x has no guarded transport");
    }
    transport.handlers.put(nameOf(options), handler);
  }

  private static String nameOf(NetServerOptions options) {
    return options.getHost() + ' ' + options.getPort();
  }

  @Override
  public String name() {
    return platform.name();
  }

  @Override
  public boolean available() {
    return platform.available();
  }

  @Override
  public Throwable unavailabilityCause() {
    return platform.unavailabilityCause();
  }

  @Override
  public Transport implementation() {
    return implementation;
  }

  private static final class Guarded implements Transport {

    private final Transport platform;
    private final Map<String, ChannelHandler> handlers = new ConcurrentHashMap<>();

    Guarded(Transport platform) {
      this.platform = platform;
    }

    @Override
    public void configure(
        NetServerOptions options, boolean domainSocket, ServerBootstrap bootstrap) {
      platform.configure(options, domainSocket, bootstrap);
      ChannelHandler handler = handlers.get(nameOf(options));
      if (handler != null) {
        bootstrap.handler(handler);
      }
    }

    @Override
    public boolean supportsDomainSockets() {
      return platform.supportsDomainSockets();
    }

    @Override
    public boolean supportFileRegion() {
      return platform.supportFileRegion();
    }

    @Override
    public boolean isAvailable() {
      return platform.isAvailable();
    }

    @Override
    public Throwable unavailabilityCause() {
      return platform.unavailabilityCause();
    }

    @Override
    public SocketAddress convert(io.vertx.core.net.SocketAddress address) {
      return platform.convert(address);
    }

    @Override
    public io.vertx.core.net.SocketAddress convert(SocketAddress address) {
      return platform.convert(address);
    }

    @Override
    public IoHandlerFactory ioHandlerFactory() {
      return platform.ioHandlerFactory();
    }

    @Override
    public EventLoopGroup eventLoopGroup(
        int type, int threads, ThreadFactory threadFactory, int ioRatio) {
      return platform.eventLoopGroup(type, threads, threadFactory, ioRatio);
    }

    @Override
    public DatagramChannel datagramChannel() {
      return platform.datagramChannel();
    }

    @Override
    @SuppressWarnings("deprecation") // the interface of Vert.x names it
    public DatagramChannel datagramChannel(InternetProtocolFamily family) {
      return platform.datagramChannel(family);
    }

    @Override
    public ChannelFactory<? extends Channel> channelFactory(boolean domainSocket) {
      return platform.channelFactory(domainSocket);
    }

    @Override
    public ChannelFactory<? extends ServerChannel> serverChannelFactory(boolean domainSocket) {
      return platform.serverChannelFactory(domainSocket);
    }

    @Override
    public void configure(DatagramChannel channel, DatagramSocketOptions options) {
      platform.configure(channel, options);
    }

    @Override
    public void configure(
        ClientOptionsBase options, int connectTimeout, boolean domainSocket, Bootstrap bootstrap) {
      platform.configure(options, connectTimeout, domainSocket, bootstrap);
    }
  }
}
