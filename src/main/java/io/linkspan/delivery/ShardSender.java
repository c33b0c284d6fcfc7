package io.linkspan.delivery;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.bus.FlowWindow;
import io.linkspan.directory.Nodes;
import io.linkspan.memory.MemoryAccount;
import io.linkspan.memory.MemoryLevel;
import io.linkspan.memory.MemoryUse;
import io.linkspan.memory.MessageCost;
import io.linkspan.routing.Recipient;
import io.linkspan.time.DeadlineTimer;
import io.linkspan.time.Scheduler;
import io.linkspan.wire.Flush;
import io.linkspan.wire.Settle;
import io.linkspan.wire.ShardCall;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Sends Messages from a shard to other shards, no faster than they take them. The outcome of a
 * delivery is reported with the number of a ticket, not with a bus reply: whichever shard has the
 * session by then can report it, and the shards on the way there may be gone. Used only on the
 * shard's event loop.
 */
public final class ShardSender {

  /** For one question whether earlier Messages have arrived; milliseconds. */
  private static final long FLUSH_TIMEOUT = 1_000;

  /** Longer than the transfer of a session is tried, plus one question; milliseconds. */
  private static final long FLUSH_TIME = 5_000;

  /** Longer than it takes to remove a frozen node, as configured by default; milliseconds. */
  private static final long PATIENT_FLUSH_TIME = 20_000;

  /** Bytes of a callback that waits for an outcome. */
  private static final long TICKET = 256;

  private static final Recipient NOBODY = Recipient.of("");

  private final ShardBus bus;
  private final Scheduler scheduler;
  private final Nodes nodes;
  private final String address;
  private final MemoryAccount memory;
  private final PendingReplies pending;
  private final DeadlineTimer timer;
  private final Map<String, FlowWindow> windows = new HashMap<>();
  private int chargedTickets;

  /**
   * Creates the sender of one shard.
   *
   * @param address of the shard
   * @param memory is charged for what waits
   * @param timeout milliseconds after which the outcome of a delivery can no longer be expected
   */
  public ShardSender(
      ShardBus bus,
      Scheduler scheduler,
      Nodes nodes,
      String address,
      MemoryAccount memory,
      long timeout) {
    this.bus = bus;
    this.scheduler = scheduler;
    this.nodes = nodes;
    this.address = address;
    this.memory = memory;
    pending = new PendingReplies(timeout);
    timer = new DeadlineTimer(scheduler, this::onTimer);
  }

  /** Fails all pending deliveries; to be called when the shard ends. */
  public void stop() {
    timer.cancel();
    List<DeliveryCallback> left = pending.takeAll();
    chargeTickets();
    left.forEach(
        callback ->
            callback.failed(
                new MessageException(
                    ErrorCode.TIMEOUT, "the node ended before the recipient acknowledged")));
  }

  /**
   * Sends a Message to another shard, or to all shards of a node that are concerned.
   *
   * @param callback receives the outcome; null when no outcome is wanted
   */
  public void send(String to, Message message, DeliveryScope scope, DeliveryCallback callback) {
    FlowWindow window = windows.get(to);
    if (window == null) {
      if (!isOfMember(to)) {
        // The directory names a lost node until its entries are removed, and its loss was reported.
        lost(callback);
        return;
      }
      window = new FlowWindow();
      windows.put(to, window);
    }
    if (window.waiting() >= FlowWindow.MAX_WAITING) {
      if (callback != null) {
        callback.failed(
            new MessageException(
                ErrorCode.QUEUE_FULL,
                FlowWindow.MAX_WAITING + " messages wait for the recipient's node"));
      }
      return;
    }
    if (!window.isOpen() && memory.isAt(MemoryLevel.FULL)) {
      if (callback != null) {
        callback.failed(MessageCost.full());
      }
      return;
    }
    // A ticket is issued for a waiting Message too: nodeLost finds by it what was meant for a node.
    RemoteCallback remote = callback == null ? null : export(callback);
    if (window.isOpen()) {
      write(window, to, message, scope, remote);
    } else {
      FlowWindow full = window;
      memory.charge(MemoryUse.ROUTING, MessageCost.of(message));
      full.await(
          () -> {
            memory.release(MemoryUse.ROUTING, MessageCost.of(message));
            write(full, to, message, scope, remote);
          });
    }
  }

  private void write(
      FlowWindow window, String to, Message message, DeliveryScope scope, RemoteCallback callback) {
    if (callback != null && isOwn(callback) && !pending.isPending(callback.ticket())) {
      return;
    }
    window.sent(message.getSerializedSize());
    bus.write(
            to,
            message,
            scope,
            callback == null ? null : callback.origin(),
            callback == null ? 0 : callback.ticket())
        .onFailure(
            unwritten ->
                lost(callback == null ? null : resolve(callback.origin(), callback.ticket())));
    confirm(to, window);
  }

  /** Reports that a Message cannot be written. */
  private static void lost(DeliveryCallback callback) {
    if (callback instanceof InFlight way) {
      way.lost();
    } else if (callback != null) {
      callback.notHere("the recipient's node is gone");
    }
  }

  private boolean isOwn(RemoteCallback callback) {
    return callback.origin().equals(address);
  }

  private void confirm(String to, FlowWindow window) {
    if (window.asks()) {
      ask(to, NOBODY, 0)
          .onComplete(
              v -> {
                window.confirmed();
                confirm(to, window);
              },
              failure -> {
                window.unanswered();
                confirm(to, window);
              });
    }
  }

  /** Returns a form of a callback that another shard can call. */
  public RemoteCallback export(DeliveryCallback callback) {
    if (callback instanceof RemoteCallback remote) {
      return remote;
    }
    long ticket = pending.issue(callback, scheduler.now());
    chargeTickets();
    if (pending.size() == 1) {
      timer.arm(pending.nextDeadline());
    }
    return new RemoteCallback(bus, address, ticket);
  }

  /**
   * Returns the callback behind an exported one. One that this shard exported is consumed.
   *
   * @param origin empty when no outcome is wanted
   * @return null when no outcome is wanted, or none any more
   */
  public DeliveryCallback resolve(String origin, long ticket) {
    if (origin.isEmpty()) {
      return null;
    }
    return origin.equals(address) ? redeem(ticket) : new RemoteCallback(bus, origin, ticket);
  }

  /** Another shard reports the outcome of a delivery. */
  public void settle(Settle settle) {
    DeliveryCallback callback = redeem(settle.getTicket());
    if (callback == null) {
      return;
    }
    if (settle.getNotHere()) {
      callback.notHere(settle.getText());
    } else if (settle.getCode() == 0) {
      callback.delivered(
          settle.getByClient() ? By.CLIENT : By.TRANSPORT,
          settle.hasReply() ? settle.getReply() : null);
    } else {
      callback.failed(
          new MessageException(
              ErrorCode.of(settle.getCode()).orElse(ErrorCode.INTERNAL),
              settle.getText(),
              settle.getRetryAfterMs()));
    }
  }

  /** A node has left: deliveries in flight to it fail, or are retried elsewhere in their order. */
  public void nodeLost(Nodes.Node node) {
    windows.keySet().removeIf(node::hosts);
    List<DeliveryCallback> lost =
        pending.take(callback -> callback instanceof InFlight way && way.isLostWith(node));
    chargeTickets();
    lost.forEach(callback -> ((InFlight) callback).lost());
  }

  /**
   * Removes deliveries in flight that a predicate selects, oldest first. Their callbacks are no
   * longer called from here.
   */
  List<DeliveryCallback> takeBack(Predicate<DeliveryCallback> which) {
    List<DeliveryCallback> taken = pending.take(which);
    chargeTickets();
    return taken;
  }

  /**
   * Asks a shard whether all that was sent to it until now for a recipient is with the recipient's
   * sessions, wherever they have moved.
   *
   * @return true when it is; false when the shard is gone, or when waiting longer makes no sense
   */
  public Future<Boolean> flush(String to, Recipient recipient) {
    return flushWithin(to, recipient, FLUSH_TIME);
  }

  /** As {@link #flush}, but waits until a node that does not answer has been removed. */
  Future<Boolean> flushPatiently(String to, Recipient recipient) {
    return flushWithin(to, recipient, PATIENT_FLUSH_TIME);
  }

  private Future<Boolean> flushWithin(String to, Recipient recipient, long time) {
    FlowWindow window = windows.get(to);
    if (window == null || window.isOpen()) {
      return flush(to, recipient, scheduler.now() + time);
    }
    Promise<Void> turn = Promise.promise();
    window.await(turn::complete);
    return turn.future().compose(v -> flush(to, recipient, scheduler.now() + time));
  }

  private Future<Boolean> flush(String to, Recipient recipient, long deadline) {
    return ask(to, recipient, 0)
        .recover(
            unknown ->
                scheduler.now() < deadline
                    ? flush(to, recipient, deadline)
                    : Future.succeededFuture(false));
  }

  /**
   * Asks once, as {@link #flush}. Fails when the answer is not known within a second.
   *
   * @param hops how often the question was passed on before
   */
  public Future<Boolean> ask(String to, Recipient recipient, int hops) {
    ShardCall question =
        ShardCall.newBuilder()
            .setFlush(Flush.newBuilder().setTo(recipient.address()).setHops(hops))
            .build();
    return bus.call(to, question, FLUSH_TIMEOUT)
        .transform(
            reply -> {
              boolean flushed = reply.succeeded() && reply.result().getConfirm().getStands();
              boolean gone = reply.failed() && !mayAnswer(to, reply.cause());
              return flushed || gone
                  ? Future.succeededFuture(flushed)
                  : Future.failedFuture("not known");
            });
  }

  /** Returns whether a shard that did not answer may still do so: its node has not left. */
  private boolean mayAnswer(String to, Throwable failure) {
    return failure instanceof ReplyException reply
        && reply.failureType() == ReplyFailure.TIMEOUT
        && isOfMember(to);
  }

  /** Returns whether a bus address belongs to a node that is a member of the cluster. */
  boolean isOfMember(String address) {
    return nodes.all().stream().anyMatch(node -> node.hosts(address));
  }

  private void onTimer() {
    pending.expire(scheduler.now());
    chargeTickets();
    timer.arm(pending.nextDeadline());
  }

  private DeliveryCallback redeem(long ticket) {
    DeliveryCallback callback = pending.redeem(ticket);
    chargeTickets();
    return callback;
  }

  private void chargeTickets() {
    memory.change(MemoryUse.ROUTING, (pending.size() - chargedTickets) * TICKET);
    chargedTickets = pending.size();
  }

  /** Callback of a delivery that is in flight to another node. */
  interface InFlight extends DeliveryCallback {

    /** Returns whether no outcome can come any more once the node has left. */
    boolean isLostWith(Nodes.Node node);

    /** The node has left. */
    void lost();
  }
}
