package io.linkspan.time;

import io.vertx.core.Context;
import io.vertx.core.Vertx;

/**
 * The clock and timers of the event loop that calls. A thread that is not an event loop cannot set
 * a timer: Vert.x would give it any loop, and the action would race with the caller's state.
 */
public record VertxScheduler(Vertx vertx) implements Scheduler {

  @Override
  public long now() {
    return Scheduler.systemTime();
  }

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public long schedule(long delay, Runnable action) {
    requireEventLoop();
    return vertx.setTimer(delay, id -> action.run());
  }

  @Override
  public void cancel(long timer) {
    vertx.cancelTimer(timer);
  }

  @Override
  public void defer(Runnable action) {
    requireEventLoop();
    vertx.runOnContext(v -> action.run());
  }

  private static void requireEventLoop() {
    if (!Context.isOnEventLoopThread()) {
      throw new IllegalStateException("not an event loop: " + Thread.currentThread().getName());
    }
  }
}
