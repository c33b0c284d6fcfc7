package io.linkspan.bench.peer;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolConfig;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** Serves as a baseline: the least that Netty does for a WebSocket and for TCP, an echo. */
public final class RawNettyServer {

  private static final int BACKLOG = 4096;
  private static final int MAX_REQUEST = 8 * 1024;

  private RawNettyServer() {}

  /**
   * Serves until the process is killed; prints its ports.
   *
   * @param arguments the number of event loops
   */
  public static void main(String[] arguments) throws InterruptedException {
    boolean epoll = Epoll.isAvailable();
    IoHandlerFactory handlers = epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
    var loops = new MultiThreadIoEventLoopGroup(Integer.parseInt(arguments[0]), handlers);
    Class<? extends ServerSocketChannel> type =
        epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
    int http = listen(loops, type, new WebSockets());
    int tcp = listen(loops, type, new Echoes());
    System.out.println("\"http\":" + http + ",\"tcp\":" + tcp);
  }

  private static int listen(
      EventLoopGroup loops,
      Class<? extends ServerSocketChannel> type,
      ChannelInitializer<SocketChannel> initializer)
      throws InterruptedException {
    Channel channel =
        new ServerBootstrap()
            .group(loops)
            .channel(type)
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(initializer)
            .bind(InetAddress.getLoopbackAddress(), 0)
            .sync()
            .channel();
    return ((InetSocketAddress) channel.localAddress()).getPort();
  }

  private static final class WebSockets extends ChannelInitializer<SocketChannel> {
    @Override
    protected void initChannel(SocketChannel channel) {
      WebSocketServerProtocolConfig config =
          WebSocketServerProtocolConfig.newBuilder()
              .websocketPath("/")
              .checkStartsWith(true)
              .build();
      channel
          .pipeline()
          .addLast(new HttpServerCodec())
          .addLast(new HttpObjectAggregator(MAX_REQUEST))
          .addLast(new WebSocketServerProtocolHandler(config))
          .addLast(new FrameEcho());
    }
  }

  private static final class FrameEcho extends SimpleChannelInboundHandler<BinaryWebSocketFrame> {
    @Override
    protected void channelRead0(ChannelHandlerContext context, BinaryWebSocketFrame frame) {
      var unused = context.writeAndFlush(frame.retain(), context.voidPromise());
    }
  }

  private static final class Echoes extends ChannelInitializer<SocketChannel> {
    @Override
    protected void initChannel(SocketChannel channel) {
      channel.pipeline().addLast(new BytesEcho());
    }
  }

  private static final class BytesEcho extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object bytes) {
      var unused = context.writeAndFlush(bytes, context.voidPromise());
    }
  }
}
