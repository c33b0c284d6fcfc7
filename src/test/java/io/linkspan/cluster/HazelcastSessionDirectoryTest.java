package io.linkspan.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.linkspan.api.Addresses;
import io.linkspan.delivery.VertxShardBus;
import io.linkspan.directory.ClusterMetrics;
import io.linkspan.directory.Nodes;
import io.linkspan.directory.SessionDirectory;
import io.linkspan.directory.SessionDirectoryContract;
import io.linkspan.directory.SessionIds;
import io.linkspan.directory.SessionRef;
import io.linkspan.directory.ShardAddress;
import io.linkspan.directory.UserSessions;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Two members on loopback, in one JVM. */
class HazelcastSessionDirectoryTest extends SessionDirectoryContract {

  private static final Nodes.Node ONE = new Nodes.Node("one", 3);
  private static final Nodes.Node TWO = new Nodes.Node("two", 3);

  private static HazelcastCluster one;
  private static HazelcastCluster two;

  @BeforeAll
  static void start() {
    var members = new TestMembers();
    one = members.join(ONE);
    two = members.join(TWO);
  }

  @AfterAll
  static void stop() {
    await(Future.join(one.vertx().close(), two.vertx().close()));
  }

  @Override
  protected SessionDirectory directory() {
    return one.directory();
  }

  @Override
  protected String shard(int index) {
    return ONE.addresses().get(index);
  }

  private static String shardOfTwo() {
    return TWO.addresses().get(0);
  }

  @Test
  void otherNodesLearnWhereAUserWasForAsLongAsItIsOfUse() {
    SessionRef first = session(shard(0));
    SessionRef second = session(shardOfTwo());
    SessionRef third = session(shard(0));
    assertThat(await(one.directory().add(first)).parkedAt()).isNull();
    await(one.directory().remove(first, 60_000));
    assertThat(await(two.directory().find(first.session()))).isNull();
    assertThat(await(two.directory().sessionsOf(first.user()))).isEmpty();
    assertThat(await(two.directory().add(second)).parkedAt()).isEqualTo(shard(0));
    await(two.directory().remove(second, 1));
    // The user's last node has it for a millisecond, and an entry without sessions ends then.
    Awaitility.await()
        .until(() -> await(one.directory().askAgain(second.user())).isEmpty() && isGone(second));
    assertThat(await(one.directory().add(third)).parkedAt()).isNull();
    await(one.directory().remove(third));
  }

  private static boolean isGone(SessionRef session) {
    return !one.hazelcast()
        .getMap(DirectoryNames.USERS)
        .containsKey(new UserKeys().of(session.user()));
  }

  /** The time of an entry that is parked is not that of the sessions that begin in the meantime. */
  @Test
  void aSessionOutlivesTheEventIdsOfFormerOnes() {
    SessionRef session = session(shard(0));
    String other = "other-" + session.user();
    await(two.directory().park(session.user(), shardOfTwo(), 1_000));
    assertThat(await(one.directory().add(session)).parkedAt()).isEqualTo(shardOfTwo());
    await(two.directory().park(other, shardOfTwo(), 1_500));
    var parked = new SessionRef(session.session(), other, shardOfTwo());
    Awaitility.await().until(() -> isGone(parked));
    assertThat(await(two.directory().askAgain(session.user()))).containsExactly(session);
    assertThat(await(two.directory().find(session.session()))).isEqualTo(session);
    await(one.directory().remove(session));
    assertThat(isGone(session)).isTrue();
  }

  @Test
  void eventIdsOfAMovedSessionAreFoundBesideTheSession() {
    SessionRef session = session(shard(0));
    await(one.directory().add(session));
    await(one.directory().park(session.user(), shard(1), 60_000));
    SessionRef next = session(shardOfTwo());
    UserSessions known = await(two.directory().add(next));
    assertThat(known).isEqualTo(new UserSessions(List.of(session, next), shard(1)));
    await(one.directory().remove(session));
    await(two.directory().remove(next));
    assertThat(isGone(session)).isFalse();
  }

  @Test
  void allNodesSeeTheSameMembersInTheSameOrder() {
    assertThat(one.nodes().all()).containsExactly(ONE, TWO);
    assertThat(two.nodes().all()).containsExactly(ONE, TWO);
    assertThat(two.nodes().self()).isEqualTo(TWO);
    assertThat(one.isMember()).isTrue();
  }

  @Test
  void aSessionOfOneNodeIsFoundOnAnother() {
    SessionRef here = session(shard(0));
    SessionRef there = session(shardOfTwo());
    assertThat(await(two.directory().sessionsOf(here.user()))).isEmpty();
    await(one.directory().add(here));
    assertThat(await(two.directory().sessionsOf(here.user()))).containsExactly(here);
    assertThat(await(two.directory().find(here.session()))).isEqualTo(here);
    assertThat(await(two.directory().add(there)).sessions()).containsExactly(here, there);
    awaitSessions(one.directory(), here.user(), here, there);
    var taken = new SessionRef(here.session(), here.user(), shardOfTwo());
    assertThat(await(two.directory().move(here, taken))).isTrue();
    awaitSessions(one.directory(), here.user(), taken, there);
  }

  /** The shard that is remembered says that it does not have the user. */
  @Test
  void theEndOfAnOnlySessionIsNotAnnounced() {
    SessionRef only = session(shard(0));
    await(one.directory().add(only));
    awaitSessions(two.directory(), only.user(), only);
    await(one.directory().remove(only));
    assertThat(await(one.directory().sessionsOf(only.user()))).isEmpty();
    assertThat(await(two.directory().sessionsOf(only.user()))).containsExactly(only);
    SessionRef next = session(shard(1));
    await(one.directory().add(next));
    assertThat(await(two.directory().sessionsOf(only.user()))).containsExactly(only);
    assertThat(await(two.directory().askAgain(only.user()))).containsExactly(next);
    assertThat(await(two.directory().sessionsOf(only.user()))).containsExactly(next);
    SessionRef third = session(shard(2));
    await(one.directory().add(third));
    awaitSessions(two.directory(), only.user(), next, third);
    await(one.directory().remove(next));
    awaitSessions(two.directory(), only.user(), third);
    await(one.directory().remove(third));
  }

  /** Two names with one key take 2^48 attempts to find. */
  @Test
  void usersWithTheSameKeyHaveTheirOwnSessions() {
    SessionRef session = session(shard(0));
    var other = new SessionRef(session(shard(1)).session(), "other-" + session.user(), shard(1));
    await(one.directory().add(session));
    one.hazelcast()
        .<String, UserEntry>getMap(DirectoryNames.USERS)
        .executeOnKey(new UserKeys().of(session.user()), new UserEntry.Add(other));
    awaitSessions(two.directory(), session.user(), session);
    assertThat(await(two.directory().askAgain(session.user()))).containsExactly(session);
    assertThat(await(two.directory().find(other.session()))).isEqualTo(other);
    await(one.directory().remove(session));
    assertThat(await(two.directory().askAgain(session.user()))).isEmpty();
    assertThat(await(two.directory().find(other.session()))).isEqualTo(other);
  }

  /** As when two parts of a cluster have started apart. */
  @Test
  void everyNodeReadsTheSealsOfTheOthers() {
    SessionRef session = session(shard(0));
    IdSeal seal = IdSeal.create();
    one.hazelcast().<Integer, byte[]>getMap(DirectoryNames.SEALS).put(seal.number(), seal.secret());
    String id = seal.newId(new UserKeys().of(session.user()));
    var sealed = new SessionRef(id, session.user(), shard(0));
    await(one.directory().add(sealed));
    assertThat(await(two.directory().find(id))).isEqualTo(sealed);
    assertThat(await(two.directory().sessionsOf(session.user()))).containsExactly(sealed);
    assertThat(IdSeal.numberIn(two.directory().newId("alice")))
        .isEqualTo(IdSeal.numberIn(one.directory().newId("alice")));
  }

  @Test
  void aTextThatIsNoIdIsNotFound() {
    String ofNode = SessionIds.random();
    String unsealed = "x".repeat(40);
    for (String text : List.of("", "short", "x".repeat(1_000), ofNode, unsealed)) {
      assertThat(await(one.directory().find(text))).isNull();
    }
  }

  @Test
  void lookUpsAreCountedByWhoAnswers() {
    var registry = new SimpleMeterRegistry();
    ClusterMetrics.register(registry, two.nodes(), two.directory(), two::isMember);
    assertThat(registry.get("linkspan.cluster.nodes").gauge().value()).isEqualTo(2);
    assertThat(registry.get("linkspan.cluster.member").gauge().value()).isEqualTo(1);
    SessionRef there = session(shard(0));
    SessionRef here = session(shardOfTwo());
    await(one.directory().add(there));
    await(two.directory().add(here));
    double local = lookUps(registry, "local");
    double remote = lookUps(registry, "remote");
    await(two.directory().find(here.session()));
    assertThat(lookUps(registry, "local")).isEqualTo(local + 1);
    await(two.directory().find(there.session()));
    await(two.directory().askAgain(there.user()));
    await(two.directory().addressesOf("group"));
    assertThat(lookUps(registry, "remote")).isEqualTo(remote + 3);
    assertThat(lookUps(registry, "local")).isEqualTo(local + 1);
    // The node remembers the entry from the first look-up that no change has passed.
    double remembered = lookUps(registry, "remembered");
    Awaitility.await()
        .until(
            () -> {
              await(two.directory().sessionsOf(there.user()));
              return lookUps(registry, "remembered") > remembered;
            });
    assertThat(registry.get("linkspan.directory.failures").functionCounter().count())
        .isNotNegative();
  }

  private static double lookUps(MeterRegistry registry, String source) {
    return registry
        .get("linkspan.directory.lookups")
        .tag("source", source)
        .functionCounter()
        .count();
  }

  /** Waits until a node has heard of the sessions of a user. */
  private static void awaitSessions(
      SessionDirectory directory, String user, SessionRef... expected) {
    Awaitility.await()
        .untilAsserted(
            () -> assertThat(await(directory.sessionsOf(user))).containsExactly(expected));
  }

  /** Reads during a change return either state; later reads return the new one. */
  @Test
  void valuesReadDuringAChangeAreNotCachedBeyondIt() {
    int reads = 0;
    for (int i = 0; i < 500; i++) {
      // Keys of both members.
      var before = new SessionRef(session(shard(0)).session(), "reader-" + i, shard(0));
      await(one.directory().add(before));
      var after = new SessionRef(before.session(), before.user(), shard(1));
      Future<Boolean> moved = one.directory().move(before, after);
      for (; !moved.isComplete(); reads++) {
        await(one.directory().sessionsOf(before.user()));
      }
      assertThat(await(moved)).isTrue();
      assertThat(await(one.directory().sessionsOf(before.user()))).containsExactly(after);
    }
    assertThat(reads).isPositive();
  }

  @Test
  void aGroupOnBothNodesIsReachedByShardsHereAndByTheOtherNode() {
    String group = "group-" + UUID.randomUUID();
    await(one.directory().addGroup(group, shard(1)));
    await(two.directory().addGroup(group, shardOfTwo()));
    assertThat(await(one.directory().addressesOf(group)))
        .containsExactlyInAnyOrder(shard(1), TWO.address());
    assertThat(await(two.directory().addressesOf(group)))
        .containsExactlyInAnyOrder(shardOfTwo(), ONE.address());
    await(two.directory().removeGroup(group, shardOfTwo()));
    assertThat(await(one.directory().addressesOf(group))).containsExactly(shard(1));
  }

  /** The second change begins when the first one ends, which Hazelcast reports on its threads. */
  @Test
  void aNodeThatLeavesAGroupAndJoinsItAgainIsFoundByTheOther() {
    for (int i = 0; i < 20; i++) {
      // Keys of both members.
      String group = "rejoined-" + i;
      await(one.directory().addGroup(group, shard(0)));
      Future<Void> removed = one.directory().removeGroup(group, shard(0));
      await(one.directory().addGroup(group, shard(1)));
      assertThat(removed.succeeded()).isTrue();
      assertThat(await(two.directory().addressesOf(group))).containsExactly(ONE.address());
    }
  }

  @Test
  void futuresCompleteOnTheContextOfTheCaller() {
    SessionRef session = session(shard(0));
    var context = one.vertx().getOrCreateContext();
    var completedOn = io.vertx.core.Promise.<Boolean>promise();
    context.runOnContext(
        v ->
            one.directory()
                .add(session)
                .onComplete(done -> completedOn.complete(Vertx.currentContext() == context)));
    assertThat(await(completedOn.future())).isTrue();
  }

  @Test
  void reclaimingRestoresLostEntriesAndKeepsThoseOfOtherOwners() {
    SessionRef gone = session(shard(0));
    SessionRef taken = session(shard(0));
    var taker = new SessionRef(taken.session(), taken.user(), shardOfTwo());
    await(two.directory().add(taker));
    String group = "group-" + UUID.randomUUID();
    await(one.directory().addGroup(group, shard(0)));
    assertThat(await(one.directory().reclaim(Map.of(gone, Set.of(group), taken, Set.of()))))
        .containsExactly(taken);
    assertThat(await(two.directory().find(gone.session()))).isEqualTo(gone);
    assertThat(await(two.directory().find(taken.session()))).isEqualTo(taker);
    assertThat(await(one.directory().find(taken.session()))).isEqualTo(taker);
    assertThat(await(two.directory().addressesOf(group))).containsExactly(ONE.address());
  }

  /** A partitioned node may start an operation that is executed after it has rejoined. */
  @Test
  void entriesOfAMemberSurviveASweepThatCountsItAsLost() {
    String group = "group-" + UUID.randomUUID();
    SessionRef session = session(shardOfTwo());
    await(two.directory().add(session));
    await(two.directory().addGroup(group, shardOfTwo()));
    var hazelcast = one.hazelcast();
    var gone = new SessionRef(session("").session(), session.user(), ShardAddress.of("lost", 0));
    await(one.directory().add(gone));
    Set<String> lost = Set.of(TWO.id(), "lost");
    var users = hazelcast.<String, UserEntry>getMap(DirectoryNames.USERS);
    assertThat(users.executeOnKey(new UserKeys().of(session.user()), new UserEntry.TakeLost(lost)))
        .isEqualTo(new UserEntry(List.of(gone), Map.of(), null));
    assertThat(users.executeOnEntries(new UserEntry.TakeLost(lost), new LostNodeFilter<>(lost)))
        .isEmpty();
    assertThat(await(one.directory().askAgain(session.user()))).containsExactly(session);
    var members = hazelcast.<String, GroupEntry>getMap(DirectoryNames.GROUPS);
    assertThat(members.executeOnKey(group, new GroupEntry.RemoveLost(lost))).isFalse();
    assertThat(await(one.directory().find(session.session()))).isEqualTo(session);
    awaitSessions(one.directory(), session.user(), session);
    assertThat(await(one.directory().addressesOf(group))).containsExactly(TWO.address());
    await(two.directory().removeGroup(group, shardOfTwo()));
    await(two.directory().remove(session));
  }

  @Test
  void theSweepRemovesOnlyTheEntriesOfTheLostNode() {
    Queue<JsonObject> events = new ConcurrentLinkedQueue<>();
    var consumer =
        one.vertx()
            .eventBus()
            .<JsonObject>consumer(Addresses.EVENTS, event -> events.add(event.body()));
    await(consumer.completion());
    String lostShard = new Nodes.Node("lost", 1).addresses().get(0);
    String group = "group-" + UUID.randomUUID();
    SessionRef lost = session(lostShard);
    SessionRef kept = session(shardOfTwo());
    await(two.directory().add(kept));
    await(two.directory().add(lost));
    await(two.directory().joined(lost, group));
    await(two.directory().joined(lost, "other-" + group));
    await(two.directory().left(lost, "other-" + group));
    await(two.directory().joined(kept, group));
    SessionRef moved = session(shardOfTwo());
    await(two.directory().add(moved));
    await(two.directory().move(moved, new SessionRef(moved.session(), moved.user(), lostShard)));

    // As when a node leaves; both nodes notice, and the oldest acts.
    settleLost(two);
    settleLost(one);

    Awaitility.await()
        .untilAsserted(
            () ->
                assertThat(events)
                    .extracting(e -> e.getString("event"), e -> e.getString("session"))
                    .containsExactlyInAnyOrder(
                        tuple("left", lost.session()),
                        tuple("disconnected", lost.session()),
                        tuple("disconnected", moved.session())));
    assertThat(events)
        .allMatch(event -> event.getString("node").equals("lost"))
        .filteredOn(event -> event.getString("event").equals("left"))
        .allMatch(event -> event.getString("group").equals(group));
    assertThat(await(one.directory().find(lost.session()))).isNull();
    assertThat(await(one.directory().find(kept.session()))).isEqualTo(kept);
    awaitSessions(one.directory(), kept.user(), kept);
    await(consumer.unregister());
  }

  private static void settleLost(HazelcastCluster cluster) {
    var events = new LostSessionEvents(cluster.vertx().eventBus());
    var shards = new VertxShardBus(cluster.vertx());
    var changes = new UserChanges(cluster.vertx().eventBus());
    new LostNodeSweeper(
            cluster.vertx(), cluster.hazelcast(), cluster.nodes(), shards, events, changes)
        .left(new Nodes.Node("lost", 1));
  }
}
