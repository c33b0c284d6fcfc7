package io.linkspan.ops;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.netty.util.concurrent.SingleThreadEventExecutor;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import java.util.concurrent.TimeUnit;

/**
 * Measures the delay of one event loop with a timer that is due every second. Created on the loop
 * that it measures.
 */
public final class EventLoopMonitor {

  private static final long PERIOD_MS = 1_000;

  private final Vertx vertx;
  private final Timer delay;
  private final long timer;
  private long expected;

  public EventLoopMonitor(Vertx vertx, MeterRegistry registry, int index) {
    this.vertx = vertx;
    String loop = Integer.toString(index);
    delay =
        Timer.builder("linkspan.event.loop.delay")
            .description("Delay of a timer that is due every second")
            .tag("loop", loop)
            .register(registry);
    if (((ContextInternal) vertx.getOrCreateContext()).nettyEventLoop()
        instanceof SingleThreadEventExecutor executor) {
      Gauge.builder("linkspan.event.loop.tasks", executor, SingleThreadEventExecutor::pendingTasks)
          .description("Tasks in the queue of the event loop")
          .tag("loop", loop)
          .register(registry);
    }
    expected = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PERIOD_MS);
    timer = vertx.setPeriodic(PERIOD_MS, id -> measure());
  }

  public void stop() {
    vertx.cancelTimer(timer);
  }

  private void measure() {
    long now = System.nanoTime();
    delay.record(Math.max(0, now - expected), TimeUnit.NANOSECONDS);
    expected = now + TimeUnit.MILLISECONDS.toNanos(PERIOD_MS);
  }
}
