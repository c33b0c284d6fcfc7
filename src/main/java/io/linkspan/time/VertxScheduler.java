package io.linkspan.time;

import io.vertx.core.Vertx;

/** The clock and timers of the event loop that calls. */
public record VertxScheduler(Vertx vertx) implements Scheduler {

  @Override
  public long now() {
    return Scheduler.systemTime();
  }

  @Override
  public long schedule(long delay, Runnable action) {
    return vertx.setTimer(delay, id -> action.run());
  }

  @Override
  public void cancel(long timer) {
    vertx.cancelTimer(timer);
  }

  @Override
  public void defer(Runnable action) {
    vertx.runOnContext(v -> action.run());
  }
}
