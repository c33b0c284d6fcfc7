package io.linkspan.listener;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.ssl.SslHandler;

/**
 * Passes on the first bytes of a connection when the {@link LoopBudget} of its event loop has room
 * for them, since they begin a session most often, and leaves the pipeline then. What a client has
 * sent before it ends is passed on before its end. Used only on the event loop of the connection.
 */
public final class FirstBytes extends ChannelInboundHandlerAdapter {

  private ByteBuf held;

  /** Whether the event loop reads from the connection and reports the end of that itself. */
  private boolean reading;

  private FirstBytes() {}

  /** Adds itself in front of all that reads the bytes of a client, behind TLS. */
  public static void install(ChannelPipeline pipeline) {
    ChannelHandler tls = pipeline.get(SslHandler.class);
    if (tls == null) {
      pipeline.addFirst(new FirstBytes());
    } else {
      pipeline.addAfter(pipeline.context(tls).name(), null, new FirstBytes());
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext source, Object read) {
    var bytes = (ByteBuf) read;
    reading = true;
    if (held != null) {
      held = Unpooled.wrappedBuffer(held, bytes);
      return;
    }
    held = bytes;
    // What follows stays in the kernel.
    source.channel().config().setAutoRead(false);
    LoopBudget.of(source.channel().eventLoop()).take(() -> pass(source));
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext source) {
    reading = false;
    if (held == null) {
      source.fireChannelReadComplete();
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext source, Object event) {
    if (event instanceof ChannelInputShutdownEvent) {
      pass(source);
    }
    source.fireUserEventTriggered(event);
  }

  @Override
  public void channelInactive(ChannelHandlerContext source) {
    pass(source);
    source.fireChannelInactive();
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext source) {
    if (held != null) {
      held.release();
      held = null;
    }
  }

  private void pass(ChannelHandlerContext source) {
    if (held != null) {
      ByteBuf bytes = held;
      held = null;
      source.channel().config().setAutoRead(true);
      source.fireChannelRead(bytes);
      if (!reading) {
        source.fireChannelReadComplete();
      }
      if (!source.isRemoved()) {
        source.pipeline().remove(this);
      }
    }
  }
}
