package io.linkspan.transport.socketio;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;

/**
 * One event loop, for what happens on another and is meant for it, and how much that has to come to
 * an end is going on there.
 */
final class EventLoop {

  private final ContextInternal context;
  private final Promise<Void> idle = Promise.promise();
  private int busy;
  private boolean draining;

  private EventLoop(ContextInternal context) {
    this.context = context;
  }

  /** The one this is called on. */
  static EventLoop current(Vertx vertx) {
    return new EventLoop((ContextInternal) vertx.getOrCreateContext());
  }

  Vertx vertx() {
    return context.owner();
  }

  /** Something begins here that a drain waits for. */
  void enter() {
    busy++;
  }

  /** It has ended. */
  void leave() {
    busy--;
    endIfIdle();
  }

  /** Done when everything that has begun has ended. */
  Future<Void> idle() {
    draining = true;
    endIfIdle();
    return idle.future();
  }

  private void endIfIdle() {
    if (draining && busy == 0) {
      idle.tryComplete();
    }
  }

  /** Whether this is called on it. */
  boolean isCurrent() {
    return context.inThread();
  }

  /** Runs there: at once when called there, else later and in the order of the calls. */
  void run(Runnable action) {
    if (context.inThread()) {
      action.run();
    } else {
      context.runOnContext(v -> action.run());
    }
  }

  /** Runs there in a later turn. */
  void runLater(Runnable action) {
    context.runOnContext(v -> action.run());
  }
}
