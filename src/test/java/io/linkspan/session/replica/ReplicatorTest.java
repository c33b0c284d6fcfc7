package io.linkspan.session.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.directory.ShardAddress;
import io.linkspan.testing.SimulatedBus;
import io.linkspan.testing.SimulatedNodes;
import io.linkspan.testing.TestMemory;
import io.linkspan.testing.VirtualTime;
import io.linkspan.wire.Change;
import io.linkspan.wire.Copy;
import io.linkspan.wire.Recall;
import io.linkspan.wire.SessionState;
import io.linkspan.wire.ShardCall;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** The replicators of three shards, each on a node of its own. */
class ReplicatorTest {

  private final VirtualTime time = new VirtualTime();
  private final Map<String, Member> members = new LinkedHashMap<>();
  private SimulatedBus bus = new SimulatedBus(time, 1);

  private static Promise<Boolean> member() {
    Promise<Boolean> known = Promise.promise();
    known.complete(true);
    return known;
  }

  /** A shard with the parts that concern replicas. */
  private final class Member implements Replicator.Host, SimulatedBus.Endpoint {
    final String address;
    final SimulatedNodes nodes;
    final Map<String, SessionState> sessions = new LinkedHashMap<>();
    final List<String> fenced = new ArrayList<>();
    final ReplicationLag lag = new ReplicationLag();
    final Replicator replicator;
    int failures;
    boolean refuses;
    Promise<Boolean> membership = member();

    Member(String id, String... others) {
      address = ShardAddress.of(id, 0);
      nodes = new SimulatedNodes(6_000, id, others);
      replicator =
          new Replicator(
              bus.from(address),
              time,
              nodes,
              address,
              true,
              TestMemory.budget().newAccount(),
              lag,
              this);
      bus.open(address, this);
    }

    void begin(String session) {
      var state = SessionState.newBuilder().setSession(session).build();
      sessions.put(session, state);
      replicator.record(Change.newBuilder().setSession(session).setPut(state));
    }

    void lose(String id) {
      var node = nodes.remove(id);
      replicator.follow();
      replicator.nodeLost(node.id());
    }

    @Override
    public Iterable<SessionState> resumableSessions() {
      return sessions.values();
    }

    @Override
    public Future<Boolean> adopt(SessionState state, String owner) {
      if (failures-- > 0) {
        return Future.failedFuture("the directory fails");
      }
      if (!refuses) {
        begin(state.getSession());
      }
      return Future.succeededFuture(!refuses);
    }

    @Override
    public Future<Boolean> membership() {
      return membership.future();
    }

    @Override
    public Future<io.linkspan.wire.ShardReply> answer(ShardCall call) {
      switch (call.getCallCase()) {
        case COPY -> {
          return replicator.apply(call.getCopy())
              ? SimulatedBus.reply(true)
              : Future.failedFuture("the owner is not a member");
        }
        case OFFER -> replicator.offered(call.getOffer());
        case RECALL -> replicator.recall(call.getRecall());
        case FENCE -> {
          fenced.add(call.getFence());
          sessions.remove(call.getFence());
        }
        default -> throw new AssertionError(call);
      }
      return null;
    }
  }

  private Member a;
  private Member b;
  private Member c;

  private void start() {
    a = new Member("a", "b", "c");
    b = new Member("b", "a", "c");
    c = new Member("c", "a", "b");
    for (Member member : List.of(a, b, c)) {
      members.put(member.address, member);
      member.replicator.follow();
    }
    time.advance(1_000);
  }

  /** Starts two nodes, of which one has a session. */
  private void startWithoutB() {
    a = new Member("a", "c");
    c = new Member("c", "a");
    a.replicator.follow();
    a.begin("s");
    time.advance(1_000);
  }

  private void crash(Member lost, String id) {
    bus.close(lost.address);
    members.remove(lost.address);
    members.values().forEach(member -> member.lose(id));
  }

  @Test
  void aShardSaysWhetherItStillHasSessionsOfALostNodeToAdopt() {
    start();
    a.begin("s");
    time.advance(1_000);
    assertThat(b.replicator.isAdopting("a")).isTrue();
    assertThat(c.replicator.isAdopting("a")).isFalse();
    b.failures = 2;
    crash(a, "a");
    assertThat(b.replicator.isAdopting("a")).isTrue();
    time.advance(5_000);
    assertThat(b.sessions).containsKey("s");
    assertThat(b.replicator.isAdopting("a")).isFalse();
  }

  @Test
  void aSessionThatCannotBeAdoptedIsGivenUp() {
    start();
    a.begin("s");
    time.advance(1_000);
    b.failures = Integer.MAX_VALUE;
    crash(a, "a");
    time.advance(60_000);
    assertThat(b.sessions).isEmpty();
    assertThat(b.replicator.isAdopting("a")).isFalse();
  }

  @Test
  void theSessionsOfALostNodeAreAdoptedByTheNextOneOnly() {
    start();
    a.begin("s");
    a.begin("t");
    time.advance(1_000);
    crash(a, "a");
    assertThat(b.sessions.keySet()).containsExactly("s", "t");
    assertThat(c.sessions).isEmpty();
    time.advance(1_000);
    crash(b, "b");
    assertThat(c.sessions.keySet()).containsExactlyInAnyOrder("s", "t");
  }

  @Test
  void aSessionIsReplicatedBeforeItsActionRuns() {
    start();
    bus.silence(b.address);
    List<String> done = new ArrayList<>();
    a.begin("s");
    a.replicator.whenReplicated(() -> done.add("s"));
    time.advance(10_000);
    assertThat(done).isEmpty();
    bus.unsilence(b.address);
    time.advance(3_000);
    assertThat(done).containsExactly("s");
    crash(a, "a");
    assertThat(b.sessions).containsKey("s");
  }

  @Test
  void theLagIsWhatTheHolderHasNotConfirmed() {
    start();
    time.advance(1_000);
    assertThat(a.lag.changes()).isZero();
    assertThat(a.lag.age(time.now())).isZero();
    bus.silence(b.address);
    long began = time.now();
    a.begin("s");
    time.advance(3_000);
    a.begin("t");
    assertThat(a.lag.changes()).isEqualTo(2);
    assertThat(a.lag.bytes()).isPositive();
    assertThat(a.lag.age(time.now())).isEqualTo(time.now() - began);
    bus.unsilence(b.address);
    time.advance(3_000);
    assertThat(a.lag.changes()).isZero();
    assertThat(a.lag.bytes()).isZero();
    assertThat(a.lag.age(time.now())).isZero();
  }

  @Test
  void aReplicaThatBeginsElsewhereLagsUntilItIsThere() {
    start();
    a.begin("s");
    time.advance(1_000);
    bus.silence(c.address);
    a.lose("b");
    time.advance(500);
    assertThat(a.lag.age(time.now())).isEqualTo(500);
    bus.unsilence(c.address);
    time.advance(3_000);
    assertThat(a.lag.age(time.now())).isZero();
  }

  @Test
  void aShardWithoutAHolderHasNoLag() {
    start();
    a.lose("b");
    a.lose("c");
    a.begin("s");
    time.advance(1_000);
    assertThat(a.lag.changes()).isZero();
    assertThat(a.lag.age(time.now())).isZero();
  }

  @Test
  void anAdoptionIsTriedAgainWhileTheDirectoryFails() {
    start();
    a.begin("s");
    time.advance(1_000);
    b.failures = 5;
    crash(a, "a");
    assertThat(b.sessions).isEmpty();
    time.advance(2_000);
    assertThat(b.sessions).containsKey("s");
  }

  @Test
  void anAdoptionThatFailedIsNotTriedAgainWhenTheOwnerIsAMemberAgain() {
    start();
    a.begin("s");
    time.advance(1_000);
    b.failures = 3;
    b.lose("a");
    b.nodes.add("a");
    time.advance(5_000);
    assertThat(b.sessions).isEmpty();
    assertThat(a.fenced).isEmpty();
    assertThat(b.failures).isEqualTo(2);
  }

  @Test
  void aRecalledSessionIsAdoptedByTheHolderAndItsFormerOwnerReleasesIt() {
    start();
    a.begin("s");
    time.advance(1_000);
    c.replicator.requestRecall("s", a.address);
    time.advance(1_000);
    assertThat(b.sessions).containsKey("s");
    assertThat(a.fenced).containsExactly("s");
    // There is no second replica to adopt.
    b.sessions.clear();
    b.replicator.recall(Recall.newBuilder().setSession("s").setOwner(a.address).build());
    assertThat(b.sessions).isEmpty();
  }

  @Test
  void anOwnerKeepsASessionThatTheHolderDoesNotGet() {
    start();
    a.begin("s");
    time.advance(1_000);
    b.refuses = true;
    c.replicator.requestRecall("s", a.address);
    time.advance(1_000);
    assertThat(a.fenced).isEmpty();
    assertThat(a.sessions).containsKey("s");
  }

  @Test
  void aNodeThatJoinsInBetweenBecomesTheHolderAndTheFormerOneForgets() {
    startWithoutB();
    b = new Member("b", "a", "c");
    a.nodes.add("b");
    a.replicator.follow();
    time.advance(1_000);
    c.replicator.recall(Recall.newBuilder().setSession("s").setOwner(a.address).build());
    assertThat(c.sessions).isEmpty();
    b.replicator.recall(Recall.newBuilder().setSession("s").setOwner(a.address).build());
    assertThat(b.sessions).containsKey("s");
  }

  /** The node that joins in between cannot be reached at first, as after a partition. */
  @Test
  void aReplicaIsKeptUntilTheNewHolderHasOne() {
    startWithoutB();
    b = new Member("b", "a", "c");
    for (Member member : List.of(a, b, c)) {
      members.put(member.address, member);
    }
    bus.silence(b.address);
    a.nodes.add("b");
    a.replicator.follow();
    c.nodes.add("b");
    c.replicator.follow();
    time.advance(1_000);
    bus.unsilence(b.address);
    crash(a, "a");
    time.advance(1_000);
    assertThat(b.sessions).containsKey("s");
    assertThat(c.sessions).isEmpty();
  }

  @Test
  void aReplicaThatIsOutOfDateIsNotTakenInsteadOfAComplete() {
    start();
    a.begin("s");
    time.advance(1_000);
    var stale =
        Copy.newBuilder()
            .setOwner(a.address)
            .addChanges(
                Change.newBuilder()
                    .setSession("ended")
                    .setPut(SessionState.newBuilder().setSession("ended")))
            .build();
    b.replicator.offered(stale);
    crash(a, "a");
    time.advance(1_000);
    assertThat(b.sessions.keySet()).containsExactly("s");
  }

  @Test
  void aNodeThatMayItselfBeLostAdoptsOnlyWhenItKnowsThatItIsAMember() {
    start();
    a.begin("s");
    time.advance(1_000);
    b.membership = Promise.promise();
    b.lose("a");
    time.advance(5_000);
    assertThat(b.sessions).isEmpty();
    assertThat(b.replicator.isAdopting("a")).isTrue();
    b.membership.complete(true);
    time.advance(10);
    assertThat(b.sessions).containsKey("s");
    assertThat(b.replicator.isAdopting("a")).isFalse();
  }

  @Test
  void aNodeThatIsItselfLostForgetsTheReplicasOfThoseThatItTookToBeLost() {
    start();
    a.begin("s");
    time.advance(1_000);
    b.membership = Promise.promise();
    b.lose("a");
    b.membership.complete(false);
    time.advance(5_000);
    assertThat(b.sessions).isEmpty();
    assertThat(a.fenced).isEmpty();
    assertThat(b.replicator.isAdopting("a")).isFalse();
  }

  @Test
  void aRecalledSessionWaitsForTheMembershipToo() {
    start();
    a.begin("s");
    time.advance(1_000);
    b.membership = Promise.promise();
    c.replicator.requestRecall("s", a.address);
    time.advance(1_000);
    assertThat(b.sessions).isEmpty();
    b.membership.complete(true);
    time.advance(10);
    assertThat(b.sessions).containsKey("s");
  }

  @Test
  void aNodeThatTheHolderHasRemovedIsNotReplicatedUntilItIsAMemberAgain() {
    start();
    b.lose("a");
    a.begin("s");
    time.advance(5_000);
    assertThat(b.replicator.isAdopting("a")).isFalse();
    b.nodes.add("a");
    b.replicator.follow();
    time.advance(5_000);
    assertThat(b.replicator.isAdopting("a")).isTrue();
  }

  private Copy replicaOfA() {
    var state = SessionState.newBuilder().setSession("s").build();
    return Copy.newBuilder()
        .setOwner(a.address)
        .addChanges(Change.newBuilder().setSession("s").setPut(state))
        .build();
  }

  @Test
  void aReplicaThatWasOfferedByMistakeIsForgotten() {
    start();
    c.replicator.offered(replicaOfA());
    assertThat(c.replicator.isAdopting("a")).isTrue();
    time.advance(6_000);
    assertThat(c.replicator.isAdopting("a")).isFalse();
    assertThat(c.sessions).isEmpty();
  }

  @Test
  void aReplicaThatWasOfferedBeforeTheLossIsKnownIsAdopted() {
    start();
    crash(b, "b");
    time.advance(1_000);
    c.replicator.offered(replicaOfA());
    crash(a, "a");
    time.advance(60_000);
    assertThat(c.sessions).containsKey("s");
  }

  /** Whatever the bus loses, an action that has run means that the loss of the node is survived. */
  @RepeatedTest(50)
  void whatIsReplicatedSurvivesTheNode(RepetitionInfo seed) {
    bus = new SimulatedBus(time, seed.getCurrentRepetition());
    start();
    bus.loss = 0.3;
    var random = new java.util.Random(seed.getCurrentRepetition());
    Set<String> replicated = new LinkedHashSet<>();
    for (int i = 0; i < 50; i++) {
      String session = "s" + i;
      a.begin(session);
      a.replicator.whenReplicated(() -> replicated.add(session));
      time.advance(random.nextInt(300));
    }
    crash(a, "a");
    assertThat(b.sessions.keySet()).containsAll(replicated);
    assertThat(replicated).isNotEmpty();
  }
}
