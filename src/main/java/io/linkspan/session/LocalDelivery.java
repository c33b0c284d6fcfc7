package io.linkspan.session;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.connection.Outgoing;
import io.linkspan.delivery.DeliveryCallback;
import io.linkspan.delivery.DeliveryCallbacks;
import io.linkspan.delivery.DeliveryScope;
import io.linkspan.delivery.LocalRouter;
import io.linkspan.delivery.MovedMember;
import io.linkspan.delivery.RecipientRouter;
import io.linkspan.delivery.ShardSender;
import io.linkspan.directory.SessionDirectory;
import io.linkspan.memory.MemoryAccount;
import io.linkspan.memory.MemoryLevel;
import io.linkspan.memory.MemoryUse;
import io.linkspan.memory.MessageCost;
import io.linkspan.routing.Recipient;
import io.linkspan.session.transfer.IncomingTransfers;
import io.linkspan.telemetry.MessageSpan;
import io.linkspan.telemetry.Tracing;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Delivers to those of a recipient's sessions that a shard owns, has owned until recently, or is
 * about to own. Used only on the shard's event loop.
 */
final class LocalDelivery implements LocalRouter {

  /** A flush follows no session further: so many moves in so short a time are a loop. */
  private static final int MAX_HOPS = 16;

  private static final int MAX_HELD = 10_000;

  private record Held(
      Recipient recipient, Message message, DeliveryScope scope, DeliveryCallback callback) {}

  private final SessionTable sessions;
  private final Groups<Session> groups;
  private final HistoryDelivery history;
  private final IncomingTransfers incoming;
  private final ShardSender sender;
  private final SessionDirectory directory;
  private final MemoryAccount memory;
  private final Tracing tracing;
  private final Consumer<Runnable> whenReplicated;
  private final BooleanSupplier isCertain;

  /** Messages that arrived while it is not known whether the shard still owns its sessions. */
  private final Queue<Held> held = new ArrayDeque<>(0);

  /** Groups of which other shards have members, since something is held. */
  private final Set<String> fenced = new HashSet<>(0);

  /**
   * Creates the delivery of one shard.
   *
   * @param history delivers Messages that groups keep
   * @param directory tells whether a session that has moved exists
   * @param memory is charged for what is held
   * @param tracing begins the spans of deliveries
   * @param isCertain false while it is not known whether the shard still owns its sessions: what it
   *     forwarded then could overtake what was sent since to their owners
   * @param whenReplicated runs an action once everything that happened until then is replicated
   */
  LocalDelivery(
      SessionTable sessions,
      Groups<Session> groups,
      HistoryDelivery history,
      IncomingTransfers incoming,
      ShardSender sender,
      SessionDirectory directory,
      MemoryAccount memory,
      Tracing tracing,
      Consumer<Runnable> whenReplicated,
      BooleanSupplier isCertain) {
    this.sessions = sessions;
    this.groups = groups;
    this.history = history;
    this.incoming = incoming;
    this.sender = sender;
    this.directory = directory;
    this.memory = memory;
    this.tracing = tracing;
    this.whenReplicated = whenReplicated;
    this.isCertain = isCertain;
  }

  @Override
  public void deliver(
      Recipient recipient, Message message, DeliveryScope scope, DeliveryCallback callback) {
    if (!isCertain.getAsBoolean()) {
      hold(recipient, message, scope, callback);
      return;
    }
    IncomingTransfers.Arrival arrival = incoming.of(recipient, scope);
    if (arrival != null) {
      await(arrival, recipient, message, scope, callback);
      return;
    }
    if (scope.only() != null) {
      deliver(sessions.ofId(scope.only()), recipient, message, scope, callback);
      return;
    }
    switch (recipient.kind()) {
      case USER -> deliver(sessions.ofUser(recipient.name()), recipient, message, scope, callback);
      case SESSION -> deliver(sessions.ofId(recipient.name()), recipient, message, scope, callback);
      case GROUP -> deliverToGroup(recipient.name(), message, scope, callback);
      case SERVICE, CHANNEL, UNADDRESSED ->
          callback.failed(RecipientRouter.noSuchRecipient(recipient));
    }
  }

  private void await(
      IncomingTransfers.Arrival arrival,
      Recipient recipient,
      Message message,
      DeliveryScope scope,
      DeliveryCallback callback) {
    if (memory.isAt(MemoryLevel.FULL)) {
      callback.failed(MessageCost.full());
      return;
    }
    long cost = MessageCost.of(message);
    boolean held =
        arrival.hold(
            () -> {
              memory.release(MemoryUse.ROUTING, cost);
              deliver(recipient, message, scope, callback);
            });
    if (held) {
      memory.charge(MemoryUse.ROUTING, cost);
    } else {
      callback.failed(
          new MessageException(ErrorCode.QUEUE_FULL, "the recipient's session is being moved"));
    }
  }

  private void hold(
      Recipient recipient, Message message, DeliveryScope scope, DeliveryCallback callback) {
    if (memory.isAt(MemoryLevel.FULL)) {
      callback.failed(MessageCost.full());
    } else if (held.size() < MAX_HELD) {
      memory.charge(MemoryUse.ROUTING, MessageCost.of(message));
      held.add(new Held(recipient, message, scope, callback));
    } else {
      callback.failed(
          new MessageException(
              ErrorCode.QUEUE_FULL, "the node is finding out which sessions it owns"));
    }
  }

  /** Another shard has a session: what is held for its groups must reach it there. */
  void fenced(Session session) {
    if (!held.isEmpty()) {
      fenced.addAll(session.groups());
    }
  }

  /**
   * Delivers what was held: the shard owns its sessions for certain. A group's Message returns to
   * its sender if other shards have members that were here when it arrived.
   */
  void releaseHeld() {
    for (Held next; (next = takeHeld()) != null; ) {
      if (next.recipient().kind() == Recipient.Kind.GROUP
          && fenced.contains(next.recipient().name())) {
        next.callback().notHere("members of " + next.recipient().address() + " have moved");
      } else {
        deliver(next.recipient(), next.message(), next.scope(), next.callback());
      }
    }
    fenced.clear();
  }

  private Held takeHeld() {
    Held next = held.poll();
    if (next != null) {
      memory.release(MemoryUse.ROUTING, MessageCost.of(next.message()));
    }
    return next;
  }

  /** Returns what was held to its senders: other shards have the sessions. */
  void returnHeld() {
    for (Held next; (next = takeHeld()) != null; ) {
      next.callback().notHere(RecipientRouter.notConnected(next.recipient()));
    }
    fenced.clear();
  }

  private void deliver(
      List<Session> recipients,
      Recipient recipient,
      Message message,
      DeliveryScope scope,
      DeliveryCallback callback) {
    if (recipients == null) {
      callback.notHere(RecipientRouter.notConnected(recipient));
      return;
    }
    var untraced = recipients.size() == 1 ? new Outgoing(message, 0) : new Outgoing(message);
    DeliveryCallback any = DeliveryCallbacks.any(callback, recipients.size());
    boolean kept =
        recipient.kind() == Recipient.Kind.GROUP && history.takes(recipient.name(), message);
    // A copy: a session that cannot take it may end here.
    for (Session session : List.copyOf(recipients)) {
      if (session.hasMoved()) {
        forward(session, message, scope, any);
        continue;
      }
      if (kept) {
        history.arrived(recipient.name(), message, scope.except());
        whenReplicated.accept(() -> any.delivered(By.TRANSPORT, null));
        continue;
      }
      Outgoing outgoing = traced(untraced, session);
      if (!scope.acceptedIsEnough()) {
        session.deliver(outgoing, any);
      } else if (session.deliver(outgoing, null)) {
        whenReplicated.accept(() -> any.delivered(By.TRANSPORT, null));
      } else {
        MessageException refusal = session.hasEnded() ? null : session.refusalOf(outgoing);
        any.failed(refusal == null ? RecipientRouter.noSuchRecipient(recipient) : refusal);
      }
    }
  }

  /** Returns a Message with the span of its delivery to one session, if it is traced. */
  private Outgoing traced(Outgoing untraced, Session session) {
    MessageSpan span = tracing.deliver(untraced.message(), session.id());
    return span == MessageSpan.NONE ? untraced : new Outgoing(untraced.message(), span);
  }

  private void deliverToGroup(
      String group, Message message, DeliveryScope scope, DeliveryCallback callback) {
    MessageSpan span = tracing.deliver(message, message.getTo());
    boolean kept = history.takes(group, message);
    var outgoing = new Outgoing(message);
    List<Session> moved = List.of();
    int without = 0;
    MessageException refusal = null;
    // A copy: a session that cannot take it may end here.
    for (Session member : groups.membersOf(group).toArray(Session[]::new)) {
      if (member.id().equals(scope.except())) {
        continue;
      }
      if (member.hasMoved()) {
        moved = new ArrayList<>(moved);
        moved.add(member);
      } else if (!kept && !member.deliver(outgoing, null) && !member.hasEnded()) {
        without++;
        refusal = member.refusalOf(outgoing);
      }
    }
    if (kept) {
      history.arrived(group, message, scope.except());
    }
    DeliveryCallback whole =
        moved.isEmpty() ? callback : DeliveryCallbacks.all(callback, 1 + moved.size());
    for (Session member : moved) {
      MovedMember.forward(sender, directory, member.id(), member.movedTo(), message, whole);
    }
    if (without == 0) {
      span.end();
      whenReplicated.accept(() -> whole.delivered(By.TRANSPORT, null));
    } else {
      ErrorCode code = refusal == null ? ErrorCode.NO_SUCH_RECIPIENT : refusal.code();
      span.fail(code);
      whole.failed(
          new MessageException(code, without + " members of the group could not be sent it"));
    }
  }

  private void forward(
      Session session, Message message, DeliveryScope scope, DeliveryCallback callback) {
    sender.send(session.movedTo(), message, scope.only(session.id()), callback);
  }

  /**
   * Completes when all that has arrived for a recipient until now is with its sessions, also with
   * those that have moved; fails when that is not known.
   *
   * @param hops how often the question was passed on before
   */
  Future<Void> flush(Recipient recipient, int hops) {
    IncomingTransfers.Arrival arrival = incoming.of(recipient, DeliveryScope.ACKNOWLEDGED);
    Promise<Void> known = Promise.promise();
    // In its turn, what was held before it has been run, also where more is held.
    if (arrival != null
        && !arrival.isBlocked()
        && arrival.hold(() -> flush(recipient, hops).onComplete(known))) {
      return known.future();
    }
    List<Future<Void>> elsewhere = new ArrayList<>(0);
    for (Session session : sessionsOf(recipient)) {
      if (session.hasMoved() && hops < MAX_HOPS) {
        elsewhere.add(
            sender.ask(session.movedTo(), Recipient.ofSession(session.id()), hops + 1).mapEmpty());
      }
    }
    return elsewhere.isEmpty() ? Future.succeededFuture() : Future.join(elsewhere).mapEmpty();
  }

  private Collection<Session> sessionsOf(Recipient recipient) {
    Collection<Session> found =
        switch (recipient.kind()) {
          case USER -> sessions.ofUser(recipient.name());
          case GROUP -> groups.membersOf(recipient.name());
          case SESSION -> sessions.ofId(recipient.name());
          case SERVICE, CHANNEL, UNADDRESSED -> null;
        };
    return found == null ? List.of() : found;
  }
}
