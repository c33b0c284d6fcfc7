package io.linkspan.api;

import io.linkspan.bus.FlowWindow;
import io.linkspan.bus.LocalNode;
import io.linkspan.bus.LoopAddress;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import io.vertx.core.json.JsonObject;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Queue;

/**
 * The node that carries what a {@link GatewayClient} sends. It stays the same while it is there:
 * several would take turns, and what one carries could overtake what another one does. It is given
 * no more at a time than it takes, see {@link FlowWindow}. Safe for use by several threads; each
 * has its own order.
 */
final class OutboundSender {

  private static final int MAX_TRIES = 3;
  private static final long ASK_TIMEOUT_MS = 5_000;

  private static final class Order {
    final long number;
    final Message message;
    final DeliveryOptions options;
    final Promise<io.vertx.core.eventbus.Message<Object>> done = Promise.promise();
    int tries;

    Order(long number, Message message, DeliveryOptions options) {
      this.number = number;
      this.message = message;
      this.options = options;
    }
  }

  /** A node, and what is under way to it. */
  private record Node(String address, FlowWindow window) {
    Node(String id) {
      this(Addresses.outboundOf(id), new FlowWindow());
    }
  }

  private final Vertx vertx;
  private final EventBus bus;
  private final LoopAddress loop;
  private final boolean oneOfSeveral;

  /** What is sent again comes before what has waited since. */
  private final Queue<Order> waiting =
      new PriorityQueue<>(1, Comparator.comparingLong(order -> order.number));

  /** Null when it is not known. */
  private Node node;

  private boolean asking;
  private long last;

  /**
   * @param oneOfSeveral whether there may be several nodes
   */
  OutboundSender(Vertx vertx, boolean oneOfSeveral) {
    bus = vertx.eventBus();
    loop = LoopAddress.onThisLoop(vertx, Addresses.OUTBOUND);
    this.vertx = vertx;
    this.oneOfSeveral = oneOfSeveral;
  }

  /**
   * Has a Message carried, and completes with what is replied. Fails with {@link
   * ErrorCode#QUEUE_FULL} when too many wait already.
   */
  synchronized Future<io.vertx.core.eventbus.Message<Object>> request(
      Message message, DeliveryOptions options) {
    String here = loop.preferred();
    if (!oneOfSeveral || !here.equals(Addresses.OUTBOUND)) {
      return bus.request(here, message, options);
    }
    if (waiting.size() >= FlowWindow.MAX_WAITING) {
      return Future.failedFuture(
          new MessageException(
              ErrorCode.QUEUE_FULL, FlowWindow.MAX_WAITING + " messages wait for a node"));
    }
    Order order = new Order(++last, message, options);
    waiting.add(order);
    if (node == null) {
      String local = LocalNode.id(vertx);
      node = local == null ? null : new Node(local);
    }
    sendWaiting();
    return order.done.future();
  }

  private void sendWaiting() {
    while (node != null && node.window.isOpen() && !waiting.isEmpty()) {
      send(waiting.remove(), node);
    }
    if (node == null && !waiting.isEmpty()) {
      findNode();
    }
  }

  private void send(Order order, Node to) {
    to.window.sent(order.message.getSerializedSize());
    bus.<Object>request(to.address, order.message, order.options)
        .onComplete(order.done::complete, failure -> failed(order, to, failure));
    askHowFar(to);
  }

  private synchronized void failed(Order order, Node to, Throwable failure) {
    if (isThere(failure) || ++order.tries == MAX_TRIES) {
      order.done.fail(failure);
      return;
    }
    waiting.add(order);
    gone(to);
  }

  /** The answer comes after all that was sent before the question. */
  private void askHowFar(Node to) {
    if (to.window.asks()) {
      ask(to.address)
          .onComplete(reply -> confirmed(to), failure -> unanswered(to, isThere(failure)));
    }
  }

  private synchronized void confirmed(Node by) {
    by.window.confirmed();
    askHowFar(by);
    sendWaiting();
  }

  private synchronized void unanswered(Node by, boolean isThere) {
    by.window.unanswered();
    if (isThere) {
      askHowFar(by);
    } else {
      gone(by);
    }
  }

  private void gone(Node lost) {
    if (lost.equals(node)) {
      node = null;
    }
    sendWaiting();
  }

  private static boolean isThere(Throwable failure) {
    return failure instanceof ReplyException reply
        && reply.failureType() != ReplyFailure.NO_HANDLERS;
  }

  /** Whoever's turn it is carries everything from then on. */
  private void findNode() {
    if (!asking) {
      asking = true;
      ask(Addresses.OUTBOUND).onComplete(this::found, this::notFound);
    }
  }

  /** A node says which it is. */
  private Future<String> ask(String address) {
    return bus.<JsonObject>request(
            address,
            new JsonObject().put("action", "node"),
            new DeliveryOptions().setSendTimeout(ASK_TIMEOUT_MS))
        .map(reply -> reply.body().getString("node"));
  }

  private synchronized void found(String id) {
    asking = false;
    node = new Node(id);
    sendWaiting();
  }

  private synchronized void notFound(Throwable failure) {
    asking = false;
    for (Order next; (next = waiting.poll()) != null; ) {
      next.done.fail(failure);
    }
  }
}
