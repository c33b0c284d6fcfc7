package io.linkspan.transport.enet;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Coordinates the sockets that the event loops of a node open on one UDP port. Shared by all event
 * loops.
 *
 * <p>The kernel distributes clients among the sockets of a port, and redistributes them when
 * another socket joins: no client is served before all sockets have joined.
 */
public final class EnetPort {

  private final AtomicInteger missing;
  private final Promise<Integer> number = Promise.promise();
  private final Promise<Integer> complete = Promise.promise();

  /**
   * @param sockets number of sockets that will listen
   */
  public EnetPort(int sockets) {
    missing = new AtomicInteger(sockets);
  }

  /** A socket listens. The first one determines the port. */
  void joined(int port) {
    number.tryComplete(port);
    if (missing.decrementAndGet() == 0) {
      complete.tryComplete(port);
    }
  }

  /** An event loop failed to start: the others do not wait for it. */
  public void fail(Throwable failure) {
    number.tryFail(failure);
    complete.tryFail(failure);
  }

  /** The port, once the first socket listens. */
  Future<Integer> number() {
    return number.future();
  }

  /** The port, once all sockets listen. */
  Future<Integer> complete() {
    return complete.future();
  }
}
