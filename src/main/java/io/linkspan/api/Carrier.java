package io.linkspan.api;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import io.vertx.core.json.JsonObject;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Queue;

/**
 * The node that carries what a {@link GatewayClient} sends. It stays the same while it is there:
 * several would take turns, and what one carries could overtake what another one does. Safe for use
 * by several threads; each has its own order.
 */
final class Carrier {

  private static final int MAX_TRIES = 3;
  private static final long ASK_TIMEOUT_MS = 5_000;

  private static final class Order {
    final long number;
    final Object message;
    final DeliveryOptions options;
    final Promise<Message<Object>> done = Promise.promise();
    int tries;

    Order(long number, Object message, DeliveryOptions options) {
      this.number = number;
      this.message = message;
      this.options = options;
    }
  }

  private final Vertx vertx;
  private final EventBus bus;
  private final LoopAddress loop;
  private final Queue<Order> waiting =
      new PriorityQueue<>(1, Comparator.comparingLong(order -> order.number));

  /** Null when it is not known. */
  private String address;

  private boolean asking;
  private long last;

  Carrier(Vertx vertx) {
    bus = vertx.eventBus();
    loop = LoopAddress.onThisLoop(vertx, Addresses.OUTBOUND);
    this.vertx = vertx;
  }

  /** Has a Message carried, and completes with what is replied. */
  synchronized Future<Message<Object>> request(Object message, DeliveryOptions options) {
    String here = loop.preferred();
    if (!vertx.isClustered() || !here.equals(Addresses.OUTBOUND)) {
      return bus.request(here, message, options);
    }
    if (address == null) {
      String node = LocalNode.id(vertx);
      address = node == null ? null : Addresses.outboundOf(node);
    }
    Order order = new Order(++last, message, options);
    if (address != null && waiting.isEmpty()) {
      send(order);
    } else {
      waiting.add(order);
      ask();
    }
    return order.done.future();
  }

  private void send(Order order) {
    String to = address;
    bus.<Object>request(to, order.message, order.options)
        .onComplete(order.done::complete, failure -> failed(order, to, failure));
  }

  private synchronized void failed(Order order, String to, Throwable failure) {
    if (wasSent(failure) || ++order.tries == MAX_TRIES) {
      order.done.fail(failure);
      return;
    }
    if (to.equals(address)) {
      address = null;
    }
    waiting.add(order);
    ask();
  }

  private static boolean wasSent(Throwable failure) {
    return failure instanceof ReplyException reply
        && reply.failureType() != ReplyFailure.NO_HANDLERS;
  }

  /** Whoever's turn it is carries everything from then on. */
  private void ask() {
    if (asking) {
      return;
    }
    asking = true;
    bus.<JsonObject>request(
            Addresses.OUTBOUND,
            new JsonObject().put("action", "node"),
            new DeliveryOptions().setSendTimeout(ASK_TIMEOUT_MS))
        .onComplete(reply -> found(reply.body().getString("node")), this::notFound);
  }

  private synchronized void found(String node) {
    asking = false;
    address = Addresses.outboundOf(node);
    for (Order next; (next = waiting.poll()) != null; ) {
      send(next);
    }
  }

  private synchronized void notFound(Throwable failure) {
    asking = false;
    for (Order next; (next = waiting.poll()) != null; ) {
      next.done.fail(failure);
    }
  }
}
