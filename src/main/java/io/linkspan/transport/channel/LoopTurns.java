package io.linkspan.transport.channel;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.FastThreadLocal;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;

/**
 * Gives connections that have used up their time further turns, one connection in each turn of the
 * event loop: in between, the loop serves all others. Used only on its event loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a scheduled turn fails only with its loop
final class LoopTurns {

  private static final FastThreadLocal<LoopTurns> CURRENT =
      new FastThreadLocal<>() {
        @Override
        protected LoopTurns initialValue() {
          return new LoopTurns();
        }
      };

  private final Queue<Runnable> waiting = new ArrayDeque<>();
  private boolean scheduled;

  private LoopTurns() {}

  /** Returns the turns of the event loop that calls this. */
  static LoopTurns current() {
    return CURRENT.get();
  }

  /** Runs a task in a later turn of the loop, after those that wait already. */
  void await(Runnable turn, EventLoop loop) {
    waiting.add(turn);
    schedule(loop);
  }

  private void schedule(EventLoop loop) {
    if (!scheduled && !waiting.isEmpty()) {
      scheduled = true;
      // A task would run before the loop looks at its sockets again; a timer runs after that.
      loop.schedule(() -> next(loop), 0, TimeUnit.NANOSECONDS);
    }
  }

  private void next(EventLoop loop) {
    scheduled = false;
    Runnable turn = waiting.remove();
    schedule(loop);
    turn.run();
  }
}
