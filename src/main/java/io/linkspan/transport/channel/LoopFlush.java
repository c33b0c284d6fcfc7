package io.linkspan.transport.channel;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.FastThreadLocal;
import java.util.ArrayList;
import java.util.List;

/**
 * Flushes the connections of one event loop that were written to outside of a read, all in one task
 * at the end of the turn: a Message for a group is written to hundreds. Used only on its event
 * loop.
 */
final class LoopFlush {

  /** A longer list is not kept for the next turn. */
  private static final int MAX_KEPT = 4_096;

  private static final FastThreadLocal<LoopFlush> CURRENT = new FastThreadLocal<>();

  private final EventLoop loop;
  private List<Runnable> flushes = new ArrayList<>();

  private LoopFlush(EventLoop loop) {
    this.loop = loop;
  }

  /** Returns the flush of an event loop, which calls this. */
  static LoopFlush of(EventLoop loop) {
    LoopFlush current = CURRENT.get();
    if (current == null || current.loop != loop) {
      current = new LoopFlush(loop);
      CURRENT.set(current);
    }
    return current;
  }

  /** Calls the flush of a connection at the end of the turn; it throws nothing. */
  void add(Runnable flush) {
    flushes.add(flush);
    if (flushes.size() == 1) {
      loop.execute(this::run);
    }
  }

  private void run() {
    List<Runnable> due = flushes;
    // What is written meanwhile is flushed in the next turn.
    flushes = new ArrayList<>();
    due.forEach(Runnable::run);
    if (flushes.isEmpty() && due.size() <= MAX_KEPT) {
      due.clear();
      flushes = due;
    }
  }
}
