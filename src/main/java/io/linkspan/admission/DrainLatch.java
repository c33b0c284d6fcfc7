package io.linkspan.admission;

import io.vertx.core.Future;
import io.vertx.core.Promise;

/**
 * Counts what a drain of one event loop waits for: links that are open or closing, and answers that
 * are not written. Once the drain has begun, the loop takes no new clients. Used only on its event
 * loop.
 */
public final class DrainLatch {

  private final Promise<Void> drained = Promise.promise();
  private boolean draining;
  private int held;

  /** Holds the drain back. Each call is followed by exactly one {@link #leave}. */
  public void enter() {
    held++;
  }

  /** Ends one hold. */
  public void leave() {
    held--;
    completeIfEmpty();
  }

  /**
   * Begins the drain.
   *
   * @return completed when nothing is held
   */
  public Future<Void> drain() {
    draining = true;
    completeIfEmpty();
    return drained.future();
  }

  /** Whether the drain has begun. */
  public boolean isDraining() {
    return draining;
  }

  private void completeIfEmpty() {
    if (draining && held == 0) {
      drained.tryComplete();
    }
  }
}
