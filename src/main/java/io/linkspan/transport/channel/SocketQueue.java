package io.linkspan.transport.channel;

import io.linkspan.connection.Backlog;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.epoll.EpollSocketChannel;

/** The bytes of a connection that wait in its channel and in the kernel. */
@SuppressWarnings("FutureReturnValueIgnored") // the listener receives the outcome
final class SocketQueue {

  private SocketQueue() {}

  /**
   * Bounds what the kernel takes before it has sent what it has, where the kernel can do that: what
   * is in its queue cannot be replaced by something newer.
   */
  static void keepShort(Channel channel) {
    if (channel instanceof EpollSocketChannel epoll && channel.isOpen()) {
      epoll.config().setTcpNotSentLowAt(Backlog.KERNEL_MARK);
    }
  }

  /** Runs an action when the socket has taken all that was flushed; never if it ends first. */
  static void whenTaken(ChannelPipeline pipeline, Runnable action) {
    ChannelHandlerContext first = pipeline.firstContext();
    if (first != null) {
      // Below TLS, whose records are in the channel's queue already.
      first
          .writeAndFlush(Unpooled.EMPTY_BUFFER)
          .addListener(
              taken -> {
                if (taken.isSuccess()) {
                  action.run();
                }
              });
    }
  }
}
