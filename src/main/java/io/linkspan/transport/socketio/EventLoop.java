package io.linkspan.transport.socketio;

import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;

/** One event loop, for what happens on another and is meant for it. */
final class EventLoop {

  private final ContextInternal context;

  private EventLoop(ContextInternal context) {
    this.context = context;
  }

  /** The one this is called on. */
  static EventLoop current(Vertx vertx) {
    return new EventLoop((ContextInternal) vertx.getOrCreateContext());
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
