package io.linkspan.transport.engineio;

import io.linkspan.admission.DrainLatch;
import io.linkspan.memory.MemoryAccount;
import io.linkspan.time.TimerQueue;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;

/** One event loop, as a target for work that begins on another one. */
public final class EventLoop {

  private final ContextInternal context;
  private final DrainLatch latch;
  private final MemoryAccount memory;
  private final TimerQueue timers;

  private EventLoop(
      ContextInternal context, DrainLatch latch, MemoryAccount memory, TimerQueue timers) {
    this.context = context;
    this.latch = latch;
    this.memory = memory;
    this.timers = timers;
  }

  /**
   * The event loop that calls this method.
   *
   * @param latch of this event loop
   * @param memory of this event loop
   * @param timers of the connections of this event loop
   */
  public static EventLoop current(
      Vertx vertx, DrainLatch latch, MemoryAccount memory, TimerQueue timers) {
    return new EventLoop((ContextInternal) vertx.getOrCreateContext(), latch, memory, timers);
  }

  public Vertx vertx() {
    return context.owner();
  }

  /** Holds a drain of this event loop back. Used only on it. */
  public DrainLatch latch() {
    return latch;
  }

  /** Returns what is charged for what this event loop holds. Used only on it. */
  public MemoryAccount memory() {
    return memory;
  }

  /** Returns the timers of the connections of this event loop. Used only on it. */
  public TimerQueue timers() {
    return timers;
  }

  /** Whether the caller runs on this event loop. */
  public boolean isCurrent() {
    return context.inThread();
  }

  /** Runs an action here: at once when called here, else later and in the order of the calls. */
  public void run(Runnable action) {
    if (context.inThread()) {
      action.run();
    } else {
      context.runOnContext(v -> action.run());
    }
  }

  /** Runs an action here in a later turn. */
  public void runLater(Runnable action) {
    context.runOnContext(v -> action.run());
  }
}
