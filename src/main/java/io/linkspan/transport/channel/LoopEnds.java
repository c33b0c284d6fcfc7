package io.linkspan.transport.channel;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.FastThreadLocal;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;

/**
 * Bounds how many ended connections one turn of an event loop handles. When thousands end at once,
 * as with a load balancer that fails, the loop serves all others in between. Used only on its event
 * loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a scheduled turn fails only with its loop
final class LoopEnds {

  /** More than the connections that a loop accepts in a turn, so that the queue becomes empty. */
  static final int IN_ONE_TURN = 16;

  private static final FastThreadLocal<LoopEnds> CURRENT = new FastThreadLocal<>();

  private final EventLoop loop;
  private final Queue<Runnable> waiting = new ArrayDeque<>();

  /** How many further ends this turn handles. */
  private int left = IN_ONE_TURN;

  private LoopEnds(EventLoop loop) {
    this.loop = loop;
  }

  /** Returns the ends of an event loop, which calls this. */
  static LoopEnds of(EventLoop loop) {
    LoopEnds current = CURRENT.get();
    if (current == null || current.loop != loop) {
      current = new LoopEnds(loop);
      CURRENT.set(current);
    }
    return current;
  }

  /** Handles an end at once, or in a later turn of the loop after those that wait already. */
  void handle(Runnable end) {
    if (left == IN_ONE_TURN) {
      // A task would run before the loop looks at its sockets again; a timer runs after that.
      loop.schedule(this::nextTurn, 0, TimeUnit.NANOSECONDS);
    }
    if (left > 0) {
      left--;
      end.run();
    } else {
      waiting.add(end);
    }
  }

  private void nextTurn() {
    left = IN_ONE_TURN;
    for (int ends = Math.min(IN_ONE_TURN, waiting.size()); ends > 0; ends--) {
      handle(waiting.remove());
    }
  }
}
