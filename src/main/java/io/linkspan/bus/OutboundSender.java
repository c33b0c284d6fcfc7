package io.linkspan.bus;

import com.google.protobuf.MessageLite;
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
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * Sends requests to one of the nodes that serve an address, and keeps to that node until it leaves.
 * With several nodes in turn, a request could overtake an earlier one. A {@link FlowWindow} bounds
 * what is in flight to the node. Safe for use by several threads; each thread has its own order.
 */
public final class OutboundSender {

  private static final int MAX_TRIES = 3;
  private static final long ASK_TIMEOUT_MS = 5_000;

  /**
   * Where requests go, and how too many of them are refused.
   *
   * @param shared the address at which all nodes take turns
   * @param ofNode the address of one node, by its id
   * @param overflow the failure of a request for which there is no room, with this text
   */
  public record Target(
      String shared, UnaryOperator<String> ofNode, Function<String, Throwable> overflow) {}

  private static final class Order {
    final long number;
    final MessageLite request;
    final DeliveryOptions options;
    final Promise<Message<Object>> done = Promise.promise();
    int tries;

    Order(long number, MessageLite request, DeliveryOptions options) {
      this.number = number;
      this.request = request;
      this.options = options;
    }
  }

  /** A node, and what is in flight to it. */
  private record Node(String address, FlowWindow window) {}

  private final Vertx vertx;
  private final EventBus bus;
  private final Target target;
  private final LoopAddress loop;
  private final RequestTargets targets;
  private final boolean oneOfSeveral;

  /** Ordered by number: a request that is sent again precedes those that have waited since. */
  private final Queue<Order> waiting =
      new PriorityQueue<>(1, Comparator.comparingLong(order -> order.number));

  /** Null when it is not known. */
  private Node node;

  private boolean asking;

  /** Searches for a node that found none, one after the other. */
  private int searches;

  private long last;

  /**
   * @param oneOfSeveral whether there may be several nodes
   */
  public OutboundSender(Vertx vertx, Target target, boolean oneOfSeveral) {
    bus = vertx.eventBus();
    targets = RequestTargets.of(vertx);
    loop = LoopAddress.onThisLoop(vertx, target.shared());
    this.vertx = vertx;
    this.target = target;
    this.oneOfSeveral = oneOfSeveral;
  }

  /**
   * Sends a request and completes with its reply. Fails with the target's overflow when {@value
   * FlowWindow#MAX_WAITING} wait already.
   */
  public synchronized Future<Message<Object>> request(
      MessageLite request, DeliveryOptions options) {
    String here = loop.preferred();
    if (!oneOfSeveral || !here.equals(target.shared())) {
      return bus.request(here, request, options);
    }
    if (waiting.size() >= FlowWindow.MAX_WAITING) {
      return Future.failedFuture(
          target.overflow().apply(FlowWindow.MAX_WAITING + " messages wait for a node"));
    }
    Order order = new Order(++last, request, options);
    waiting.add(order);
    if (node == null) {
      String local = LocalNode.id(vertx);
      node = local == null ? null : nodeOf(local);
    }
    sendWaiting();
    return order.done.future();
  }

  private Node nodeOf(String id) {
    return new Node(target.ofNode().apply(id), new FlowWindow());
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
    to.window.sent(order.request.getSerializedSize());
    this.<Object>request(to.address, order.request, order.options)
        .onComplete(order.done::complete, failure -> failed(order, to, failure));
    askProgress(to);
  }

  /**
   * Sends a request, which fails at once when it goes to a member that was lost before: the bus may
   * not have removed its addresses yet, and such a request would end with its time-out.
   */
  private <T> Future<Message<T>> request(String address, Object body, DeliveryOptions options) {
    Promise<Message<T>> done = Promise.promise();
    RequestTargets.observe(
            member -> {
              if (targets.isLost(member)) {
                done.tryFail(new ReplyException(ReplyFailure.NO_HANDLERS, "the node is lost"));
              }
            },
            () -> bus.<T>request(address, body, options))
        .onComplete(done::tryComplete, done::tryFail);
    return done.future();
  }

  private synchronized void failed(Order order, Node to, Throwable failure) {
    if (hasHandler(failure) || ++order.tries == MAX_TRIES) {
      order.done.fail(failure);
      return;
    }
    waiting.add(order);
    lost(to);
  }

  /** The bus keeps the order, so the node answers after all that was sent before the question. */
  private void askProgress(Node to) {
    if (to.window.asks()) {
      ask(to.address)
          .onComplete(reply -> confirmed(to), failure -> unanswered(to, hasHandler(failure)));
    }
  }

  private synchronized void confirmed(Node by) {
    by.window.confirmed();
    askProgress(by);
    sendWaiting();
  }

  private synchronized void unanswered(Node by, boolean hasHandler) {
    by.window.unanswered();
    if (hasHandler) {
      askProgress(by);
    } else {
      lost(by);
    }
  }

  private void lost(Node former) {
    if (former.equals(node)) {
      node = null;
    }
    sendWaiting();
  }

  private static boolean hasHandler(Throwable failure) {
    return failure instanceof ReplyException reply
        && reply.failureType() != ReplyFailure.NO_HANDLERS;
  }

  /** The node that answers at the shared address carries everything from then on. */
  private void findNode() {
    if (!asking) {
      asking = true;
      ask(target.shared()).onComplete(this::found, this::notFound);
    }
  }

  /** Asks for the id of the node at an address. */
  private Future<String> ask(String address) {
    return this.<JsonObject>request(
            address,
            new JsonObject().put("action", "node"),
            new DeliveryOptions().setSendTimeout(ASK_TIMEOUT_MS))
        .map(reply -> reply.body().getString("node"));
  }

  private synchronized void found(String id) {
    asking = false;
    searches = 0;
    node = nodeOf(id);
    sendWaiting();
  }

  private synchronized void notFound(Throwable failure) {
    asking = false;
    if (!hasHandler(failure) && ++searches < MAX_TRIES) {
      findNode();
      return;
    }
    searches = 0;
    for (Order next; (next = waiting.poll()) != null; ) {
      next.done.fail(failure);
    }
  }
}
