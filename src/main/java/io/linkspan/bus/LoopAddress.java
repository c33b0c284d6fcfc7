package io.linkspan.bus;

import io.vertx.core.Vertx;
import java.util.Map;

/**
 * Names the second, node-local address that a consumer has for senders on its own event loop.
 *
 * <p>A bus address with several consumers is served in turn, on whichever event loop the next one
 * lives, and waking a sleeping loop twice per request costs several times what the request does. A
 * consumer that is registered under its loop's address too can be preferred by senders on that
 * loop. Shared by all event loops.
 */
public final class LoopAddress {

  private static final String REGISTRY = "linkspan.loop-addresses";

  private final Map<String, Integer> registered;
  private final String address;
  private final String onThisLoop;

  private LoopAddress(Vertx vertx, String address) {
    this.registered = vertx.sharedData().getLocalMap(REGISTRY);
    this.address = address;
    this.onThisLoop = address + '@' + Thread.currentThread().getId();
  }

  /** Returns the address for the calling event loop; an event loop is one thread for life. */
  public static LoopAddress onThisLoop(Vertx vertx, String address) {
    return new LoopAddress(vertx, address);
  }

  /** Returns the address for a sender on this loop: this loop's own when it has a consumer. */
  public String preferred() {
    return registered.containsKey(onThisLoop) ? onThisLoop : address;
  }

  /** Returns the address of a consumer for senders on this loop. */
  public String local() {
    return onThisLoop;
  }

  /** Records that a consumer is registered at {@link #local}. */
  public void announce() {
    registered.merge(onThisLoop, 1, Integer::sum);
  }

  /** Reverts one {@link #announce}. */
  public void withdraw() {
    registered.computeIfPresent(onThisLoop, (address, count) -> count == 1 ? null : count - 1);
  }
}
