package io.linkspan.transport.channel;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;

/**
 * Bounds what one peer can make its event loop hold and do. It stands in the pipeline of every
 * connection, whatever is spoken on it: every byte written to the peer counts, answers, pongs and
 * refusals included.
 *
 * <p>One handler stands in front of the decoders. It passes on what arrives in small pieces, and
 * nothing while the peer does not read what was written to it. Another one stands behind the
 * decoders. It holds the messages of the piece that was decoded last, and passes on one pipelined
 * HTTP request at a time. While anything is held, nothing is read from the socket; Vert.x's own
 * wish to read or not is kept and restored.
 *
 * <pre>
 *            output not writable, request unanswered, turn used up
 *   FLOWING ──────────────────────────────────────────────────────► STOPPED
 *      ▲                                                               │
 *      └──────── writable, answered, next turn; nothing is held ───────┘
 * </pre>
 *
 * <p>Used only on the connection's event loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // the writer has the promise; a close cannot fail
public final class BackPressure {

  private enum State {
    FLOWING,
    STOPPED
  }

  /** Time of one event loop that what one peer sends may take before others have their turn. */
  private static final long TURN_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  /**
   * Processor time for what a peer has sent and left behind when it disconnected. There is no next
   * turn, so a processor that is busy with something else must not end this one.
   */
  private static final long LAST_TURN_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  /** Plain bytes that wait for TLS before they are flushed. */
  private static final int MAX_UNFLUSHED = 64 * 1024;

  private final Channel channel;
  private final BackPressureLimits limits;
  private final Front front = new Front();
  private final Gate gate = new Gate();

  /** Held in front of the decoders, and behind them; null until something was held there. */
  private ArrayDeque<ByteBuf> bytes;

  private ArrayDeque<Object> messages;

  /** Null until the output was full for the first time. */
  private StallTimer stall;

  private State state = State.FLOWING;

  /** Whether Vert.x wants to read, in the state STOPPED. */
  private boolean wantsToRead;

  /** Whether Vert.x is being asked whether it wants to read. */
  private boolean asking;

  private boolean passing;
  private long turnEnds;
  private long lastTurnEnds;
  private boolean waitsForTurn;
  private boolean ended;
  private long unflushed;

  private final HttpTurns turns = new HttpTurns();

  private BackPressure(Channel channel, BackPressureLimits limits) {
    this.channel = channel;
    this.limits = limits;
  }

  /**
   * Adds itself to a pipeline that ends with Vert.x and has its decoders: behind TLS, and before
   * Vert.x.
   */
  public static BackPressure install(ChannelPipeline pipeline, BackPressureLimits limits) {
    var pressure = new BackPressure(pipeline.channel(), limits);
    ChannelHandlerContext tls = pipeline.context(SslHandler.class);
    if (tls == null) {
      pipeline.addFirst(pressure.front);
    } else {
      pipeline.addAfter(tls.name(), null, pressure.front);
    }
    pipeline.addBefore(pipeline.lastContext().name(), null, pressure.gate);
    return pressure;
  }

  /** Returns the bytes that were written and that the socket has not taken. */
  public long pendingBytes() {
    return unflushed + OutputProgress.pendingBytes(channel);
  }

  /** Returns whether nothing is read from the peer at the moment. */
  public boolean isStopped() {
    return state == State.STOPPED;
  }

  /** Whether the peer may be given more work; flushes to find out. */
  private boolean isOpen() {
    if (ended) {
      return true;
    }
    if (waitsForTurn) {
      return false;
    }
    if (!channel.isWritable() || unflushed > MAX_UNFLUSHED) {
      front.context.flush();
    }
    return channel.isWritable();
  }

  /** Passes on as much as may be passed on, and stops or starts to read accordingly. */
  private void pass() {
    if (passing || asking) {
      return;
    }
    passing = true;
    try {
      while (passSome() && state == State.STOPPED) {
        completeRead();
      }
    } finally {
      passing = false;
    }
    if (!ended) {
      adjust();
    }
  }

  private boolean passSome() {
    boolean any = false;
    while (isOpen() && hasNext() && !isTurnOver()) {
      any = true;
      passNext();
    }
    return any;
  }

  private boolean hasNext() {
    return holdsMessages() ? turns.takes(messages.peek()) : holdsBytes() && turns.takesBytes();
  }

  private boolean holdsBytes() {
    return bytes != null && !bytes.isEmpty();
  }

  private boolean holdsMessages() {
    return messages != null && !messages.isEmpty();
  }

  private void passNext() {
    if (holdsMessages()) {
      gate.forward(messages.poll());
      return;
    }
    ByteBuf first = bytes.peek();
    int size = limits.piece();
    ByteBuf piece = first.readableBytes() <= size ? bytes.poll() : first.readRetainedSlice(size);
    front.context.fireChannelRead(piece);
  }

  private boolean isTurnOver() {
    if (hasTime()) {
      return false;
    }
    if (!ended) {
      waitsForTurn = true;
      LoopTurns.current().await(this::takeTurn, channel.eventLoop());
    }
    return true;
  }

  private boolean hasTime() {
    return ended
        ? THREADS.getCurrentThreadCpuTime() < lastTurnEnds
        : System.nanoTime() - turnEnds < 0;
  }

  private void beginTurn(long nanos) {
    waitsForTurn = false;
    turnEnds = System.nanoTime() + nanos;
  }

  private void adjust() {
    boolean free = !holdsBytes() && !holdsMessages() && isOpen();
    if (free && state == State.STOPPED) {
      state = State.FLOWING;
      stopStall();
      if (wantsToRead) {
        channel.config().setAutoRead(true);
      }
    } else if (!free && state == State.FLOWING) {
      state = State.STOPPED;
      wantsToRead = channel.config().isAutoRead();
      channel.config().setAutoRead(false);
    }
    if (state == State.STOPPED && !channel.isWritable()) {
      if (stall == null) {
        stall = new StallTimer(channel, new OutputProgress(channel), limits.stall(), front::drop);
      }
      stall.start();
    }
  }

  private void stopStall() {
    if (stall != null) {
      stall.stop();
    }
  }

  /**
   * Ends a read of the handlers behind. Vert.x may decide meanwhile whether it wants to read, which
   * it does by the flag that is in use here.
   */
  private void completeRead() {
    asking = true;
    channel.config().setAutoRead(wantsToRead);
    front.context.fireChannelReadComplete();
    wantsToRead = channel.config().isAutoRead();
    channel.config().setAutoRead(false);
    asking = false;
  }

  private void end() {
    if (ended) {
      return;
    }
    ended = true;
    stopStall();
    if (!turns.areHttp()) {
      lastTurnEnds = THREADS.getCurrentThreadCpuTime() + LAST_TURN_NANOS;
      pass();
    }
    // Nobody waits for the answers to requests.
    Buffers.releaseAll(bytes);
    Buffers.releaseAll(messages);
  }

  /** Stands in front of the decoders. */
  private final class Front extends ChannelDuplexHandler {

    private ChannelHandlerContext context;
    private boolean tls;

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
      context = added;
      tls = added.pipeline().get(SslHandler.class) != null;
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext removed) {
      // Another protocol begins with the bytes that are held.
      ArrayDeque<ByteBuf> held = ended ? null : bytes;
      bytes = null;
      end();
      if (held != null) {
        held.forEach(removed::fireChannelRead);
      }
    }

    @Override
    public void channelRead(ChannelHandlerContext source, Object message) {
      if (!(message instanceof ByteBuf buffer)) {
        source.fireChannelRead(message);
        return;
      }
      if (state == State.FLOWING && !passing) {
        beginTurn(TURN_NANOS);
        if (buffer.readableBytes() <= limits.piece()
            && !holdsBytes()
            && turns.takesBytes()
            && isOpen()) {
          passWhole(source, buffer);
          return;
        }
      }
      bytes = bytes == null ? new ArrayDeque<>(2) : bytes;
      bytes.add(buffer);
      pass();
    }

    /** Passes on a small read as {@link #pass} would, without a queue. */
    private void passWhole(ChannelHandlerContext source, ByteBuf buffer) {
      passing = true;
      try {
        source.fireChannelRead(buffer);
      } finally {
        passing = false;
      }
      if (holdsMessages() || !channel.isWritable() || unflushed > MAX_UNFLUSHED) {
        pass();
      }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext source) {
      if (state == State.STOPPED) {
        completeRead();
      } else {
        source.fireChannelReadComplete();
      }
      pass();
    }

    @Override
    public void read(ChannelHandlerContext source) {
      if (state == State.FLOWING) {
        source.read();
      } else if (!asking) {
        // Vert.x wants to read again, and will when nothing is held.
        wantsToRead = true;
        channel.config().setAutoRead(false);
      }
    }

    @Override
    public void write(ChannelHandlerContext source, Object message, ChannelPromise promise) {
      if (limits.unread() > 0 && pendingBytes() > limits.unread()) {
        ReferenceCountUtil.release(message);
        promise.tryFailure(new ClosedChannelException());
        drop();
        return;
      }
      if (tls) {
        unflushed += Buffers.sizeOf(message);
      }
      source.write(message, promise);
    }

    @Override
    public void flush(ChannelHandlerContext source) {
      unflushed = 0;
      source.flush();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext source) {
      source.fireChannelWritabilityChanged();
      pass();
    }

    @Override
    public void channelInactive(ChannelHandlerContext source) {
      end();
      source.fireChannelInactive();
    }

    private void drop() {
      context.close();
    }
  }

  /** Stands behind the decoders. */
  private final class Gate extends ChannelDuplexHandler {

    private ChannelHandlerContext context;

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
      context = added;
    }

    @Override
    public void channelRead(ChannelHandlerContext source, Object message) {
      // The end belongs to a request that was passed on, and must not keep it waiting.
      boolean endsRequest = message instanceof LastHttpContent;
      if (!holdsMessages() && turns.takes(message) && (endsRequest || (hasTime() && isOpen()))) {
        forward(message);
      } else {
        messages = messages == null ? new ArrayDeque<>(2) : messages;
        messages.add(message);
        pass();
      }
    }

    private void forward(Object message) {
      turns.passed(message);
      context.fireChannelRead(message);
    }

    @Override
    public void write(ChannelHandlerContext source, Object message, ChannelPromise promise) {
      boolean ends = turns.endsAnswer(message);
      source.write(message, promise);
      if (ends) {
        turns.answered();
        if ((holdsMessages() || holdsBytes()) && !passing) {
          // Vert.x notes the end of the answer after it is written.
          channel.eventLoop().execute(BackPressure.this::answered);
        }
      }
    }
  }

  /** A request is answered: the next one may be passed on. */
  private void answered() {
    if (!waitsForTurn) {
      takeTurn();
    }
  }

  private void takeTurn() {
    if (!ended) {
      beginTurn(TURN_NANOS);
      pass();
    }
  }
}
