package io.linkspan.listener;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.FastThreadLocal;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;

/**
 * Bounds how many connections one turn of an event loop begins and ends, each of which costs as
 * much as ten Messages. When thousands end at once, as with a load balancer that fails, or
 * reconnect without back-off, the loop serves all others in between. Used only on its event loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a scheduled turn fails only with its loop
public final class LoopBudget {

  /** Steps of one turn: less than half a millisecond. */
  static final int IN_ONE_TURN = 4;

  private static final FastThreadLocal<LoopBudget> CURRENT = new FastThreadLocal<>();

  private final EventLoop loop;
  private final Queue<Runnable> waiting = new ArrayDeque<>();

  /** How many further steps this turn takes. */
  private int left = IN_ONE_TURN;

  private boolean scheduled;

  private LoopBudget(EventLoop loop) {
    this.loop = loop;
  }

  /** Returns the budget of an event loop, which calls this. */
  public static LoopBudget of(EventLoop loop) {
    LoopBudget current = CURRENT.get();
    if (current == null || current.loop != loop) {
      current = new LoopBudget(loop);
      CURRENT.set(current);
    }
    return current;
  }

  /** Takes a step at once, or in a later turn of the loop after those that wait already. */
  public void take(Runnable step) {
    schedule();
    if (left > 0 && waiting.isEmpty()) {
      left--;
      step.run();
    } else {
      waiting.add(step);
    }
  }

  /** Takes a step in a later turn of the loop, after those that wait already. */
  void takeLater(Runnable step) {
    schedule();
    waiting.add(step);
  }

  private void schedule() {
    if (!scheduled) {
      scheduled = true;
      // A task would run before the loop looks at its sockets again; a timer runs after that.
      loop.schedule(this::nextTurn, 0, TimeUnit.NANOSECONDS);
    }
  }

  private void nextTurn() {
    scheduled = false;
    left = IN_ONE_TURN;
    while (left > 0 && !waiting.isEmpty()) {
      // Before the step, which may fail.
      schedule();
      left--;
      waiting.remove().run();
    }
  }
}
