package io.linkspan.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.directory.SessionRef;
import io.linkspan.directory.ShardAddress;
import io.linkspan.memory.MemoryAccount;
import io.linkspan.memory.MemoryBudget;
import io.linkspan.routing.Recipient;
import io.linkspan.testing.RecordingCallback;
import io.linkspan.testing.SimulatedBus;
import io.linkspan.testing.SimulatedDirectory;
import io.linkspan.testing.SimulatedNodes;
import io.linkspan.testing.TestMemory;
import io.linkspan.testing.VirtualTime;
import io.linkspan.wire.ShardCall;
import io.linkspan.wire.ShardReply;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** The lanes of one shard's router, with other shards behind a bus in virtual time. */
class RecipientRouterTest {

  private static final String A = ShardAddress.of("a", 0);
  private static final String B = ShardAddress.of("b", 0);
  private static final String C = ShardAddress.of("c", 0);
  private static final Recipient BOB = Recipient.of("user:bob");
  private static final Recipient TEAM = Recipient.of("group:team");
  private static final int MAX_WAITING = 10_000;

  /** A shard that has some recipients, by their full addresses. */
  private static final class Receiver implements SimulatedBus.Endpoint, LocalRouter {
    final Set<String> has = new HashSet<>();
    final List<String> arrived = new ArrayList<>();
    final List<DeliveryCallback> open = new ArrayList<>();

    /** Holds the answers to questions while it is set. */
    Promise<ShardReply> gate;

    /** Whether deliveries have no outcome until the test ends them. */
    boolean slow;

    @Override
    public Future<ShardReply> answer(ShardCall call) {
      return gate == null ? SimulatedBus.reply(true) : gate.future();
    }

    @Override
    public void deliver(Message message, DeliveryScope scope, DeliveryCallback callback) {
      deliver(Recipient.of(message.getTo()), message, scope, callback);
    }

    @Override
    public void deliver(
        Recipient recipient, Message message, DeliveryScope scope, DeliveryCallback callback) {
      if (!has.contains(recipient.address())) {
        callback.notHere("not on this shard");
        return;
      }
      arrived.add(message.getEventId());
      if (slow) {
        open.add(callback);
      } else {
        callback.delivered(By.CLIENT, null);
      }
    }
  }

  private final VirtualTime time = new VirtualTime();
  private final SimulatedBus bus = new SimulatedBus(time, 1);
  private final SimulatedNodes nodes = new SimulatedNodes(6_000, "a", "b", "c");
  private final SimulatedDirectory directory = new SimulatedDirectory(time);
  private final Receiver local = new Receiver();
  private final Receiver atB = new Receiver();
  private final Receiver atC = new Receiver();
  private final MemoryBudget budget = TestMemory.budget();
  private final MemoryAccount memory = budget.newAccount();
  private final ShardSender sender = new ShardSender(bus.from(A), time, nodes, A, memory, 600_000);
  private boolean directoryIsComplete = true;
  private boolean groupsAreComplete = true;
  private final RecipientRouter router =
      new RecipientRouter(
          time,
          directory,
          A,
          local,
          sender,
          memory,
          () -> directoryIsComplete,
          () -> groupsAreComplete,
          Keeping.NONE);

  RecipientRouterTest() {
    bus.open(B, atB);
    bus.open(C, atC);
    bus.answer(
        A,
        call -> {
          if (call.hasFlush()) {
            return local.answer(call);
          }
          sender.settle(call.getSettle());
          return null;
        });
  }

  private RecordingCallback send(Recipient to, String eventId) {
    var callback = new RecordingCallback();
    router.route(to, message(to, eventId), DeliveryScope.ACKNOWLEDGED, callback);
    return callback;
  }

  private static Message message(Recipient to, String eventId) {
    return Message.newBuilder().setEventId(eventId).setTo(to.address()).build();
  }

  private SessionRef bobIsAt(String shard, Receiver receiver) {
    receiver.has.add(BOB.address());
    return directory.enter("s", "bob", shard);
  }

  private void bobMoves(SessionRef from, Receiver former, String shard, Receiver receiver) {
    former.has.remove(BOB.address());
    receiver.has.add(BOB.address());
    directory.moveNow(from, shard);
  }

  @Test
  void aRecipientOnThisShardIsDeliveredToAtOnce() {
    bobIsAt(A, local);
    assertThat(send(BOB, "m").outcome()).isEqualTo("client");
    assertThat(local.arrived).containsExactly("m");
  }

  @Test
  void aRecipientOnAnotherShardIsDeliveredToOverTheBus() {
    bobIsAt(B, atB);
    RecordingCallback toUser = send(BOB, "m");
    atB.has.add("session:s");
    RecordingCallback toSession = send(Recipient.ofSession("s"), "n");
    time.advance(100);
    assertThat(toUser.outcome()).isEqualTo("client");
    assertThat(toSession.outcome()).isEqualTo("client");
    assertThat(atB.arrived).containsExactlyInAnyOrder("m", "n");
  }

  @Test
  void onlyClientsAndGroupsCanBeRecipients() {
    assertThat(send(Recipient.of("service:x"), "m").outcome()).isEqualTo("malformed");
    assertThat(send(Recipient.of(""), "m").outcome()).isEqualTo("malformed");
    assertThat(send(Recipient.of("open", "method"), "m").outcome()).isNotNull();
  }

  @Test
  void theReceiverOfAUserWithSeveralSessionsIsAnyOfThem() {
    bobIsAt(B, atB);
    directory.enter("t", "bob", C);
    RecordingCallback callback = send(BOB, "m");
    time.advance(100);
    // At C the session has just ended.
    assertThat(callback.outcome()).isEqualTo("client");
    assertThat(atB.arrived).containsExactly("m");
  }

  // ---------------------------------------------------------------------- the order

  @Test
  void aLaterLookUpDoesNotOvertakeASlowOne() {
    bobIsAt(A, local);
    directory.delay = () -> 100;
    send(BOB, "1");
    directory.delay = () -> 0;
    send(BOB, "2");
    assertThat(local.arrived).isEmpty();
    RecordingCallback other = send(Recipient.of("user:nobody"), "3");
    assertThat(other.outcome()).isEqualTo("no-such-recipient");
    time.advance(100);
    assertThat(local.arrived).containsExactly("1", "2");
  }

  @RepeatedTest(100)
  void orderIsKeptHoweverLongLookUpsTakeAndWhereverTheRecipientIs(RepetitionInfo seed) {
    Random random = new Random(seed.getCurrentRepetition());
    directory.delay = () -> random.nextInt(3) == 0 ? 0 : random.nextInt(60);
    Receiver receiver = random.nextBoolean() ? atB : local;
    bobIsAt(receiver == atB ? B : A, receiver);
    List<RecordingCallback> callbacks = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      callbacks.add(send(BOB, "" + i));
      time.advance(random.nextInt(20));
    }
    time.advance(5_000);
    assertThat(receiver.arrived)
        .containsExactlyElementsOf(IntStream.range(0, 40).mapToObj(i -> "" + i).toList());
    assertThat(callbacks).allMatch(callback -> "client".equals(callback.outcome()));
  }

  @Test
  void whatIsSentAfterAMoveWaitsForWhatTheFormerShardForwards() {
    SessionRef before = bobIsAt(B, atB);
    send(BOB, "1");
    time.advance(100);
    atB.gate = Promise.promise();
    bobMoves(before, atB, C, atC);
    send(BOB, "2");
    send(BOB, "3");
    time.advance(500);
    assertThat(atC.arrived).isEmpty();
    SimulatedBus.reply(true).onComplete(atB.gate);
    time.advance(100);
    assertThat(atC.arrived).containsExactly("2", "3");
  }

  @Test
  void whatIsSentAfterAMoveWaitsAlsoWhereAnotherSessionOfTheUserStays() {
    SessionRef before = bobIsAt(B, atB);
    directory.enter("t", "bob", B);
    assertThatTheNextWaitsForB(
        BOB,
        () -> {
          atC.has.add(BOB.address());
          directory.moveNow(before, C);
        });
  }

  /** A recipient stays at B and is at C as well: what is sent next waits until B has passed on. */
  private void assertThatTheNextWaitsForB(Recipient recipient, Runnable move) {
    send(recipient, "1");
    time.advance(100);
    atB.gate = Promise.promise();
    move.run();
    send(recipient, "2");
    time.advance(500);
    assertThat(atC.arrived).isEmpty();
    SimulatedBus.reply(true).onComplete(atB.gate);
    time.advance(100);
    assertThat(atB.arrived).containsExactly("1", "2");
    assertThat(atC.arrived).containsExactly("2");
  }

  // ------------------------------------------------------------- not where it should be

  @Test
  void whatIsNotHereIsSentAgainInOrderWhereTheDirectorySaysNext() {
    SessionRef before = directory.enter("s", "bob", B);
    List<RecordingCallback> callbacks = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      callbacks.add(send(BOB, "" + i));
    }
    time.advance(600);
    assertThat(callbacks).allMatch(callback -> callback.outcome() == null);
    bobMoves(before, atB, C, atC);
    callbacks.add(send(BOB, "5"));
    time.advance(5_000);
    assertThat(atC.arrived).containsExactly("0", "1", "2", "3", "4", "5");
    assertThat(callbacks).allMatch(callback -> "client".equals(callback.outcome()));
  }

  @Test
  void aRecipientThatIsNeverThereIsGivenUp() {
    directory.enter("s", "bob", B);
    RecordingCallback callback = send(BOB, "m");
    time.advance(1_000);
    assertThat(callback.outcome()).isNull();
    time.advance(10_000);
    assertThat(callback.outcome()).isEqualTo("not-here");
    // The lane is free again.
    atB.has.add(BOB.address());
    RecordingCallback next = send(BOB, "n");
    time.advance(100);
    assertThat(next.outcome()).isEqualTo("client");
  }

  @Test
  void aRecipientWithoutASessionDoesNotExist() {
    assertThat(send(BOB, "m").outcome()).isEqualTo("no-such-recipient");
  }

  @Test
  void aRecipientThatIsNotFoundMayExistWhileTheDirectoryIsIncomplete() {
    directoryIsComplete = false;
    RecordingCallback callback = send(BOB, "m");
    time.advance(600);
    assertThat(callback.outcome()).isNull();
    bobIsAt(B, atB);
    time.advance(600);
    assertThat(callback.outcome()).isEqualTo("client");
    RecordingCallback nobody = send(Recipient.of("user:nobody"), "n");
    time.advance(600);
    directoryIsComplete = true;
    time.advance(600);
    assertThat(nobody.outcome()).isEqualTo("no-such-recipient");
  }

  @Test
  void messagesThatWaitTogetherAreLookedUpAgainAsOftenAsOneAlone() {
    directoryIsComplete = false;
    List<RecordingCallback> callbacks = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      callbacks.add(send(BOB, "" + i));
    }
    time.advance(2_000);
    assertThat(callbacks).allMatch(callback -> callback.outcome() == null);
    bobIsAt(B, atB);
    time.advance(1_000);
    assertThat(callbacks).allMatch(callback -> "client".equals(callback.outcome()));
    assertThat(atB.arrived).startsWith("0", "1", "2").endsWith("18", "19").hasSize(20);
  }

  /** The bus of a partitioned node does not know yet that its connection leads nowhere. */
  @Test
  void whatIsSentToALostNodeThatTheDirectoryStillNamesGoesWhereTheSessionIsAdopted() {
    SessionRef before = bobIsAt(B, atB);
    bus.silence(B);
    sender.nodeLost(nodes.remove("b"));
    List<RecordingCallback> callbacks = List.of(send(BOB, "1"), send(BOB, "2"));
    time.advance(1_500);
    assertThat(callbacks).allMatch(callback -> callback.outcome() == null);
    bobMoves(before, atB, C, atC);
    time.advance(2_500);
    assertThat(atC.arrived).containsExactly("1", "2");
    assertThat(callbacks).allMatch(callback -> "client".equals(callback.outcome()));
  }

  @Test
  void aLostNodeReturnsWhatWasInFlightToItAndItGoesWhereTheSessionIsAdopted() {
    SessionRef before = bobIsAt(B, atB);
    atB.slow = true;
    RecordingCallback first = send(BOB, "1");
    time.advance(100);
    bus.silence(B);
    RecordingCallback second = send(BOB, "2");
    time.advance(100);
    bus.close(B);
    bobMoves(before, atB, C, atC);
    sender.nodeLost(nodes.remove("b"));
    RecordingCallback third = send(BOB, "3");
    time.advance(5_000);
    assertThat(atC.arrived).containsExactly("1", "2", "3");
    assertThat(List.of(first, second, third))
        .allMatch(callback -> "client".equals(callback.outcome()));
  }

  /** The bus connection to a node that is drained breaks with what was on it. */
  @Test
  void aMessageLostOnTheWayToAShardThatHasLeftIsSentBeforeLaterOnes() {
    SessionRef before = bobIsAt(B, atB);
    bus.silence(B);
    RecordingCallback first = send(BOB, "1");
    time.advance(100);
    bus.close(B);
    bobMoves(before, atB, C, atC);
    RecordingCallback second = send(BOB, "2");
    time.advance(100);
    sender.nodeLost(nodes.remove("b"));
    time.advance(1_000);
    assertThat(atC.arrived).containsExactly("1", "2");
    assertThat(List.of(first, second)).allMatch(callback -> "client".equals(callback.outcome()));
  }

  /** Its shard was partitioned, and answers when later Messages have been sent elsewhere. */
  @Test
  void aMessageReturnedTooLateToKeepTheOrderFails() {
    SessionRef before = bobIsAt(B, atB);
    atB.slow = true;
    RecordingCallback first = send(BOB, "1");
    time.advance(100);
    bobMoves(before, atB, C, atC);
    send(BOB, "2");
    time.advance(1_000);
    assertThat(atC.arrived).containsExactly("2");
    atB.open.get(0).notHere("it has moved");
    time.advance(1_000);
    assertThat(first.outcome()).isEqualTo("unavailable");
    assertThat(atC.arrived).containsExactly("2");
  }

  @Test
  void aDirectoryThatFailsFailsWhatWaitsAndNotWhatComesLater() {
    bobIsAt(A, local);
    directory.delay = () -> 100;
    directory.failing = true;
    RecordingCallback first = send(BOB, "1");
    time.advance(60);
    directory.failing = false;
    RecordingCallback second = send(BOB, "2");
    time.advance(300);
    assertThat(first.outcome()).isEqualTo("unavailable");
    assertThat(second.outcome()).isEqualTo("client");
    assertThat(local.arrived).containsExactly("2");
  }

  @Test
  void whatWaitsForALookUpIsBounded() {
    bobIsAt(A, local);
    directory.delay = () -> 1_000;
    for (int i = 0; i < MAX_WAITING; i++) {
      send(BOB, "" + i);
    }
    assertThat(send(BOB, "one too many").outcome()).isEqualTo("queue-full");
    time.advance(5_000);
    assertThat(local.arrived).hasSize(MAX_WAITING);
  }

  @Test
  void whatItsSenderSendsAgainElsewhereIsNotDelivered() {
    bobIsAt(A, local);
    directory.delay = () -> 100;
    List<String> outcomes = new ArrayList<>();
    router.route(
        BOB,
        message(BOB, "m"),
        DeliveryScope.ACKNOWLEDGED,
        new DeliveryCallback() {
          @Override
          public void delivered(By by, Message reply) {
            outcomes.add(by.label());
          }

          @Override
          public void failed(MessageException failure) {
            outcomes.add(failure.code().code());
          }

          @Override
          public boolean isAbandoned() {
            return true;
          }
        });
    time.advance(200);
    assertThat(local.arrived).isEmpty();
    assertThat(outcomes).containsExactly("timeout");
  }

  // ------------------------------------------------------------------------- groups

  private void teamIsAt(String shard, Receiver receiver) {
    receiver.has.add(TEAM.address());
    directory.addGroup("team", shard);
  }

  @Test
  void aGroupIsDeliveredToWhenAllItsShardsHaveIt() {
    teamIsAt(A, local);
    teamIsAt(B, atB);
    teamIsAt(C, atC);
    atB.slow = true;
    RecordingCallback callback = send(TEAM, "m");
    time.advance(1_000);
    assertThat(callback.outcome()).isNull();
    atB.open.get(0).delivered(By.TRANSPORT, null);
    time.advance(100);
    assertThat(callback.outcome()).isEqualTo("transport");
    assertThat(List.of(local.arrived, atB.arrived, atC.arrived))
        .allMatch(arrived -> arrived.equals(List.of("m")));
  }

  /** The member may have come from a shard where others stay, and which passes on what it had. */
  @Test
  void whatIsSentAfterAMoveToANewShardOfAGroupWaitsForTheFormerOnes() {
    teamIsAt(B, atB);
    assertThatTheNextWaitsForB(TEAM, () -> teamIsAt(C, atC));
  }

  @Test
  void aGroupWithoutMembersIsDeliveredTo() {
    assertThat(send(TEAM, "m").outcome()).isEqualTo("transport");
  }

  /** A part of the directory may have been lost, and with it the members of the group. */
  @Test
  void aGroupWithoutMembersWaitsWhileTheGroupsAreIncomplete() {
    groupsAreComplete = false;
    RecordingCallback first = send(TEAM, "1");
    RecordingCallback second = send(TEAM, "2");
    time.advance(10_000);
    assertThat(first.outcome()).isNull();
    teamIsAt(B, atB);
    time.advance(1_000);
    assertThat(List.of(first.outcome(), second.outcome())).containsOnly("client");
    assertThat(atB.arrived).containsExactly("1", "2");
  }

  @Test
  void aGroupThatStaysWithoutMembersIsDeliveredToOnceTheGroupsAreComplete() {
    groupsAreComplete = false;
    RecordingCallback callback = send(TEAM, "m");
    time.advance(5_000);
    groupsAreComplete = true;
    time.advance(1_000);
    assertThat(callback.outcome()).isEqualTo("transport");
  }

  @Test
  void aGroupThatNamesALostNodeWaitsUntilItsSessionsAreAdopted() {
    teamIsAt(A, local);
    teamIsAt(B, atB);
    nodes.remove("b");
    groupsAreComplete = false;
    RecordingCallback callback = send(TEAM, "m");
    time.advance(1_000);
    assertThat(callback.outcome()).isNull();
    assertThat(local.arrived).isEmpty();
    teamIsAt(C, atC);
    directory.removeGroup("team", B);
    time.advance(1_000);
    assertThat(callback.outcome()).isEqualTo("transport");
    assertThat(List.of(local.arrived, atC.arrived)).containsOnly(List.of("m"));
  }

  /** The node may have ended between the look-up and the delivery. */
  @Test
  void anUnreachableShardWithMembersFailsTheDeliveryToTheGroup() {
    teamIsAt(A, local);
    teamIsAt(B, atB);
    bus.close(B);
    RecordingCallback callback = send(TEAM, "m");
    time.advance(1_000);
    assertThat(callback.outcome()).isEqualTo("timeout");
    assertThat(local.arrived).containsExactly("m");
  }

  @Test
  void aLostNodeWithMembersFailsTheDeliveryToTheGroup() {
    teamIsAt(A, local);
    teamIsAt(B, atB);
    bus.silence(B);
    RecordingCallback callback = send(TEAM, "m");
    time.advance(100);
    assertThat(callback.outcome()).isNull();
    sender.nodeLost(nodes.remove("b"));
    assertThat(callback.outcome()).isEqualTo("timeout");
  }

  // -------------------------------------------------------------------------- flush

  @Test
  void aFlushWaitsForLookUpsAndForTheShardsBehindThem() {
    bobIsAt(B, atB);
    assertThat(router.flush(BOB).isComplete()).isTrue();
    directory.delay = () -> 100;
    send(BOB, "1");
    Future<Void> flushed = router.flush(BOB);
    atB.gate = Promise.promise();
    time.advance(500);
    assertThat(atB.arrived).containsExactly("1");
    assertThat(flushed.isComplete()).isFalse();
    SimulatedBus.reply(true).onComplete(atB.gate);
    time.advance(100);
    assertThat(flushed.succeeded()).isTrue();
  }
}
