package io.linkspan.transport.channel;

import io.linkspan.listener.LoopBudget;
import io.linkspan.memory.MemoryAccount;
import io.linkspan.memory.MemoryUse;
import io.linkspan.memory.OutOfMemory;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.net.impl.ShutdownEvent;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.concurrent.TimeUnit;

/**
 * A connection whose protocol is read and written by one handler, the only one in its Netty
 * pipeline beside TLS. An idle connection is this object and nothing else.
 *
 * <p>Writes are gathered and flushed once per turn of the event loop. What arrives is passed to
 * {@link #handle} unit by unit, and nothing more while the peer does not read what was written to
 * it, or when it has used up its turn: nothing is read from the socket then.
 *
 * <pre>
 *            output not writable, turn used up
 *   FLOWING ───────────────────────────────────► STOPPED
 *      │ ▲                                        │  │
 *      │ └──────── writable, next turn ───────────┘  │
 *      └───────────► ENDED ◄──────── TCP ended ──────┘
 * </pre>
 *
 * <p>Used only on the connection's event loop. Calls of subclasses are made in the Vert.x context.
 */
public abstract class ByteLink extends GatheredOutput {

  private enum State {
    FLOWING,
    STOPPED,
    ENDED
  }

  /** Time of one event loop that what one peer sends may take before others have their turn. */
  private static final long TURN_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  /** Processor time for what a peer has sent and left behind when it disconnected. */
  private static final long LAST_TURN_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  /** Smaller changes of what is unfinished are not charged, but its end is. */
  private static final int STEP = 2_048;

  private final ContextInternal vertx;
  private final BackPressureLimits limits;
  private final MemoryAccount memory;
  private State state = State.FLOWING;

  /** Bytes that arrived and are not handled; null when there are none. */
  private ByteBuf input;

  private StallTimer stall;
  private boolean passing;
  private boolean discarding;
  private boolean waitsForTurn;

  /** When the turn is over; 0 until its first unit, which is handled in any case. */
  private long turnEnds;

  /** Bytes that are charged for what is unfinished. */
  private int charged;

  /**
   * @param vertx context in which the protocol is handled
   * @param memory of the event loop, is charged for what is unfinished
   */
  protected ByteLink(ContextInternal vertx, BackPressureLimits limits, MemoryAccount memory) {
    super(vertx, limits.unread());
    this.vertx = vertx;
    this.limits = limits;
    this.memory = memory;
  }

  /**
   * Handles the unit at the reader index, and moves the index behind it.
   *
   * @return false when a part of the unit is missing; the index stays
   */
  protected abstract boolean handle(ByteBuf input);

  /** Returns the bytes of messages of which a part is missing, beside the unit that is. */
  protected abstract int assembled();

  /** Bytes arrived, and nothing in them is handled yet. */
  protected abstract void onRead();

  /** The server that has accepted the connection is being closed. */
  protected abstract void onShutdown();

  /** The channel has failed; {@link #onEnd} follows. */
  protected void onFailure(Throwable failure) {
    // Most protocols treat it as any other end.
  }

  /** The connection has ended. */
  protected abstract void onEnd();

  @Override
  public final void channelRead(ChannelHandlerContext source, Object message) {
    ByteBuf bytes = (ByteBuf) message;
    if (discarding || state == State.ENDED) {
      bytes.release();
      return;
    }
    ContextInternal before = vertx.beginDispatch();
    try {
      if (!isReading()) {
        beginRead();
        onRead();
      }
      input = input == null ? bytes : append(bytes);
      if (!waitsForTurn) {
        turnEnds = 0;
        pass();
      }
    } finally {
      vertx.endDispatch(before);
    }
  }

  private ByteBuf append(ByteBuf bytes) {
    // What is handled must not make the buffer larger.
    input.discardReadBytes();
    return ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(context().alloc(), input, bytes);
  }

  @Override
  public final void channelReadComplete(ChannelHandlerContext source) {
    ContextInternal before = vertx.beginDispatch();
    try {
      completeRead();
    } finally {
      vertx.endDispatch(before);
    }
    charge(unfinished());
  }

  @Override
  public final void channelWritabilityChanged(ChannelHandlerContext source) {
    ContextInternal before = vertx.beginDispatch();
    try {
      pass();
    } finally {
      vertx.endDispatch(before);
    }
  }

  /** Handles as much as may be handled, and stops or starts to read accordingly. */
  private void pass() {
    if (passing) {
      return;
    }
    passing = true;
    try {
      while (input != null && !discarding && isOpen() && hasTime() && handle(input)) {
        if (!input.isReadable()) {
          releaseInput();
        }
      }
    } finally {
      passing = false;
      if (discarding) {
        releaseInput();
      }
    }
    if (state != State.ENDED) {
      adjust();
    }
  }

  /** Whether the peer may be given more work; flushes to find out. */
  private boolean isOpen() {
    if (state == State.ENDED) {
      return true;
    }
    if (waitsForTurn) {
      return false;
    }
    if (!context().channel().isWritable()) {
      flush();
    }
    return context().channel().isWritable();
  }

  /** Whether the turn is not over. */
  private boolean hasTime() {
    if (state == State.ENDED) {
      long now = THREADS.getCurrentThreadCpuTime();
      turnEnds = turnEnds == 0 ? now + LAST_TURN_NANOS : turnEnds;
      return now < turnEnds;
    }
    if (turnEnds == 0) {
      turnEnds = System.nanoTime() + TURN_NANOS;
    } else if (System.nanoTime() - turnEnds >= 0) {
      waitsForTurn = true;
      LoopTurns.current().await(this::takeTurn, context().channel().eventLoop());
      return false;
    }
    return true;
  }

  private void takeTurn() {
    if (state == State.ENDED) {
      return;
    }
    waitsForTurn = false;
    turnEnds = 0;
    ContextInternal before = vertx.beginDispatch();
    try {
      pass();
      flush();
    } finally {
      vertx.endDispatch(before);
    }
    charge(unfinished());
  }

  private void adjust() {
    Channel channel = context().channel();
    boolean free = isOpen();
    if (free && state == State.STOPPED) {
      state = State.FLOWING;
      stopStall();
      channel.config().setAutoRead(true);
    } else if (!free && state == State.FLOWING) {
      state = State.STOPPED;
      channel.config().setAutoRead(false);
    }
    if (state == State.STOPPED && !channel.isWritable()) {
      if (stall == null) {
        stall = new StallTimer(channel, new OutputProgress(channel), limits.stall(), this::abort);
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
   * Ignores everything that arrives from now on. Reading continues, so that no TCP reset overtakes
   * what was written.
   */
  public final void discard() {
    discarding = true;
    if (!passing) {
      releaseInput();
    }
  }

  @Override
  public final long bytes() {
    return pendingBytes() + charged;
  }

  private int unfinished() {
    return discarding ? 0 : assembled() + (input == null ? 0 : input.readableBytes());
  }

  private void charge(int bytes) {
    int change = bytes - charged;
    if (Math.abs(change) >= STEP || (bytes == 0 && change != 0)) {
      memory.change(MemoryUse.ASSEMBLY, change);
      charged = bytes;
    }
  }

  @Override
  public final void userEventTriggered(ChannelHandlerContext source, Object event) {
    if (event == ChannelInputShutdownEvent.INSTANCE) {
      ended();
    } else if (event instanceof ShutdownEvent) {
      ContextInternal before = vertx.beginDispatch();
      try {
        onShutdown();
      } finally {
        vertx.endDispatch(before);
      }
    }
  }

  @Override
  public final void exceptionCaught(ChannelHandlerContext source, Throwable failure) {
    OutOfMemory.endIf(failure);
    onFailure(failure);
    abort();
  }

  @Override
  public final void channelInactive(ChannelHandlerContext source) {
    ended();
  }

  private void ended() {
    if (state != State.ENDED) {
      state = State.ENDED;
      markEnded();
      LoopBudget.of(context().channel().eventLoop()).take(this::end);
    }
  }

  private void end() {
    abort();
    stopStall();
    turnEnds = 0;
    ContextInternal before = vertx.beginDispatch();
    try {
      pass();
      onEnd();
    } finally {
      vertx.endDispatch(before);
      releaseInput();
      releaseOutput();
      charge(0);
    }
  }

  private void releaseInput() {
    if (input != null) {
      input.release();
      input = null;
    }
  }

  /** Reports what code of the gateway has thrown; the connection goes on. */
  protected final void report(RuntimeException failure) {
    vertx.reportException(failure);
  }
}
