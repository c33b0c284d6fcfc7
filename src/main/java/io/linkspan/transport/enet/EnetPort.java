package io.linkspan.transport.enet;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The UDP port that the event loops of a node have in common. Shared by all event loops.
 *
 * <p>The kernel spreads clients over the sockets of a port, and spreads them anew when another
 * socket joins: nobody is served before all have joined.
 */
public final class EnetPort {

  private final AtomicInteger missing;
  private final Promise<Integer> number = Promise.promise();
  private final Promise<Integer> complete = Promise.promise();

  /**
   * @param sockets that will listen
   */
  public EnetPort(int sockets) {
    missing = new AtomicInteger(sockets);
  }

  /** A socket listens; the first one finds out which port it is. */
  void joined(int port) {
    number.tryComplete(port);
    if (missing.decrementAndGet() == 0) {
      complete.tryComplete(port);
    }
  }

  /** Some event loop could not start, so that the others need not wait for it. */
  public void fail(Throwable failure) {
    number.tryFail(failure);
    complete.tryFail(failure);
  }

  /** Known once the first socket listens. */
  Future<Integer> number() {
    return number.future();
  }

  /** Known once all sockets listen. */
  Future<Integer> complete() {
    return complete.future();
  }
}
