package io.linkspan.session;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.bus.FlowWindow;
import io.linkspan.directory.Nodes;
import io.linkspan.routing.Recipient;
import io.linkspan.time.DeadlineTimer;
import io.linkspan.wire.Flush;
import io.linkspan.wire.Settle;
import io.linkspan.wire.ShardCall;
import io.linkspan.wire.ShardReply;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Takes Messages from a shard to others over the bus, no more at a time than they can take. How a
 * delivery ended is told with the number of a ticket, not with a reply: whoever has the session by
 * then can tell it, and the shards on the way there may be gone. Used only on the shard's event
 * loop.
 */
final class ShardSender {

  /** For one question whether something has got there; milliseconds. */
  private static final long FLUSH_TIMEOUT = 1_000;

  /** A session that is on its way has arrived by then, or does not; milliseconds. */
  private static final long FLUSH_TIME = SessionTransfer.TAKE_OVER_TIME + FLUSH_TIMEOUT;

  private static final Recipient NOBODY = Recipient.of("");

  private final EventBus bus;
  private final Shard shard;
  private final PendingReplies tickets;
  private final DeadlineTimer timer;
  private final Map<String, FlowWindow> windows = new HashMap<>();

  /**
   * @param patience milliseconds after which no ending is to be expected any more
   */
  ShardSender(Vertx vertx, Shard shard, long patience) {
    bus = vertx.eventBus();
    this.shard = shard;
    tickets = new PendingReplies(patience);
    timer = new DeadlineTimer(vertx, this::onTimer);
  }

  void stop() {
    timer.cancel();
    tickets
        .takeAll()
        .forEach(
            settlement ->
                settlement.failed(
                    new MessageException(
                        ErrorCode.TIMEOUT, "the node ended before the recipient acknowledged")));
  }

  /**
   * Sends a Message to another shard, or to all of a node that are concerned.
   *
   * @param settlement told how it ends; null when nobody asks
   */
  void send(String address, Message message, DeliveryScope terms, DeliveryCallback settlement) {
    FlowWindow window = windows.get(address);
    if (window == null) {
      window = new FlowWindow();
      windows.put(address, window);
    }
    if (window.waiting() >= FlowWindow.MAX_WAITING) {
      if (settlement != null) {
        settlement.failed(
            new MessageException(
                ErrorCode.QUEUE_FULL,
                FlowWindow.MAX_WAITING + " messages wait for the recipient's node"));
      }
      return;
    }
    // Now, also when it waits: a node that is lost is to be known by what was meant for it.
    RemoteCallback told =
        settlement == null || settlement instanceof RemoteCallback
            ? (RemoteCallback) settlement
            : new RemoteCallback(bus, shard.address(), issue(settlement));
    if (window.isOpen()) {
      write(window, address, message, terms, told);
    } else {
      FlowWindow full = window;
      full.await(() -> write(full, address, message, terms, told));
    }
  }

  private void write(
      FlowWindow window,
      String address,
      Message message,
      DeliveryScope terms,
      RemoteCallback told) {
    if (told != null && isOwn(told) && !tickets.isOpen(told.ticket())) {
      return;
    }
    var options = new DeliveryOptions();
    terms.addTo(options);
    if (told != null) {
      told.addTo(options);
    }
    window.sent(message.getSerializedSize());
    bus.<Message>sender(address, options)
        .write(message)
        .onFailure(
            unwritten -> {
              if (told != null) {
                // To this shard without the bus: a failure must not wait behind anything.
                DeliveryCallback settlement = isOwn(told) ? tickets.redeem(told.ticket()) : told;
                if (settlement != null) {
                  settlement.notHere("the recipient's node is gone");
                }
              }
            });
    ask(address, window);
  }

  private boolean isOwn(RemoteCallback told) {
    return told.origin().equals(shard.address());
  }

  private void ask(String address, FlowWindow window) {
    if (window.asks()) {
      ask(address, NOBODY, 0)
          .onComplete(
              v -> {
                window.confirmed();
                ask(address, window);
              },
              failure -> {
                window.unanswered();
                ask(address, window);
              });
    }
  }

  /** A number by which whoever waits is told the ending. */
  long issue(DeliveryCallback settlement) {
    long ticket = tickets.issue(settlement, DeadlineTimer.now());
    if (tickets.size() == 1) {
      timer.arm(tickets.nextDeadline());
    }
    return ticket;
  }

  /** Whoever waits with this number; null when nobody does. */
  DeliveryCallback redeem(long ticket) {
    return tickets.redeem(ticket);
  }

  /** Another shard tells how a delivery ended. */
  void settle(Settle settle) {
    DeliveryCallback settlement = tickets.redeem(settle.getTicket());
    if (settlement == null) {
      return;
    }
    if (settle.getNotHere()) {
      settlement.notHere(settle.getText());
    } else if (settle.getCode() == 0) {
      settlement.delivered(
          settle.getByClient() ? By.CLIENT : By.TRANSPORT,
          settle.hasReply() ? settle.getReply() : null);
    } else {
      settlement.failed(
          new MessageException(
              ErrorCode.of(settle.getCode()).orElse(ErrorCode.INTERNAL),
              settle.getText(),
              settle.getRetryAfterMs()));
    }
  }

  /** A node is gone: what was under way to it ends, or goes elsewhere, in its order. */
  void lost(Nodes.Node node) {
    windows.keySet().removeIf(node::hosts);
    List<DeliveryCallback> under =
        tickets.take(settlement -> settlement instanceof UnderWay way && way.isLostWith(node));
    under.forEach(settlement -> ((UnderWay) settlement).lost());
  }

  /**
   * Asks a shard whether all that was sent to it until now for a recipient is with the recipient's
   * sessions, wherever they have gone.
   *
   * @return done when it is, when the shard is no more, or when waiting longer makes no sense
   */
  Future<Void> flush(String address, Recipient to) {
    FlowWindow window = windows.get(address);
    if (window == null || window.isOpen()) {
      return flush(address, to, DeadlineTimer.now() + FLUSH_TIME);
    }
    Promise<Void> turn = Promise.promise();
    window.await(turn::complete);
    return turn.future().compose(v -> flush(address, to, DeadlineTimer.now() + FLUSH_TIME));
  }

  private Future<Void> flush(String address, Recipient to, long deadline) {
    return ask(address, to, 0)
        .recover(
            unknown ->
                DeadlineTimer.now() < deadline
                    ? flush(address, to, deadline)
                    : Future.succeededFuture());
  }

  /**
   * Asks once. Fails when it is not known, after a while.
   *
   * @param hops how often the question was passed on before
   */
  Future<Void> ask(String address, Recipient to, int hops) {
    ShardCall question =
        ShardCall.newBuilder()
            .setFlush(Flush.newBuilder().setTo(to.address()).setHops(hops))
            .build();
    return bus.<ShardReply>request(
            address, question, new DeliveryOptions().setSendTimeout(FLUSH_TIMEOUT))
        .transform(
            reply -> {
              boolean done =
                  reply.succeeded()
                      ? reply.result().body().getConfirm().getStands()
                      : !mayAnswer(address, reply.cause());
              return done ? Future.succeededFuture() : Future.failedFuture("not known");
            });
  }

  /** Whether a shard that did not answer may yet do so; what a lost one had is lost. */
  private boolean mayAnswer(String address, Throwable failure) {
    return failure instanceof ReplyException reply
        && reply.failureType() == ReplyFailure.TIMEOUT
        && shard.nodes().all().stream().anyMatch(node -> node.hosts(address));
  }

  private void onTimer() {
    tickets.expire(DeadlineTimer.now());
    timer.arm(tickets.nextDeadline());
  }

  /** A settlement of what is under way to a node. */
  interface UnderWay extends DeliveryCallback {

    /** Whether nothing will be heard of it any more when the node is lost. */
    boolean isLostWith(Nodes.Node node);

    /** It is. */
    void lost();
  }
}
