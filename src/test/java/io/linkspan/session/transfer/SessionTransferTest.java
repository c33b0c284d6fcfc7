package io.linkspan.session.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.linkspan.api.Message;
import io.linkspan.delivery.DeliveryScope;
import io.linkspan.directory.SessionRef;
import io.linkspan.directory.ShardAddress;
import io.linkspan.routing.Recipient;
import io.linkspan.testing.SimulatedBus;
import io.linkspan.testing.SimulatedDirectory;
import io.linkspan.testing.VirtualTime;
import io.linkspan.wire.Adopt;
import io.linkspan.wire.Pending;
import io.linkspan.wire.SessionState;
import io.linkspan.wire.ShardCall;
import io.linkspan.wire.ShardReply;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/**
 * One session that several shards want, each with its real {@link SessionTransfer} and {@link
 * IncomingTransfers}, in virtual time over a bus that loses and delays.
 */
class SessionTransferTest {

  private static final String ID = "s";
  private static final String USER = "alice";
  private static final String SECRET = "secret";
  private static final long CONFIRM_TIME = 2 * SessionTransfer.CLAIM_TIME;
  private static final long FORWARD_TIME = 10_000;

  private final VirtualTime time = new VirtualTime();
  private final SimulatedDirectory directory = new SimulatedDirectory(time);
  private final List<Shard> shards = new ArrayList<>();
  private SimulatedBus bus;
  private Random random;

  /** A session is the list of Messages that it holds. */
  private static final class Held implements TransferableSession {
    final Shard shard;
    final List<String> messages = new ArrayList<>();
    String movedTo;

    Held(Shard shard) {
      this.shard = shard;
    }

    @Override
    public String id() {
      return ID;
    }

    @Override
    public boolean admits(String user, String secret) {
      return user.equals(USER) && secret.equals(SECRET);
    }

    @Override
    public boolean hasMoved() {
      return movedTo != null;
    }

    @Override
    public boolean hasEnded() {
      return false;
    }

    @Override
    public String movedTo() {
      return movedTo;
    }

    @Override
    public SessionState depart(String taker) {
      movedTo = taker;
      SessionState.Builder state = SessionState.newBuilder().setSession(ID).setUser(USER);
      messages.forEach(
          eventId ->
              state.addPending(
                  Pending.newBuilder().setMessage(Message.newBuilder().setEventId(eventId))));
      messages.clear();
      shard.owned = null;
      shard.moved = this;
      return state.build();
    }

    @Override
    public Future<Void> flush() {
      return Future.succeededFuture();
    }

    void restore(SessionState state) {
      movedTo = null;
      state.getPendingList().forEach(one -> messages.add(one.getMessage().getEventId()));
    }
  }

  private final class Shard implements SessionTransfer.Host, SimulatedBus.Endpoint {
    final String address;
    final IncomingTransfers incoming = new IncomingTransfers();
    final SessionTransfer transfer;
    Held owned;
    Held moved;
    int won;
    int lost;
    int unknown;
    boolean refusesAdoption;
    final List<String> recalled = new ArrayList<>();

    Shard(String address) {
      this.address = address;
      transfer =
          new SessionTransfer(
              bus.from(address), time, directory, address, incoming, () -> true, this);
      bus.open(address, this);
    }

    /** The client reconnects here. That it has been here is part of its session from now on. */
    void reconnect() {
      reconnect(USER, SECRET);
    }

    void reconnect(String user, String secret) {
      transfer
          .claim(ID, secret, user)
          .onComplete(
              state -> {
                if (state == null) {
                  lost++;
                } else {
                  take(state);
                  owned.messages.add("won by " + address + " #" + ++won);
                }
              },
              failure -> unknown++);
    }

    private void take(SessionState state) {
      transfer.arrived(ID);
      assertThat(owned).isNull();
      owned = new Held(this);
      owned.restore(state);
    }

    /** Takes a Message as the delivery of a shard does. */
    void deliver(String eventId, Runnable accepted, Runnable notHere) {
      IncomingTransfers.Arrival arrival =
          incoming.of(Recipient.ofSession(ID), DeliveryScope.ACKNOWLEDGED);
      if (arrival != null && arrival.hold(() -> deliver(eventId, accepted, notHere))) {
        return;
      }
      if (owned != null) {
        owned.messages.add(eventId);
        accepted.run();
      } else if (moved != null) {
        Shard next = shard(moved.movedTo());
        time.schedule(
            1 + random.nextInt(bus.maxDelay), () -> next.deliver(eventId, accepted, notHere));
      } else {
        notHere.run();
      }
    }

    @Override
    public Future<ShardReply> answer(ShardCall call) {
      return switch (call.getCallCase()) {
        case CLAIM ->
            Future.succeededFuture(
                ShardReply.newBuilder().setClaim(transfer.answer(call.getClaim())).build());
        case CONFIRM -> transfer.answer(call.getConfirm()).compose(SimulatedBus::reply);
        case ADOPT -> adopt(call.getAdopt()).compose(SimulatedBus::reply);
        default -> throw new AssertionError(call);
      };
    }

    private Future<Boolean> adopt(Adopt adopt) {
      if (refusesAdoption) {
        return Future.succeededFuture(false);
      }
      IncomingTransfers.Arrival arrival = incoming.expect(USER, ID);
      return directory
          .move(new SessionRef(ID, USER, adopt.getOwner()), new SessionRef(ID, USER, address))
          .onSuccess(
              done -> {
                if (done) {
                  take(adopt.getState());
                }
              })
          .onComplete(v -> incoming.end(arrival));
    }

    @Override
    public TransferableSession find(String session) {
      return owned;
    }

    @Override
    public TransferableSession findMoved(String session) {
      return moved;
    }

    @Override
    public void stay(TransferableSession session, SessionState state) {
      assertThat(session).isSameAs(moved);
      owned = moved;
      moved = null;
      owned.restore(state);
    }

    @Override
    public void forgotten(TransferableSession session) {
      assertThat(session).isSameAs(moved);
      moved = null;
    }

    @Override
    public void requestRecall(String session, String owner) {
      recalled.add(owner);
    }

    boolean has() {
      return owned != null;
    }
  }

  private Shard shard(String address) {
    return shards.stream().filter(one -> one.address.equals(address)).findAny().orElseThrow();
  }

  /** Opens shards, of which the first has the session. */
  private void begin(long seed, int count, double loss, int maxDelay) {
    random = new Random(seed);
    bus = new SimulatedBus(time, seed);
    bus.loss = loss;
    bus.maxDelay = maxDelay;
    directory.delay = () -> 1 + random.nextInt(2 * maxDelay);
    for (int i = 0; i < count; i++) {
      shards.add(new Shard(ShardAddress.of("n" + i, 0)));
    }
    directory.enter(ID, USER, shards.get(0).address);
    shards.get(0).owned = new Held(shards.get(0));
  }

  private List<String> owners() {
    return shards.stream().filter(Shard::has).map(one -> one.address).toList();
  }

  private List<String> messages() {
    return shards.stream().filter(Shard::has).findAny().orElseThrow().owned.messages;
  }

  // ------------------------------------------------------------------- one transfer

  @Test
  void aClaimIsGrantedEnteredAndConfirmed() {
    begin(1, 2, 0, 5);
    shards.get(0).owned.messages.add("pending");
    shards.get(1).reconnect();
    time.advance(100);
    assertThat(owners()).containsExactly(shards.get(1).address);
    assertThat(directory.ownerOf(ID)).isEqualTo(shards.get(1).address);
    assertThat(messages()).contains("pending");
    assertThat(shards.get(0).moved).isNotNull();
    time.advance(FORWARD_TIME + 100);
    assertThat(shards.get(0).moved).isNull();
  }

  @Test
  void aSessionThatIsNowhereIsLostAtOnce() {
    begin(1, 2, 0, 5);
    directory.removeNow(new SessionRef(ID, USER, shards.get(0).address));
    shards.get(1).reconnect();
    time.advance(20);
    assertThat(shards.get(1).lost).isEqualTo(1);
  }

  @Test
  void aWrongSecretOrUserIsDenied() {
    begin(1, 2, 0, 5);
    shards.get(1).reconnect(USER, "guessed");
    shards.get(1).reconnect("mallory", SECRET);
    time.advance(100);
    assertThat(shards.get(1).lost).isEqualTo(2);
    assertThat(owners()).containsExactly(shards.get(0).address);
  }

  @Test
  void anOwnerThatNeverAnswersCostsTheClientNoMoreThanItsPatience() {
    begin(1, 2, 1, 5);
    shards.get(1).reconnect();
    time.advance(SessionTransfer.CLAIM_TIME + 20);
    assertThat(shards.get(1).lost + shards.get(1).unknown).isEqualTo(1);
    assertThat(owners()).containsExactly(shards.get(0).address);
    assertThat(shards.get(1).recalled).contains(shards.get(0).address);
  }

  @Test
  void aDirectoryThatFailsMeansTryAgainAndNotLost() {
    begin(1, 2, 0, 5);
    directory.failing = true;
    shards.get(1).reconnect();
    time.advance(SessionTransfer.CLAIM_TIME + 20);
    assertThat(shards.get(1).unknown).isEqualTo(1);
    directory.failing = false;
    shards.get(1).reconnect();
    time.advance(100);
    assertThat(shards.get(1).won).isEqualTo(1);
  }

  @Test
  void aTakerThatCrashesWithTheSessionInHandLosesNothing() {
    begin(1, 2, 0, 5);
    shards.get(0).owned.messages.add("pending");
    directory.delay = () -> 1_000;
    shards.get(1).reconnect();
    time.advance(1_020);
    assertThat(owners()).isEmpty();
    // It asks the directory for the entry when it ends.
    directory.failing = true;
    bus.close(shards.get(1).address);
    time.advance(1_000);
    directory.failing = false;
    time.advance(2 * CONFIRM_TIME);
    assertThat(directory.ownerOf(ID)).isEqualTo(owners().get(0));
    assertThat(messages()).contains("pending");
  }

  /** Its former departure is over due while it is on its way back. */
  @Test
  void aSessionThatReturnsBeforeItsDepartureWasConfirmedDoesNotStayAsItWas() {
    begin(1, 2, 0, 5);
    Shard first = shards.get(0);
    Shard second = shards.get(1);
    second.reconnect();
    awaitEntryOf(second);
    bus.silence(first.address);
    time.advance(CONFIRM_TIME - 200);
    assertThat(second.won).isEqualTo(1);
    bus.unsilence(first.address);
    first.reconnect();
    awaitEntryOf(first);
    bus.silence(second.address);
    time.advance(SessionTransfer.CLAIM_TIME);
    assertThat(first.won).isEqualTo(1);
    assertThat(messages()).hasSize(2);
  }

  private void awaitEntryOf(Shard shard) {
    for (int i = 0; i < 200 && !shard.address.equals(directory.ownerOf(ID)); i++) {
      time.advance(1);
    }
    assertThat(directory.ownerOf(ID)).isEqualTo(shard.address);
  }

  @Test
  void aSessionThatIsHandedOverMovesWithoutItsClient() {
    begin(1, 3, 0, 5);
    Shard first = shards.get(0);
    first.owned.messages.add("pending");
    shards.get(1).refusesAdoption = true;
    Future<Boolean> refused = first.transfer.handOver(first.owned, shards.get(1).address);
    time.advance(100);
    assertThat(refused.result()).isFalse();
    assertThat(owners()).containsExactly(first.address);
    Future<Boolean> taken = first.transfer.handOver(first.owned, shards.get(2).address);
    time.advance(100);
    assertThat(taken.result()).isTrue();
    assertThat(owners()).containsExactly(shards.get(2).address);
    assertThat(messages()).containsExactly("pending");
    time.advance(FORWARD_TIME + CONFIRM_TIME);
    assertThat(first.moved).isNull();
  }

  @Test
  void whatArrivesAtTheTakerBeforeTheSessionWaitsForIt() {
    begin(1, 2, 0, 5);
    shards.get(1).reconnect();
    List<String> accepted = new ArrayList<>();
    awaitEntryOf(shards.get(1));
    shards.get(1).deliver("m", () -> accepted.add("m"), () -> accepted.add("not here"));
    time.advance(100);
    assertThat(accepted).containsExactly("m");
    assertThat(messages()).contains("m");
  }

  /** The session departs from its shard and comes to it, so senders do not notice the move. */
  @RepeatedTest(20)
  void whatArrivesWhileASessionIsResumedOnItsOwnShardStaysInOrder(RepetitionInfo seed) {
    begin(seed.getCurrentRepetition(), 1, 0, 20);
    Shard only = shards.get(0);
    List<String> sent = new ArrayList<>();
    List<String> accepted = new ArrayList<>();
    only.reconnect();
    for (int i = 0; i < 200; i++) {
      String id = "m" + i;
      sent.add(id);
      only.deliver(id, () -> accepted.add(id), () -> fail("not here"));
      time.advance(1);
    }
    time.advance(100);
    assertThat(only.won).isEqualTo(1);
    assertThat(messages()).filteredOn(sent::contains).containsExactlyElementsOf(sent);
    assertThat(accepted).containsExactlyElementsOf(sent);
  }

  @Test
  void aDeniedClaimOnTheOwnersShardHoldsNothing() {
    begin(1, 1, 0, 5);
    Shard only = shards.get(0);
    List<String> accepted = new ArrayList<>();
    only.reconnect(USER, "guessed");
    for (int i = 0; i < 50; i++) {
      only.deliver("m" + i, () -> accepted.add("m"), () -> fail("not here"));
      time.advance(1);
    }
    assertThat(accepted).hasSize(50);
    assertThat(only.lost).isEqualTo(1);
    assertThat(only.incoming.of(Recipient.ofSession(ID), DeliveryScope.ACKNOWLEDGED)).isNull();
  }

  @Test
  void aStoppedTransferLeavesNoTimer() {
    begin(1, 2, 0, 5);
    shards.get(1).reconnect();
    time.advance(3_000);
    shards.forEach(one -> one.transfer.stop());
    assertThat(time.nextDeadline()).isEqualTo(Long.MAX_VALUE);
  }

  // -------------------------------------------------------------- many that want it

  /**
   * Whatever gets lost, nobody has the session but the shard that the directory names, and what the
   * session holds is never lost: every owner but the first adds one Message, and services send
   * more.
   */
  @RepeatedTest(200)
  void thereIsOneOwnerAndItHasEverything(RepetitionInfo repetition) {
    long seed = repetition.getCurrentRepetition();
    Random plan = new Random(seed);
    begin(seed, 2 + plan.nextInt(4), plan.nextDouble() * 0.5, 1 + plan.nextInt(350));
    int attempts = 1 + plan.nextInt(8);
    for (int i = 0; i < attempts; i++) {
      Shard taker = shards.get(plan.nextInt(shards.size()));
      time.schedule(1 + plan.nextInt(6_000), taker::reconnect);
    }
    Map<String, Integer> accepted = new LinkedHashMap<>();
    for (int i = 0; i < 20; i++) {
      String eventId = "m" + i;
      time.schedule(1 + plan.nextInt(8_000), () -> send(eventId, accepted));
    }
    for (int i = 0; i < 200; i++) {
      time.advance(200);
      assertNobodyElseHasIt();
    }
    assertThat(owners()).containsExactly(directory.ownerOf(ID));
    time.advance(FORWARD_TIME + CONFIRM_TIME);
    assertThat(owners()).containsExactly(directory.ownerOf(ID));
    assertThat(shards).allMatch(one -> one.moved == null);
    int won = shards.stream().mapToInt(one -> one.won).sum();
    int lost = shards.stream().mapToInt(one -> one.lost + one.unknown).sum();
    assertThat(won + lost).isEqualTo(attempts);
    Set<String> all = new HashSet<>(messages());
    assertThat(all).hasSameSizeAs(messages());
    assertThat(all.stream().filter(message -> message.startsWith("won"))).hasSize(won);
    assertThat(all).containsAll(accepted.keySet());
    assertThat(accepted).hasSize(20);
    assertThat(accepted.values()).allMatch(times -> times == 1);
  }

  private void assertNobodyElseHasIt() {
    String entered = directory.ownerOf(ID);
    for (Shard shard : shards) {
      if (shard.has() && !shard.address.equals(entered)) {
        fail(shard.address + " has the session, and " + entered + " is entered");
      }
    }
  }

  /** A service looks the session up, and again when it is no longer there. */
  private void send(String eventId, Map<String, Integer> accepted) {
    shard(directory.ownerOf(ID))
        .deliver(
            eventId,
            () -> accepted.merge(eventId, 1, Integer::sum),
            () -> time.schedule(250, () -> send(eventId, accepted)));
  }
}
