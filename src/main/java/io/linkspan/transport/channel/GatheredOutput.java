package io.linkspan.transport.channel;

import io.linkspan.connection.Backlog;
import io.linkspan.connection.Heartbeat;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.socket.SocketChannelConfig;
import io.netty.handler.ssl.SslHandler;
import io.vertx.core.internal.ContextInternal;

/**
 * The output of a {@link ByteLink}. Units are gathered and flushed once per turn of the event loop:
 * at the end of a read, else at the end of the turn. Large bodies are not copied.
 *
 * <p>Used only on the connection's event loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // failures of a void promise end the channel
public abstract class GatheredOutput extends ChannelInboundHandlerAdapter implements Backlog {

  /** Bytes of a buffer that gathers writes, at first and at most. */
  private static final int GATHERED = 512;

  private static final int MAX_GATHERED = 8 * 1024;

  /** A longer body is not copied. */
  protected static final int MAX_COPIED = 4 * 1024;

  /** Bytes that wait for TLS before they are flushed within a turn. */
  private static final int MAX_UNFLUSHED = 64 * 1024;

  private final ContextInternal vertx;
  private final long maxUnread;
  private ChannelHandlerContext context;

  /** Gathers what is written in this turn; null when there is nothing. */
  private ByteBuf output;

  /** Bytes that were written and that the socket's queue does not have yet. */
  private int unflushed;

  /** Null until the output was blocked for the first time. */
  private OutputProgress progress;

  private boolean tls;
  private boolean dirty;
  private boolean reading;
  private boolean ended;

  /**
   * @param vertx context in which the protocol is handled
   * @param maxUnread bytes that the peer may leave unread; 0: unlimited
   */
  GatheredOutput(ContextInternal vertx, long maxUnread) {
    this.vertx = vertx;
    this.maxUnread = maxUnread;
  }

  /** Everything was flushed, and the socket did not take all of it. */
  protected abstract void onWriteBlocked();

  @Override
  public final void handlerAdded(ChannelHandlerContext added) {
    context = added;
    tls = added.pipeline().get(SslHandler.class) != null;
    if (!tls && added.channel().config() instanceof SocketChannelConfig config) {
      // Else Netty closes the socket at once when the peer does, for all that do in one turn.
      config.setAllowHalfClosure(true);
    }
  }

  final ChannelHandlerContext context() {
    return context;
  }

  /** A read begins: what is written from now on is flushed when it is complete. */
  final void beginRead() {
    reading = true;
  }

  /** The read is complete. */
  final void completeRead() {
    reading = false;
    flush();
  }

  /** Returns whether a read is not complete. */
  final boolean isReading() {
    return reading;
  }

  /** The connection has ended: nothing more is written. */
  final void markEnded() {
    ended = true;
  }

  /** Releases what is gathered. */
  final void releaseOutput() {
    if (output != null) {
      output.release();
      output = null;
    }
  }

  /**
   * Begins a unit of output, which {@link #end(byte[])} must end.
   *
   * @param head bytes of its head, at most
   * @param body bytes of its body
   * @return the buffer for its head; null when the connection takes nothing more
   */
  protected final ByteBuf begin(int head, int body) {
    if (!isActive()) {
      return null;
    }
    if (maxUnread > 0 && pendingBytes() > maxUnread) {
      abort();
      return null;
    }
    if (body > MAX_COPIED) {
      push();
    }
    if (output == null) {
      output = context.alloc().directBuffer(body > MAX_COPIED ? head : GATHERED);
    }
    unflushed -= output.readableBytes();
    return output.ensureWritable(head);
  }

  /** Ends a unit of output with its body, which may be shared and is not changed. */
  protected final void end(byte[] body) {
    if (body.length <= MAX_COPIED) {
      endCopied(body, body.length);
      return;
    }
    unflushed += output.readableBytes();
    push();
    unflushed += tls ? body.length : 0;
    context.write(Unpooled.wrappedBuffer(body), context.voidPromise());
    flushLater();
  }

  /**
   * Ends a unit of output with its body of at most {@link #MAX_COPIED} bytes.
   *
   * @param bytes begins with the body, and may be used again after the call
   */
  protected final void endCopied(byte[] bytes, int length) {
    output.writeBytes(bytes, 0, length);
    unflushed += output.readableBytes();
    flushLater();
  }

  private void flushLater() {
    if (output == null || output.readableBytes() > MAX_GATHERED - MAX_COPIED) {
      push();
    }
    if (!dirty) {
      dirty = true;
      if (!reading) {
        LoopFlush.of(context.channel().eventLoop()).add(this::flushInTurn);
      }
    }
  }

  /** Passes on what is gathered. */
  private void push() {
    ByteBuf gathered = output;
    if (gathered != null) {
      output = null;
      unflushed -= tls ? 0 : gathered.readableBytes();
      context.write(gathered, context.voidPromise());
    }
    if (unflushed > MAX_UNFLUSHED) {
      unflushed = 0;
      context.flush();
    }
  }

  private void flushInTurn() {
    ContextInternal before = vertx.beginDispatch();
    try {
      flush();
    } catch (RuntimeException bug) {
      vertx.reportException(bug);
    } finally {
      vertx.endDispatch(before);
    }
  }

  /** Flushes what waits to the socket. */
  public final void flush() {
    if (!dirty || ended) {
      return;
    }
    dirty = false;
    push();
    unflushed = 0;
    context.flush();
    if (pendingBytes() > 0) {
      onWriteBlocked();
    }
  }

  /** Returns the bytes that the socket has not taken. May be called on any thread. */
  public final long pendingBytes() {
    return unflushed + OutputProgress.pendingBytes(context.channel());
  }

  /**
   * Returns whether more than a limit waits although it was flushed.
   *
   * @param limit in bytes; 0 is none
   */
  public final boolean waitsForMoreThan(long limit) {
    if (limit == 0 || pendingBytes() <= limit) {
      return false;
    }
    flush();
    return pendingBytes() > limit;
  }

  @Override
  public final void keepShort() {
    SocketQueue.keepShort(context.channel());
  }

  @Override
  public final boolean isWritable() {
    return !waitsForMoreThan(MARK);
  }

  @Override
  public final void whenWritable(Runnable action) {
    flush();
    SocketQueue.whenTaken(
        context.pipeline(),
        () -> {
          ContextInternal before = vertx.beginDispatch();
          try {
            action.run();
          } finally {
            vertx.endDispatch(before);
          }
        });
  }

  /** Lets a heartbeat watch what waits, from now until all of it is taken. */
  public final void watch(Heartbeat heartbeat, long now) {
    if (progress == null) {
      progress = new OutputProgress(context.channel());
    }
    progress.watch(heartbeat, now);
  }

  /** Returns what is due at {@code now}, after reporting the writer's progress to the heartbeat. */
  public final Heartbeat.Action advance(Heartbeat heartbeat, long now) {
    return progress == null ? heartbeat.advanceTo(now) : progress.advance(heartbeat, now);
  }

  /** Returns whether the TCP connection is open. */
  protected final boolean isActive() {
    return !ended && context.channel().isActive();
  }

  /** Ends the TCP connection now, whatever waits to be written. */
  public final void abort() {
    ChannelHandlerContext first = context.pipeline().firstContext();
    if (first != null) {
      // Not by way of TLS, which would wait for its own last record.
      first.close();
    }
  }

  @Override
  public final void drop() {
    abort();
  }

  /** Ends the TCP connection when everything is written. */
  protected final void endWhenWritten() {
    whenWritten(written -> context.close());
  }

  /** Ends the write side when everything is written, so that the peer reads it before the end. */
  protected final void endOutputWhenWritten() {
    whenWritten(written -> endOutput());
  }

  private void whenWritten(ChannelFutureListener action) {
    flush();
    context.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(action);
  }

  private void endOutput() {
    SslHandler encrypted = tls ? context.pipeline().get(SslHandler.class) : null;
    if (encrypted == null) {
      shutdownOutput();
    } else {
      encrypted.closeOutbound().addListener(closed -> shutdownOutput());
    }
  }

  private void shutdownOutput() {
    if (context.channel() instanceof DuplexChannel channel) {
      channel.shutdownOutput();
    }
  }
}
