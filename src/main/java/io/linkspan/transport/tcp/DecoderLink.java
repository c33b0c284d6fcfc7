package io.linkspan.transport.tcp;

import io.linkspan.connection.Backlog;
import io.linkspan.connection.Heartbeat;
import io.linkspan.framing.Framing;
import io.linkspan.memory.MemoryAccount;
import io.linkspan.translate.ScratchFrame;
import io.linkspan.transport.channel.BackPressure;
import io.linkspan.transport.channel.BackPressureLimits;
import io.linkspan.transport.channel.ChannelLink;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.compression.JdkZlibEncoder;
import io.netty.handler.ssl.SslHandler;
import io.vertx.core.internal.net.NetSocketInternal;
import java.util.Arrays;
import java.util.function.IntSupplier;

/**
 * Reads and writes frames of every kind on a Vert.x socket: a {@link ChannelLink} with the
 * framing's decoders behind it.
 */
@SuppressWarnings("FutureReturnValueIgnored") // whether the last frame arrives cannot be observed
final class DecoderLink implements TcpLink {

  private final ChannelHandlerContext context;
  private final Channel channel;
  private final ChannelLink link;
  private final Listener listener;

  /** Adds itself to the pipeline of a socket that has just been accepted. */
  DecoderLink(
      NetSocketInternal socket,
      Framing framing,
      BackPressureLimits pressure,
      MemoryAccount memory,
      Listener listener) {
    this.listener = listener;
    context = socket.channelHandlerContext();
    channel = context.channel();
    ChannelPipeline pipeline = channel.pipeline();
    IntSupplier unfinished = framing.install(pipeline, context.name());
    BackPressure.install(pipeline, pressure);
    pipeline.addBefore(context.name(), null, new FrameGuard());
    link = new ChannelLink(context, memory, unfinished, listener);
    socket.messageHandler(this::onFrame);
    socket.exceptionHandler(listener::onFailure);
    socket.closeHandler(v -> listener.onEnd());
  }

  @Override
  public void write(byte[] frame) {
    link.write(Unpooled.wrappedBuffer(frame));
  }

  @Override
  public void write(ScratchFrame frame) {
    write(Arrays.copyOf(frame.bytes(), frame.length()));
  }

  @Override
  public void discard() {
    link.discard();
  }

  @Override
  public void finish() {
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

  @Override
  public void abort() {
    link.abort();
  }

  @Override
  public Backlog backlog() {
    return link;
  }

  @Override
  public boolean waitsForMoreThan(long limit) {
    return link.waitsForMoreThan(limit);
  }

  @Override
  public void watch(Heartbeat heartbeat, long now) {
    link.watch(heartbeat, now);
  }

  @Override
  public Heartbeat.Action advance(Heartbeat heartbeat, long now) {
    return link.advance(heartbeat, now);
  }

  private void onFrame(Object message) {
    ByteBuf frame = (ByteBuf) message;
    byte[] bytes;
    try {
      bytes = ByteBufUtil.getBytes(frame);
    } finally {
      frame.release();
    }
    listener.onFrame(bytes, bytes.length);
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
