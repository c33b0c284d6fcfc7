package io.linkspan.session;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.directory.Nodes;
import io.linkspan.directory.SessionDirectory;
import io.linkspan.directory.SessionRef;
import io.linkspan.routing.Recipient;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Queue;

/**
 * Carries a Message to the clients that it names, on whichever shards they are: by a call to the
 * own shard, over the bus to any other. Used only on its shard's event loop.
 *
 * <p>Messages to one recipient stay in order whatever it takes to find it. They wait for each other
 * in a lane while the directory is asked; and when the recipient turns out to have moved, until the
 * shard it was on has passed on what was sent there.
 */
final class RecipientRouter {

  /** Recipients whose last whereabouts are known; for any other there is nothing to overtake. */
  private static final int MAX_LANES = 10_000;

  private static final int MAX_WAITING = 10_000;

  /** How often a recipient is looked for that was not where the directory said, and how long. */
  private static final int MAX_TRIES = 12;

  private static final long RETRY_PAUSE_MS = 250;

  /** Passes on how it ended. */
  private abstract static class Told implements ShardSender.UnderWay {
    final DeliveryCallback settlement;

    Told(DeliveryCallback settlement) {
      this.settlement = settlement;
    }

    @Override
    public void delivered(By by, Message reply) {
      settlement.delivered(by, reply);
    }

    @Override
    public void failed(MessageException failure) {
      settlement.failed(failure);
    }
  }

  /** A Message on its way; where it goes to one shard alone, also what hears of its ending. */
  private final class Parcel extends Told {
    final Recipient recipient;
    final Message message;
    final DeliveryScope terms;

    /** Place among those for the same recipient. */
    final long number;

    /** Where it was sent; null when it was not yet. */
    String address;

    int tries;

    Parcel(
        Recipient recipient,
        Message message,
        DeliveryScope terms,
        DeliveryCallback settlement,
        long number) {
      super(settlement);
      this.recipient = recipient;
      this.message = message;
      this.terms = terms;
      this.number = number;
    }

    /** It was looked up, and nobody was there. */
    boolean isUnsent() {
      return tries > 0 && address == null;
    }

    @Override
    public void notHere(String text) {
      if (++tries < MAX_TRIES) {
        tryAgain(this);
      } else {
        settlement.notHere(text);
      }
    }

    /** What has been passed on by then, whoever has it tells the ending. */
    @Override
    public boolean isLostWith(Nodes.Node node) {
      return address != null && node.hosts(address) && number >= laneTo(recipient).since;
    }

    @Override
    public void lost() {
      notHere("the recipient's node was lost");
    }
  }

  /** One of several shards that a Message is on its way to. */
  private static final class Part extends Told {
    private final String address;

    Part(DeliveryCallback settlement, String address) {
      super(settlement);
      this.address = address;
    }

    @Override
    public void notHere(String text) {
      settlement.notHere(text);
    }

    @Override
    public boolean isLostWith(Nodes.Node node) {
      return node.hosts(address);
    }

    @Override
    public void lost() {
      settlement.failed(new MessageException(ErrorCode.TIMEOUT, "a node with recipients was lost"));
    }
  }

  /** What is known of one recipient. */
  private static final class Lane {
    Collection<String> addresses = List.of();

    /** Number of the first parcel that was sent where all are sent now. */
    long since;

    boolean busy;

    /** Who asks when all that waits is on its way. */
    List<Promise<Void>> whenFound = List.of();

    /** In their order: one that was sent, and not there, is again before all that came after it. */
    final Queue<Parcel> waiting = new PriorityQueue<>(1, IN_ORDER);
  }

  private static final Comparator<Parcel> IN_ORDER =
      Comparator.comparingLong(parcel -> parcel.number);

  private final Vertx vertx;
  private final SessionDirectory directory;
  private final Shard shard;
  private final ShardSender post;

  private long lastNumber;
  private final Map<String, Lane> lanes = new LinkedHashMap<>(16, 0.75f, true);

  RecipientRouter(Vertx vertx, SessionDirectory directory, Shard shard, ShardSender post) {
    this.vertx = vertx;
    this.directory = directory;
    this.shard = shard;
    this.post = post;
  }

  /** Delivers to everybody the recipient stands for; no route is asked. */
  void carry(
      Recipient recipient, Message message, DeliveryScope terms, DeliveryCallback settlement) {
    switch (recipient.kind()) {
      case USER, SESSION, GROUP -> {
        Lane lane = laneTo(recipient);
        var parcel = new Parcel(recipient, message, terms, settlement, ++lastNumber);
        if (lane.busy) {
          await(lane, parcel);
        } else {
          lookUp(lane, parcel);
        }
      }
      case SERVICE, CHANNEL, UNADDRESSED ->
          settlement.failed(
              new MessageException(
                  ErrorCode.MALFORMED, "to has to name a user, a group or a session"));
    }
  }

  /**
   * Done when all that was carried to a recipient until now is with its sessions, so that what
   * another shard sends from then on can not overtake it.
   */
  Future<Void> flush(Recipient recipient) {
    Lane lane = lanes.get(recipient.address());
    if (lane == null) {
      return Future.succeededFuture();
    }
    if (lane.busy) {
      Promise<Void> found = Promise.promise();
      if (lane.whenFound.isEmpty()) {
        lane.whenFound = new ArrayList<>(1);
      }
      lane.whenFound.add(found);
      return found.future().compose(v -> flush(recipient));
    }
    return flush(lane.addresses, recipient);
  }

  private Future<Void> flush(Collection<String> addresses, Recipient recipient) {
    List<Future<Void>> there = new ArrayList<>(addresses.size());
    for (String address : addresses) {
      there.add(post.flush(address, recipient));
    }
    return Future.join(there).mapEmpty();
  }

  private Lane laneTo(Recipient recipient) {
    Lane lane = lanes.get(recipient.address());
    if (lane == null) {
      forgetIdleLanes();
      lane = new Lane();
      lanes.put(recipient.address(), lane);
    }
    return lane;
  }

  private void forgetIdleLanes() {
    if (lanes.size() < MAX_LANES) {
      return;
    }
    Iterator<Lane> leastRecent = lanes.values().iterator();
    while (leastRecent.hasNext() && lanes.size() >= MAX_LANES) {
      if (!leastRecent.next().busy) {
        leastRecent.remove();
      }
    }
  }

  private static void await(Lane lane, Parcel parcel) {
    if (lane.waiting.size() < MAX_WAITING) {
      lane.waiting.add(parcel);
    } else {
      parcel.settlement.failed(
          new MessageException(
              ErrorCode.QUEUE_FULL, MAX_WAITING + " messages wait for the recipient to be found"));
    }
  }

  private void lookUp(Lane lane, Parcel parcel) {
    Future<? extends Collection<String>> answer = addressesOf(parcel.recipient);
    if (answer.succeeded() && nobodyMoved(lane, answer.result())) {
      send(lane, answer.result(), parcel);
      return;
    }
    lane.busy = true;
    lane.waiting.add(parcel);
    proceed(lane, answer);
  }

  /** One look-up serves all that wait by then; who comes later may mean somebody who came later. */
  private void proceed(Lane lane, Future<? extends Collection<String>> answer) {
    int batch = lane.waiting.size();
    Recipient recipient = lane.waiting.element().recipient;
    answer
        .compose(addresses -> whenPassedOn(lane, recipient, addresses))
        .onComplete(
            addresses -> {
              for (int i = 0; i < batch; i++) {
                send(lane, addresses, lane.waiting.remove());
              }
              goOn(lane);
            },
            failure -> {
              var noDirectory =
                  new MessageException(ErrorCode.UNAVAILABLE, "the directory does not answer");
              for (int i = 0; i < batch; i++) {
                lane.waiting.remove().settlement.failed(noDirectory);
              }
              goOn(lane);
            });
  }

  private void goOn(Lane lane) {
    lane.busy = !lane.waiting.isEmpty();
    if (lane.busy) {
      Parcel next = lane.waiting.element();
      if (next.tries > 1 || next.isUnsent()) {
        vertx.setTimer(RETRY_PAUSE_MS, id -> proceed(lane, addressesFor(next)));
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
    Recipient recipient = parcel.recipient;
    return parcel.tries > 0 && recipient.kind() == Recipient.Kind.USER
        ? directory.askAgain(recipient.name()).map(RecipientRouter::shardsOf)
        : addressesOf(recipient);
  }

  private Future<? extends Collection<String>> addressesOf(Recipient recipient) {
    String name = recipient.name();
    return switch (recipient.kind()) {
      case USER -> {
        Future<List<SessionRef>> sessions = directory.sessionsOf(name);
        yield sessions.succeeded()
            ? Future.succeededFuture(shardsOf(sessions.result()))
            : sessions.map(RecipientRouter::shardsOf);
      }
      case SESSION ->
          directory.find(name).map(ref -> ref == null ? List.of() : List.of(ref.shard()));
      default -> directory.addressesOf(name);
    };
  }

  private static List<String> shardsOf(List<SessionRef> sessions) {
    return switch (sessions.size()) {
      case 0 -> List.of();
      case 1 -> List.of(sessions.get(0).shard());
      default -> sessions.stream().map(SessionRef::shard).distinct().toList();
    };
  }

  private static boolean nobodyMoved(Lane lane, Collection<String> addresses) {
    return lane.addresses.isEmpty() || addresses.containsAll(lane.addresses);
  }

  private <T extends Collection<String>> Future<T> whenPassedOn(
      Lane lane, Recipient recipient, T addresses) {
    if (nobodyMoved(lane, addresses)) {
      return Future.succeededFuture(addresses);
    }
    List<String> left =
        lane.addresses.stream().filter(address -> !addresses.contains(address)).toList();
    return flush(left, recipient).map(addresses);
  }

  private void send(Lane lane, Collection<String> addresses, Parcel parcel) {
    if (addresses.size() != lane.addresses.size() || !lane.addresses.containsAll(addresses)) {
      lane.addresses = addresses;
      lane.since = parcel.number;
    }
    if (parcel.settlement.isVoid()) {
      // Its sender has gone on elsewhere and says it again from there.
      parcel.failed(new MessageException(ErrorCode.TIMEOUT, "the sender's session was lost here"));
      return;
    }
    boolean group = parcel.recipient.kind() == Recipient.Kind.GROUP;
    if (addresses.isEmpty()) {
      if (group) {
        parcel.settlement.delivered(By.TRANSPORT, null);
      } else if (shard.standing().isSettled()) {
        parcel.settlement.failed(noSuchRecipient(parcel.recipient));
      } else {
        parcel.notHere(notConnected(parcel.recipient));
      }
    } else if (group) {
      DeliveryCallback all =
          addresses.size() == 1
              ? parcel.settlement
              : new AllOf(parcel.settlement, addresses.size());
      addresses.forEach(address -> toShard(address, parcel, addresses.size() == 1, all));
    } else if (addresses.size() == 1) {
      toShard(addresses.iterator().next(), parcel, true, parcel.settlement);
    } else {
      DeliveryCallback first = new FirstOf(parcel.settlement, addresses.size());
      addresses.forEach(address -> toShard(address, parcel, false, first));
    }
  }

  /**
   * @param alone whether nobody else gets it, so that it may be tried elsewhere
   */
  private void toShard(String address, Parcel parcel, boolean alone, DeliveryCallback settlement) {
    if (address.equals(shard.address())) {
      shard
          .local()
          .deliver(parcel.recipient, parcel.message, parcel.terms, alone ? parcel : settlement);
      return;
    }
    if (alone) {
      parcel.address = address;
      post.send(address, parcel.message, parcel.terms, parcel);
    } else {
      post.send(address, parcel.message, parcel.terms, new Part(settlement, address));
    }
  }

  /** It was not delivered, for certain or as good as that: its recipient may be elsewhere. */
  private void tryAgain(Parcel parcel) {
    Lane lane = laneTo(parcel.recipient);
    if (parcel.number < lane.since) {
      // It comes from a node that was cut off for long, and others have gone another way.
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
    lane.waiting.add(parcel);
    if (parcel.isUnsent()) {
      goOn(lane);
      return;
    }
    // What was sent there after this one comes back as well, and before the answer to this.
    post.flush(parcel.address, parcel.recipient).onComplete(v -> goOn(lane));
  }

  static MessageException noSuchRecipient(Recipient recipient) {
    return new MessageException(ErrorCode.NO_SUCH_RECIPIENT, notConnected(recipient));
  }

  static String notConnected(Recipient recipient) {
    return recipient.address() + " is not connected";
  }
}
