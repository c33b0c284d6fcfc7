package io.linkspan.delivery;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.directory.Nodes;
import io.linkspan.directory.SessionDirectory;
import io.linkspan.memory.MemoryAccount;
import io.linkspan.memory.MemoryLevel;
import io.linkspan.memory.MemoryUse;
import io.linkspan.memory.MessageCost;
import io.linkspan.routing.Recipient;
import io.linkspan.time.Scheduler;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Routes a Message to the sessions of its recipient, on whichever shards they are: by a call on the
 * own shard, over the bus to any other. Used only on its shard's event loop.
 *
 * <p>Messages to one recipient stay in order: they wait for each other in a lane while the
 * directory is asked, and until a shard that the recipient has left has forwarded what was sent
 * there.
 */
public final class RecipientRouter {

  private static final int MAX_WAITING = 10_000;

  /** How often a recipient is looked up again that was not where the directory said. */
  private static final int MAX_TRIES = 12;

  private static final long RETRY_PAUSE_MS = 250;

  /** A Message in flight; where it goes to one shard alone, also the callback of that delivery. */
  private final class Parcel extends RoutedMessage {

    /** Bus address that it was sent to; null before it was sent. */
    String address;

    int tries;

    Parcel(
        Recipient recipient,
        Message message,
        DeliveryScope scope,
        DeliveryCallback callback,
        long number) {
      super(recipient, message, scope, callback, number);
    }

    /** Returns whether the look-up found no session. */
    boolean isUnsent() {
      return tries > 0 && address == null;
    }

    @Override
    public void notHere(String text) {
      boolean group = isGroup();
      if (++tries < MAX_TRIES || (group && !areGroupsComplete.getAsBoolean())) {
        tryAgain(this);
      } else if (group) {
        failed(new MessageException(ErrorCode.UNAVAILABLE, text));
      } else {
        callback.notHere(text);
      }
    }

    /** The shard that received a Message before the lane moved on reports its outcome. */
    @Override
    public boolean isLostWith(Nodes.Node node) {
      return address != null && node.hosts(address) && number >= laneTo(recipient).since;
    }

    @Override
    public void lost() {
      notHere("the recipient's node was lost");
    }
  }

  private final Scheduler scheduler;
  private final RecipientDirectory directory;
  private final String address;
  private final LocalRouter local;
  private final ShardSender sender;
  private final MemoryAccount memory;
  private final BooleanSupplier isDirectoryComplete;
  private final BooleanSupplier areGroupsComplete;
  private final KeptMessages kept;

  private long lastNumber;
  private final RecipientTable<Lane<Parcel>> lanes =
      new RecipientTable<>(Lane::new, lane -> !lane.busy);

  /**
   * Creates the router of one shard.
   *
   * @param address of the shard
   * @param local delivers to this shard's own sessions
   * @param memory is charged for what waits
   * @param isDirectoryComplete false while other nodes may not have entered all their sessions: a
   *     session that is not found may exist
   * @param areGroupsComplete false while other nodes may not have entered the groups of sessions
   *     that they adopt: a group may have members that are not found
   * @param keeping keeps Messages beyond their delivery
   */
  public RecipientRouter(
      Scheduler scheduler,
      SessionDirectory directory,
      String address,
      LocalRouter local,
      ShardSender sender,
      MemoryAccount memory,
      BooleanSupplier isDirectoryComplete,
      BooleanSupplier areGroupsComplete,
      Keeping keeping) {
    this.scheduler = scheduler;
    this.directory = new RecipientDirectory(directory);
    this.address = address;
    this.local = local;
    this.sender = sender;
    this.memory = memory;
    this.isDirectoryComplete = isDirectoryComplete;
    this.areGroupsComplete = areGroupsComplete;
    kept = new KeptMessages(keeping, sender);
  }

  /** Delivers to all sessions of the recipient; routes are not consulted. */
  public void route(
      Recipient recipient, Message message, DeliveryScope scope, DeliveryCallback callback) {
    switch (recipient.kind()) {
      case USER, SESSION, GROUP -> {
        Lane<Parcel> lane = laneTo(recipient);
        var parcel = new Parcel(recipient, message, scope, callback, ++lastNumber);
        if (lane.busy) {
          await(lane, parcel);
        } else {
          lookUp(lane, parcel);
        }
      }
      case SERVICE, CHANNEL, UNADDRESSED ->
          callback.failed(
              new MessageException(
                  ErrorCode.MALFORMED, "to must name a user, a group or a session"));
    }
  }

  /**
   * Completes when all that was routed to a recipient until now is with its sessions, so that what
   * another shard sends from then on cannot overtake it.
   */
  public Future<Void> flush(Recipient recipient) {
    Lane<Parcel> lane = lanes.get(recipient.address());
    if (lane == null) {
      return Future.succeededFuture();
    }
    if (lane.busy) {
      Promise<Void> found = Promise.promise();
      lane.whenFound = lane.whenFound.isEmpty() ? new ArrayList<>(1) : lane.whenFound;
      lane.whenFound.add(found);
      return found.future().compose(v -> flush(recipient));
    }
    return flush(lane.addresses, recipient);
  }

  private Future<Void> flush(Collection<String> addresses, Recipient recipient) {
    return Future.join(addresses.stream().map(to -> sender.flush(to, recipient)).toList())
        .mapEmpty();
  }

  private Lane<Parcel> laneTo(Recipient recipient) {
    return lanes.of(recipient.address());
  }

  private void enqueue(Lane<Parcel> lane, Parcel parcel) {
    memory.charge(MemoryUse.ROUTING, MessageCost.of(parcel.message));
    lane.waiting.add(parcel);
  }

  /** Takes out all at once: one that returns meanwhile waits for the next look-up. */
  private List<Parcel> dequeueUpTo(Lane<Parcel> lane, long number) {
    List<Parcel> taken = lane.takeUpTo(number);
    taken.forEach(parcel -> memory.release(MemoryUse.ROUTING, MessageCost.of(parcel.message)));
    return taken;
  }

  private void await(Lane<Parcel> lane, Parcel parcel) {
    if (memory.isAt(MemoryLevel.FULL)) {
      parcel.callback.failed(MessageCost.full());
    } else if (lane.waiting.size() < MAX_WAITING) {
      enqueue(lane, parcel);
    } else {
      parcel.callback.failed(
          new MessageException(
              ErrorCode.QUEUE_FULL, MAX_WAITING + " messages wait for the recipient to be found"));
    }
  }

  private void lookUp(Lane<Parcel> lane, Parcel parcel) {
    Future<? extends Collection<String>> answer = directory.addressesOf(parcel.recipient, false);
    if (answer.succeeded() && nobodyMoved(lane, answer.result()) && !kept.keeps(parcel)) {
      send(lane, answer.result(), parcel);
      return;
    }
    lane.busy = true;
    enqueue(lane, parcel);
    proceed(lane, answer);
  }

  /** Addresses, for the Messages up to a number. */
  private record Found(Collection<String> addresses, long upTo) {}

  /**
   * One look-up serves all that wait now; a later Message may mean a session that came later. Of
   * these it serves the first that are kept, or the first that are not.
   */
  private void proceed(Lane<Parcel> lane, Future<? extends Collection<String>> answer) {
    long upTo = lastNumber;
    Recipient recipient = lane.waiting.first().recipient;
    answer
        .compose(addresses -> whenPassedOn(lane, recipient, addresses))
        .compose(addresses -> whenKept(lane, recipient, upTo, addresses))
        .onComplete(
            found -> {
              dequeueUpTo(lane, found.upTo())
                  .forEach(parcel -> send(lane, found.addresses(), parcel));
              next(lane);
            },
            failure -> {
              var noDirectory =
                  new MessageException(ErrorCode.UNAVAILABLE, "the directory does not answer");
              dequeueUpTo(lane, upTo).forEach(parcel -> parcel.callback.failed(noDirectory));
              next(lane);
            });
  }

  /**
   * Keeps the first Messages that wait, if asked to: of a user once sessions have those before
   * them. A group is looked up again then: members that have joined since the first look-up read no
   * further than to what they are sent.
   */
  private Future<Found> whenKept(
      Lane<Parcel> lane, Recipient recipient, long upTo, Collection<String> addresses) {
    boolean keeps = kept.keeps(lane.waiting.first());
    if (lane.hasSent && keeps && recipient.kind() == Recipient.Kind.USER) {
      lane.hasSent = false;
      return Future.join(
              addresses.stream()
                  .map(to -> leave(lane, recipient, to, sender.flushPatiently(to, recipient)))
                  .toList())
          .transform(any -> whenKept(lane, recipient, upTo, addresses));
    }
    Future<Long> done = kept.keepFirst(lane.waiting, upTo);
    return keeps && recipient.kind() == Recipient.Kind.GROUP
        ? done.compose(last -> found(lane, recipient, last))
        : done.map(last -> new Found(addresses, last));
  }

  private Future<Found> found(Lane<Parcel> lane, Recipient recipient, long upTo) {
    return directory
        .addressesOf(recipient, true)
        .compose(addresses -> whenPassedOn(lane, recipient, addresses))
        .map(addresses -> new Found(addresses, upTo));
  }

  private void next(Lane<Parcel> lane) {
    lane.busy = !lane.waiting.isEmpty();
    if (lane.busy) {
      Parcel next = lane.waiting.first();
      if (next.tries > 1 || next.isUnsent()) {
        scheduler.schedule(RETRY_PAUSE_MS, () -> proceed(lane, addressesFor(next)));
      } else {
        proceed(lane, addressesFor(next));
      }
    } else if (!lane.whenFound.isEmpty()) {
      List<Promise<Void>> asking = lane.whenFound;
      lane.whenFound = List.of();
      asking.forEach(Promise::complete);
    }
  }

  private Future<? extends Collection<String>> addressesFor(Parcel parcel) {
    return directory.addressesOf(parcel.recipient, parcel.tries > 0);
  }

  /**
   * Returns whether no session of the recipient can have moved since the last Message. One may have
   * come to a new shard from one where others stay.
   */
  private static boolean nobodyMoved(Lane<Parcel> lane, Collection<String> addresses) {
    return lane.addresses.isEmpty()
        || (addresses.size() == lane.addresses.size() && addresses.containsAll(lane.addresses));
  }

  private <T extends Collection<String>> Future<T> whenPassedOn(
      Lane<Parcel> lane, Recipient recipient, T addresses) {
    if (nobodyMoved(lane, addresses)) {
      return Future.succeededFuture(addresses);
    }
    return Future.join(
            lane.addresses.stream()
                .map(to -> leave(lane, recipient, to, sender.flush(to, recipient)))
                .toList())
        .map(addresses);
  }

  /** Completes when nothing that was sent to a shard can overtake or be overtaken any more. */
  private Future<Void> leave(
      Lane<Parcel> lane, Recipient recipient, String address, Future<Boolean> flushed) {
    return flushed.map(
        arrived -> {
          if (!arrived) {
            takeBack(lane, recipient, address);
          }
          return null;
        });
  }

  /**
   * Puts what was sent to a shard back before the Messages that wait: the shard is gone, and does
   * not report what was lost on the way to it. The recipient ignores what reaches it twice.
   */
  private void takeBack(Lane<Parcel> lane, Recipient recipient, String address) {
    for (DeliveryCallback callback :
        sender.takeBack(
            other ->
                other instanceof Parcel parcel
                    && address.equals(parcel.address)
                    && parcel.recipient.equals(recipient))) {
      Parcel parcel = (Parcel) callback;
      if (++parcel.tries < MAX_TRIES) {
        enqueue(lane, parcel);
      } else {
        parcel.callback.notHere(notConnected(recipient));
      }
    }
  }

  private void send(Lane<Parcel> lane, Collection<String> addresses, Parcel parcel) {
    if (addresses.size() != lane.addresses.size() || !lane.addresses.containsAll(addresses)) {
      lane.addresses = addresses;
      lane.since = parcel.number;
    }
    if (parcel.callback.isAbandoned()) {
      // Its sender's session is on another shard and sends the Message again from there.
      parcel.failed(new MessageException(ErrorCode.TIMEOUT, "the sender's session was lost here"));
      return;
    }
    if (parcel.outcome != null) {
      parcel.outcome.accept(parcel.callback);
      return;
    }
    lane.hasSent = true;
    boolean group = parcel.isGroup();
    if (group && isUncertain(addresses)) {
      parcel.notHere("the members of " + parcel.recipient.address() + " are not known yet");
    } else if (addresses.isEmpty()) {
      if (group) {
        parcel.callback.delivered(By.TRANSPORT, null);
      } else if (isDirectoryComplete.getAsBoolean()) {
        parcel.callback.failed(noSuchRecipient(parcel.recipient));
      } else {
        parcel.notHere(notConnected(parcel.recipient));
      }
    } else if (addresses.size() == 1) {
      toShard(addresses.iterator().next(), parcel, true, parcel.callback);
    } else {
      int parts = addresses.size();
      DeliveryCallback each =
          group
              ? DeliveryCallbacks.all(parcel.callback, parts)
              : DeliveryCallbacks.any(parcel.callback, parts);
      addresses.forEach(address -> toShard(address, parcel, false, each));
    }
  }

  /** Returns whether a group may have members that these addresses do not reach. */
  private boolean isUncertain(Collection<String> addresses) {
    return !areGroupsComplete.getAsBoolean()
        && (addresses.isEmpty() || !addresses.stream().allMatch(sender::isOfMember));
  }

  /**
   * Delivers to one shard.
   *
   * @param alone whether no other shard receives the Message, so that it may be retried elsewhere
   */
  private void toShard(String to, Parcel parcel, boolean alone, DeliveryCallback callback) {
    if (to.equals(address)) {
      local.deliver(parcel.recipient, parcel.toSend(), parcel.scope, alone ? parcel : callback);
      return;
    }
    if (alone) {
      parcel.address = to;
      sender.send(to, parcel.toSend(), parcel.scope, parcel);
    } else {
      sender.send(to, parcel.toSend(), parcel.scope, new PartialDelivery(callback, to));
    }
  }

  /** Retries a Message that was not delivered: its recipient may be on another shard. */
  private void tryAgain(Parcel parcel) {
    Lane<Parcel> lane = laneTo(parcel.recipient);
    if (parcel.number < lane.since) {
      // It comes from a node that was partitioned for long, and later Messages were sent elsewhere.
      parcel.failed(
          new MessageException(
              ErrorCode.UNAVAILABLE, "the recipient moved and has been sent later messages"));
      return;
    }
    if (lane.busy) {
      await(lane, parcel);
      return;
    }
    lane.busy = true;
    enqueue(lane, parcel);
    if (parcel.isUnsent()) {
      next(lane);
    } else {
      // Later parcels to the same address are returned as well, before this flush is answered.
      Future<Boolean> flushed = sender.flush(parcel.address, parcel.recipient);
      leave(lane, parcel.recipient, parcel.address, flushed).onComplete(v -> next(lane));
    }
  }

  /** Returns the error for a recipient without a session. */
  public static MessageException noSuchRecipient(Recipient recipient) {
    return new MessageException(ErrorCode.NO_SUCH_RECIPIENT, notConnected(recipient));
  }

  /** Returns the text of {@link #noSuchRecipient}. */
  public static String notConnected(Recipient recipient) {
    return recipient.address() + " is not connected";
  }
}
