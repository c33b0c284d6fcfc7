package io.linkspan.transport.tcp;

import io.linkspan.connection.Backlog;
import io.linkspan.framing.Framing;
import io.linkspan.framing.LengthHead;
import io.linkspan.memory.MemoryAccount;
import io.linkspan.translate.ScratchFrame;
import io.linkspan.transport.channel.BackPressureLimits;
import io.linkspan.transport.channel.ByteLink;
import io.linkspan.transport.channel.ScratchArray;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.CorruptedFrameException;
import io.netty.handler.codec.TooLongFrameException;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.impl.VertxHandler;

/**
 * Reads and writes frames that begin with their length and are not compressed, the default, as
 * {@link DecoderLink} does. It is the one handler of its connection, in the place of Vert.x's
 * socket: a frame passes through no decoder and no queue, and the frames of one turn are one write.
 */
final class LengthLink extends ByteLink implements TcpLink {

  private final LengthHead head;
  private final Listener listener;

  /**
   * Takes over a socket that has just been accepted. Vert.x is notified as if its connection had
   * ended, and closes it with its server nevertheless.
   */
  LengthLink(
      NetSocketInternal socket,
      LengthHead head,
      BackPressureLimits pressure,
      MemoryAccount memory,
      Listener listener) {
    super(ContextInternal.current(), pressure, memory);
    this.head = head;
    this.listener = listener;
    ChannelHandlerContext vertx = socket.channelHandlerContext();
    ChannelPipeline pipeline = vertx.pipeline();
    pipeline.addLast(this);
    ((VertxHandler<?>) vertx.handler()).channelInactive(vertx);
    pipeline.remove(vertx.handler());
  }

  @Override
  protected boolean handle(ByteBuf input) {
    int size;
    try {
      size = head.wholeFrame(input);
    } catch (CorruptedFrameException | TooLongFrameException e) {
      discard();
      listener.onViolation(Framing.isTooLarge(e), e.getMessage());
      return false;
    }
    if (size < 0) {
      return false;
    }
    int length = size - head.size();
    byte[] contents = ScratchArray.of(length);
    input.skipBytes(head.size()).readBytes(contents, 0, length);
    try {
      listener.onFrame(contents, length);
    } catch (RuntimeException e) {
      report(e);
    }
    return true;
  }

  @Override
  protected int assembled() {
    return 0;
  }

  @Override
  protected void onRead() {
    listener.onRead();
  }

  @Override
  protected void onWriteBlocked() {
    listener.onWriteBlocked();
  }

  @Override
  protected void onFailure(Throwable failure) {
    listener.onFailure(failure);
  }

  @Override
  protected void onShutdown() {
    endWhenWritten();
  }

  @Override
  protected void onEnd() {
    listener.onEnd();
  }

  @Override
  public void write(byte[] frame) {
    if (begin(0, frame.length) != null) {
      end(frame);
    }
  }

  @Override
  public void write(ScratchFrame frame) {
    if (begin(0, frame.length()) != null) {
      endCopied(frame.bytes(), frame.length());
    }
  }

  @Override
  public void finish() {
    discard();
    endOutputWhenWritten();
  }

  @Override
  public Backlog backlog() {
    return this;
  }
}
