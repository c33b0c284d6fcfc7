package io.linkspan.transport.tcp;

import io.linkspan.framing.Framing;
import io.linkspan.memory.MemoryAccount;
import io.linkspan.transport.channel.BackPressure;
import io.linkspan.transport.channel.BackPressureLimits;
import io.linkspan.transport.channel.ChannelLink;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.compression.JdkZlibEncoder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.stream.ChunkedWriteHandler;
import io.vertx.core.internal.net.NetSocketInternal;
import java.time.Duration;
import java.util.function.IntSupplier;

/**
 * Reads and writes frames on a Vert.x socket: a {@link ChannelLink} with the framing's decoders
 * behind it. Writes everything that is pending before it sends a FIN. Used only on the connection's
 * event loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // whether the last frame arrives cannot be observed
final class TcpLink {

  /** Receives the events of a link. */
  interface Listener extends ChannelLink.Listener {

    /** A frame was received; it is released afterwards. */
    void onFrame(ByteBuf frame);

    /**
     * The bytes are not a valid frame, or the frame is too large. Nothing further is read.
     *
     * @param tooLarge whether the size is the reason
     * @param what description for the client
     */
    void onViolation(boolean tooLarge, String what);
  }

  private final ChannelHandlerContext context;
  private final Channel channel;
  private final ChannelLink link;
  private final Listener listener;

  /** Adds itself to the pipeline of a socket that has just been accepted. */
  TcpLink(
      NetSocketInternal socket,
      Framing framing,
      BackPressureLimits pressure,
      Duration keepAlive,
      MemoryAccount memory,
      Listener listener) {
    this.listener = listener;
    context = socket.channelHandlerContext();
    channel = context.channel();
    ChannelPipeline pipeline = channel.pipeline();
    if (pipeline.get(ChunkedWriteHandler.class) != null) {
      // It is for files, and would hide how much waits to be written.
      pipeline.remove(ChunkedWriteHandler.class);
    }
    IntSupplier unfinished = framing.install(pipeline, context.name());
    BackPressure.install(pipeline, pressure);
    pipeline.addBefore(context.name(), null, new FrameGuard());
    link = new ChannelLink(context, memory, unfinished, listener);
    if (channel instanceof EpollSocketChannel epoll) {
      epoll.config().setTcpKeepIdle((int) Math.max(1, keepAlive.toSeconds()));
    }
    socket.messageHandler(this::onFrame);
  }

  /** Returns the link of bytes below the frames. */
  ChannelLink channel() {
    return link;
  }

  /** Writes a whole frame; the bytes may be shared and must not be changed. */
  void write(byte[] frame) {
    link.write(Unpooled.wrappedBuffer(frame));
  }

  /** Handles nothing that is received from now on. */
  void discard() {
    link.discard();
  }

  /**
   * Sends a FIN after everything that was written. Nothing that is received from now on is handled;
   * the client's own FIN, or {@link ChannelLink#abort}, ends the connection.
   */
  void finish() {
    discard();
    link.flush();
    var compressor = channel.pipeline().get(JdkZlibEncoder.class);
    ChannelFuture written =
        compressor == null ? context.writeAndFlush(Unpooled.EMPTY_BUFFER) : compressor.close();
    written.addListener(v -> closeOutput());
  }

  private void closeOutput() {
    var tls = channel.pipeline().get(SslHandler.class);
    if (tls == null) {
      ((DuplexChannel) channel).shutdownOutput();
    } else {
      tls.closeOutbound().addListener(v -> ((DuplexChannel) channel).shutdownOutput());
    }
  }

  private void onFrame(Object message) {
    ByteBuf frame = (ByteBuf) message;
    try {
      listener.onFrame(frame);
    } finally {
      frame.release();
    }
  }

  private final class FrameGuard extends ChannelInboundHandlerAdapter {

    private boolean violated;

    @Override
    public void exceptionCaught(ChannelHandlerContext source, Throwable cause) {
      if (!Framing.isViolation(cause)) {
        source.fireExceptionCaught(cause);
      } else if (!violated) {
        violated = true;
        link.discard();
        listener.onViolation(Framing.isTooLarge(cause), cause.getMessage());
      }
    }
  }
}
