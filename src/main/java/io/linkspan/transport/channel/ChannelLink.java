package io.linkspan.transport.channel;

import io.linkspan.connection.Backlog;
import io.linkspan.connection.Heartbeat;
import io.linkspan.memory.MemoryAccount;
import io.linkspan.memory.MemoryUse;
import io.linkspan.memory.OutOfMemory;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import java.util.function.IntSupplier;

/**
 * Adds to a Vert.x socket what it lacks: writes that are flushed once per turn of the event loop,
 * the number of bytes that are not written yet and whether the peer takes them, signs of life at
 * the level of bytes, and an end that waits for nothing.
 *
 * <p>Stands first in the socket's Netty pipeline. Used only on the connection's event loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // failures of a void promise end the channel
public final class ChannelLink implements Backlog {

  /** Receives the events of a link. */
  public interface Listener {

    /** Bytes arrived, and nothing in them is handled yet. */
    void onRead();

    /** Everything was flushed, and the socket did not take all of it. */
    void onWriteBlocked();
  }

  /** Smaller changes of what is unfinished are not charged, but its end is. */
  private static final int STEP = 2_048;

  private final ChannelHandlerContext context;
  private final Channel channel;
  private final Listener listener;
  private final OutputProgress output;
  private final Runnable flushLater = this::flush;
  private ChannelHandlerContext firstContext;
  private boolean reading;
  private boolean discarding;
  private boolean dirty;
  private final MemoryAccount memory;
  private final IntSupplier unfinished;

  /** Bytes that are charged for what is unfinished. */
  private int charged;

  /**
   * Adds the link to the pipeline.
   *
   * @param context of Vert.x's own handler, from which writes start
   * @param memory of the event loop, is charged for what is unfinished
   * @param unfinished returns the bytes of frames and messages of which a part is missing
   */
  public ChannelLink(
      ChannelHandlerContext context,
      MemoryAccount memory,
      IntSupplier unfinished,
      Listener listener) {
    this.context = context;
    this.memory = memory;
    this.unfinished = unfinished;
    this.listener = listener;
    channel = context.channel();
    output = new OutputProgress(channel);
    channel.pipeline().addFirst(new ByteHandler());
  }

  /** Writes what the pipeline's encoders understand; flushed at the end of the turn. */
  public void write(Object message) {
    context.write(message, context.voidPromise());
    if (dirty) {
      return;
    }
    dirty = true;
    if (!reading) {
      channel.eventLoop().execute(flushLater);
    }
  }

  /** Flushes what waits to the socket. */
  public void flush() {
    if (!dirty) {
      return;
    }
    dirty = false;
    channel.flush();
    if (pendingBytes() > 0) {
      listener.onWriteBlocked();
    }
  }

  @Override
  public long bytes() {
    return pendingBytes() + charged;
  }

  /** Returns the bytes that the socket has not taken. May be called on any thread. */
  public long pendingBytes() {
    return OutputProgress.pendingBytes(channel);
  }

  /**
   * Returns whether more than a limit waits although it was flushed.
   *
   * @param limit in bytes; 0 is none
   */
  public boolean waitsForMoreThan(long limit) {
    if (limit == 0 || pendingBytes() <= limit) {
      return false;
    }
    flush();
    return pendingBytes() > limit;
  }

  @Override
  public void keepShort() {
    SocketQueue.keepShort(channel);
  }

  @Override
  public boolean isWritable() {
    return !waitsForMoreThan(MARK);
  }

  @Override
  public void whenWritable(Runnable action) {
    flush();
    SocketQueue.whenTaken(channel.pipeline(), action);
  }

  /** Lets a heartbeat watch what waits, from now until all of it is taken. */
  public void watch(Heartbeat heartbeat, long now) {
    output.watch(heartbeat, now);
  }

  /** Returns what is due at {@code now}, after reporting the writer's progress to the heartbeat. */
  public Heartbeat.Action advance(Heartbeat heartbeat, long now) {
    return output.advance(heartbeat, now);
  }

  /**
   * Ignores everything that arrives from now on. Reading continues, so that no TCP reset overtakes
   * what was written.
   */
  public void discard() {
    discarding = true;
  }

  @Override
  public void drop() {
    abort();
  }

  /** Ends the TCP connection now, whatever waits to be written. */
  public void abort() {
    firstContext.close();
  }

  private void charge(int bytes) {
    int change = bytes - charged;
    if (Math.abs(change) >= STEP || (bytes == 0 && change != 0)) {
      memory.change(MemoryUse.ASSEMBLY, change);
      charged = bytes;
    }
  }

  private final class ByteHandler extends ChannelInboundHandlerAdapter {

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
      firstContext = added;
    }

    @Override
    public void channelRead(ChannelHandlerContext source, Object bytes) {
      if (discarding) {
        ReferenceCountUtil.release(bytes);
        return;
      }
      if (!reading) {
        reading = true;
        listener.onRead();
      }
      source.fireChannelRead(bytes);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext source) {
      source.fireChannelReadComplete();
      reading = false;
      flush();
      charge(discarding ? 0 : unfinished.getAsInt());
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext source, Throwable failure) {
      OutOfMemory.endIf(failure);
      source.fireExceptionCaught(failure);
    }

    @Override
    public void channelInactive(ChannelHandlerContext source) {
      charge(0);
      source.fireChannelInactive();
    }
  }
}
