package io.linkspan.session.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.directory.SessionRef;
import io.linkspan.directory.ShardAddress;
import io.linkspan.testing.SimulatedBus;
import io.linkspan.testing.SimulatedDirectory;
import io.linkspan.testing.SimulatedNodes;
import io.linkspan.testing.VirtualTime;
import io.linkspan.wire.Probe;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PartitionGuardTest {

  private static final long GIVEN_UP_AFTER = 6_000;
  private static final long SHORT_PAUSE = 4_000;
  private static final long LONG_PAUSE = 7_000;
  private static final String SELF = ShardAddress.of("a", 0);
  private static final String OTHER = ShardAddress.of("b", 0);
  private static final String THIRD = ShardAddress.of("c", 0);

  /** A shard with sessions that records what its guard decides. */
  private static final class RecordingHost implements PartitionGuard.Host {
    final Map<SessionRef, Set<String>> owned = new HashMap<>();
    final List<String> fenced = new ArrayList<>();
    int outcasts;
    int confirmations;

    @Override
    public Map<SessionRef, Set<String>> ownedSessions() {
      return owned;
    }

    @Override
    public Map<SessionRef, Set<String>> ownedSession(String session) {
      return owned.keySet().stream()
          .filter(ref -> ref.session().equals(session))
          .collect(Collectors.toMap(ref -> ref, owned::get));
    }

    @Override
    public void fence(String session) {
      fenced.add(session);
      owned.keySet().removeIf(ref -> ref.session().equals(session));
    }

    @Override
    public void outcast() {
      outcasts++;
    }

    @Override
    public void ownershipConfirmed() {
      confirmations++;
    }
  }

  private final VirtualTime time = new VirtualTime();
  private final SimulatedBus bus = new SimulatedBus(time, 1);
  private final SimulatedDirectory directory = new SimulatedDirectory(time);
  private final SimulatedNodes nodes = new SimulatedNodes(GIVEN_UP_AFTER, "a", "b", "c");
  private final RecordingHost host = new RecordingHost();
  private final PartitionGuard guard = guard(nodes);
  private SessionRef session;

  private PartitionGuard guard(SimulatedNodes view) {
    return new PartitionGuard(bus.from(SELF), time, view, directory, SELF, host);
  }

  @BeforeEach
  void ownsASession() {
    directory.delay = () -> 10;
    session = directory.enter("s", "user", SELF);
    host.owned.put(session, Set.of());
  }

  private void othersAnswer(boolean isMember) {
    bus.answer(OTHER, call -> SimulatedBus.reply(isMember));
    bus.answer(THIRD, call -> SimulatedBus.reply(isMember));
  }

  private void othersAreSilent() {
    othersAnswer(true);
    bus.silence(OTHER);
    bus.silence(THIRD);
  }

  private void becomeOutcast() {
    othersAnswer(false);
    guard.stalled(LONG_PAUSE);
    time.advance(100);
    assertThat(guard.isOutcast()).isTrue();
  }

  @Test
  void afterAShortPauseOnlyTheDirectoryIsAsked() {
    assertThat(guard.isCertain()).isTrue();
    guard.stalled(SHORT_PAUSE);
    assertThat(guard.isCertain()).isFalse();
    time.advance(10);
    assertThat(guard.isCertain()).isTrue();
    assertThat(host.confirmations).isEqualTo(1);
    assertThat(host.fenced).isEmpty();
  }

  @Test
  void aSessionThatAnotherShardHasIsFencedBeforeOwnershipIsConfirmed() {
    directory.moveNow(session, OTHER);
    guard.stalled(SHORT_PAUSE);
    time.advance(10);
    assertThat(host.fenced).containsExactly("s");
    assertThat(host.confirmations).isEqualTo(1);
  }

  @Test
  void aSessionWithoutAnEntryIsEnteredAgain() {
    directory.removeNow(session);
    guard.stalled(SHORT_PAUSE);
    time.advance(10);
    assertThat(host.fenced).isEmpty();
    assertThat(directory.ownerOf("s")).isEqualTo(SELF);
  }

  @Test
  void afterALongPauseAMemberAsksTheDirectory() {
    othersAnswer(true);
    guard.stalled(LONG_PAUSE);
    time.advance(100);
    assertThat(guard.isCertain()).isTrue();
    assertThat(host.outcasts).isZero();
  }

  @Test
  void oneNodeThatAnswersIsEnough() {
    othersAnswer(true);
    bus.silence(THIRD);
    guard.stalled(LONG_PAUSE);
    time.advance(2_000);
    assertThat(guard.isCertain()).isTrue();
    assertThat(host.outcasts).isZero();
  }

  @Test
  void oneNodeThatHasRemovedThisOneIsEnoughToo() {
    othersAnswer(true);
    bus.answer(THIRD, call -> SimulatedBus.reply(false));
    // The answer that says no decides, whichever arrives first.
    guard.stalled(LONG_PAUSE);
    time.advance(100);
    assertThat(guard.isOutcast()).isTrue();
    assertThat(guard.isCertain()).isFalse();
    assertThat(host.outcasts).isEqualTo(1);
    assertThat(host.confirmations).isZero();
  }

  /** Nodes that start, or are as busy as this one was, are silent for longer than one question. */
  @Test
  void silenceIsNotARemoval() {
    othersAreSilent();
    guard.stalled(LONG_PAUSE);
    time.advance(GIVEN_UP_AFTER + 1_000);
    assertThat(host.outcasts).isZero();
    assertThat(guard.admitsClients()).isFalse();
    bus.unsilence(OTHER);
    time.advance(3_000);
    assertThat(guard.isCertain()).isTrue();
    assertThat(host.outcasts).isZero();
  }

  @Test
  void withoutAnyAnswerTheNodeIsOutcastOnceTheOthersMustHaveBeenRemoved() {
    othersAreSilent();
    guard.stalled(LONG_PAUSE);
    time.advance(2 * GIVEN_UP_AFTER);
    assertThat(host.outcasts).isZero();
    time.advance(2_000);
    assertThat(guard.isOutcast()).isTrue();
  }

  @Test
  void aNodeWhoseOthersAreRemovedDuringTheQuestionsIsOutcast() {
    othersAreSilent();
    guard.stalled(LONG_PAUSE);
    time.advance(500);
    guard.left(nodes.remove("b"));
    guard.left(nodes.remove("c"));
    time.advance(2_000);
    assertThat(guard.isOutcast()).isTrue();
  }

  /** A node that has just joined may be asked about before all others know it. */
  @Test
  void anOutcastThatAllOthersCallAMemberAsksTheDirectory() {
    becomeOutcast();
    othersAnswer(true);
    bus.answer(THIRD, call -> SimulatedBus.reply(false));
    time.advance(3_000);
    assertThat(guard.isOutcast()).isTrue();
    bus.silence(THIRD);
    time.advance(3_000);
    assertThat(guard.isOutcast()).isTrue();
    bus.unsilence(THIRD);
    bus.answer(THIRD, call -> SimulatedBus.reply(true));
    time.advance(3_000);
    assertThat(guard.isCertain()).isTrue();
    assertThat(host.outcasts).isEqualTo(1);
    assertThat(host.confirmations).isEqualTo(1);
  }

  @Test
  void aNodeThatAnswersALaterTryIsEnough() {
    othersAreSilent();
    guard.stalled(LONG_PAUSE);
    time.advance(1_500);
    bus.unsilence(OTHER);
    time.advance(2_500);
    assertThat(guard.isCertain()).isTrue();
    assertThat(host.outcasts).isZero();
  }

  @Test
  void aNodeThatWasAloneBeforeThePauseAsksNobody() {
    PartitionGuard alone = guard(new SimulatedNodes(GIVEN_UP_AFTER, "a"));
    alone.stalled(LONG_PAUSE);
    time.advance(10);
    assertThat(alone.isCertain()).isTrue();
    assertThat(host.outcasts).isZero();
  }

  @Test
  void aNodeThatIsAloneOnlyAfterThePauseIsOutcast() {
    nodes.remove("b");
    nodes.remove("c");
    guard.stalled(LONG_PAUSE);
    assertThat(guard.isOutcast()).isTrue();
  }

  @Test
  void aNodeWhoseOthersHadLeftBeforeThePauseIsNotOutcast() {
    guard.left(nodes.remove("b"));
    guard.left(nodes.remove("c"));
    guard.stalled(LONG_PAUSE);
    time.advance(10);
    assertThat(guard.isCertain()).isTrue();
  }

  @Test
  void anOutcastStaysOneUntilItFindsTheOthers() {
    becomeOutcast();
    guard.stalled(LONG_PAUSE);
    time.advance(30_000);
    assertThat(guard.isOutcast()).isTrue();
    directory.moveNow(session, OTHER);
    guard.merged();
    assertThat(guard.isOutcast()).isFalse();
    assertThat(guard.isCertain()).isFalse();
    time.advance(100);
    assertThat(guard.isCertain()).isTrue();
    assertThat(host.fenced).containsExactly("s");
  }

  @Test
  void anOutcastThatANodeJoinsAsksTheDirectory() {
    becomeOutcast();
    guard.joined(nodes.add("d"));
    time.advance(100);
    assertThat(guard.isCertain()).isTrue();
  }

  /** A node that loses all others at once loses parts of its directory, which is an event too. */
  @Test
  void anOutcastThatIsAloneStaysOne() {
    becomeOutcast();
    nodes.remove("b");
    nodes.remove("c");
    guard.merged();
    time.advance(1_000);
    assertThat(guard.isOutcast()).isTrue();
    assertThat(host.confirmations).isZero();
  }

  @Test
  void anOutcastTakesItsSessionsBackWhenItsTimeIsOver() {
    becomeOutcast();
    time.advance(PartitionGuard.MAX_OUTCAST - 200);
    assertThat(guard.isOutcast()).isTrue();
    time.advance(400);
    assertThat(guard.isCertain()).isTrue();
    assertThat(host.confirmations).isEqualTo(1);
  }

  @Test
  void theTimeOfAFormerExclusionDoesNotEndTheNextOne() {
    becomeOutcast();
    time.advance(50_000);
    guard.merged();
    time.advance(100);
    assertThat(guard.isCertain()).isTrue();
    becomeOutcast();
    time.advance(20_000);
    assertThat(guard.isOutcast()).isTrue();
  }

  @Test
  void aDirectoryThatFailsLeavesOwnershipAsItIs() {
    directory.failing = true;
    guard.stalled(SHORT_PAUSE);
    time.advance(10);
    assertThat(guard.isCertain()).isTrue();
    assertThat(host.fenced).isEmpty();
    time.advance(PartitionGuard.RECLAIM_TIMEOUT);
    assertThat(host.confirmations).isEqualTo(1);
  }

  @Test
  void anAnswerAfterTheTimeoutStillFences() {
    directory.delay = () -> PartitionGuard.RECLAIM_TIMEOUT + 2_000;
    directory.moveNow(session, OTHER);
    guard.stalled(SHORT_PAUSE);
    time.advance(PartitionGuard.RECLAIM_TIMEOUT);
    assertThat(guard.isCertain()).isTrue();
    assertThat(host.fenced).isEmpty();
    time.advance(2_000);
    assertThat(host.fenced).containsExactly("s");
    assertThat(host.confirmations).isEqualTo(1);
  }

  @Test
  void aSecondPauseDuringAReclaimIsAnsweredByItsOwnReclaim() {
    directory.delay = () -> 1_000;
    guard.stalled(SHORT_PAUSE);
    time.advance(600);
    guard.stalled(SHORT_PAUSE);
    time.advance(600);
    assertThat(guard.isCertain()).isFalse();
    time.advance(400);
    assertThat(guard.isCertain()).isTrue();
    assertThat(host.confirmations).isEqualTo(1);
  }

  @Test
  void aLongPauseDuringAReclaimAsksTheOthers() {
    directory.delay = () -> 1_000;
    guard.stalled(SHORT_PAUSE);
    othersAnswer(false);
    guard.stalled(LONG_PAUSE);
    time.advance(2_000);
    assertThat(guard.isOutcast()).isTrue();
    assertThat(host.confirmations).isZero();
  }

  /** An answer after the short pause does not count for the long pause. */
  @Test
  void aShortPauseDoesNotEndTheQuestionsAfterALongOne() {
    othersAreSilent();
    guard.stalled(LONG_PAUSE);
    time.advance(500);
    guard.stalled(SHORT_PAUSE);
    time.advance(100);
    assertThat(guard.isCertain()).isFalse();
    time.advance(2 * GIVEN_UP_AFTER + 2_000);
    assertThat(guard.isOutcast()).isTrue();
  }

  @Test
  void aMergeDuringTheQuestionsAsksAgainAndIgnoresEarlierAnswers() {
    othersAnswer(false);
    guard.stalled(LONG_PAUSE);
    time.advance(5);
    othersAnswer(true);
    guard.merged();
    time.advance(2_000);
    assertThat(guard.isCertain()).isTrue();
    assertThat(host.outcasts).isZero();
  }

  @Test
  void theDirectoryIsIncompleteForAWhileAfterEveryChange() {
    assertThat(guard.isDirectoryComplete()).isTrue();
    guard.left(nodes.remove("b"));
    assertIncompleteForAWhile();
    guard.joined(nodes.add("b"));
    assertIncompleteForAWhile();
    guard.merged();
    assertIncompleteForAWhile();
  }

  @Test
  void theGroupsAreIncompleteAfterANodeHasLeftButNotAfterOneHasJoined() {
    guard.joined(nodes.add("d"));
    assertThat(guard.areGroupsComplete()).isTrue();
    guard.merged();
    guard.left(nodes.remove("d"));
    time.advance(PartitionGuard.GROUPS_SETTLE_TIME);
    assertThat(guard.areGroupsComplete()).isFalse();
    time.advance(PartitionGuard.SETTLE_TIME - PartitionGuard.GROUPS_SETTLE_TIME);
    assertThat(guard.areGroupsComplete()).isTrue();
  }

  private void assertIncompleteForAWhile() {
    assertThat(guard.isDirectoryComplete()).isFalse();
    time.advance(PartitionGuard.SETTLE_TIME - 1);
    assertThat(guard.isDirectoryComplete()).isFalse();
    time.advance(1);
    assertThat(guard.isDirectoryComplete()).isTrue();
  }

  @Test
  void aProbeIsAnsweredFromTheOwnView() {
    assertThat(guard.isMember(Probe.newBuilder().setNode("b").build())).isTrue();
    assertThat(guard.isMember(Probe.newBuilder().setNode("x").build())).isFalse();
  }

  @Test
  void aMembershipThatIsBeingAskedForIsKnownLater() {
    assertThat(guard.membership().result()).isTrue();
    othersAnswer(true);
    guard.stalled(LONG_PAUSE);
    Future<Boolean> member = guard.membership();
    assertThat(member.isComplete()).isFalse();
    time.advance(100);
    assertThat(member.result()).isTrue();
  }

  @Test
  void anOutcastIsNotAMemberUntilItFindsTheOthers() {
    othersAnswer(false);
    guard.stalled(LONG_PAUSE);
    Future<Boolean> member = guard.membership();
    time.advance(100);
    assertThat(member.result()).isFalse();
    assertThat(guard.membership().result()).isFalse();
    othersAnswer(true);
    time.advance(10_000);
    assertThat(guard.membership().result()).isTrue();
  }

  @Test
  void aSessionThatAnotherShardHasAdoptedEnds() {
    directory.moveNow(session, OTHER);
    guard.adopted("s");
    time.advance(10);
    assertThat(host.fenced).containsExactly("s");
  }

  @Test
  void aSessionThatTheDirectoryListsHereStaysAlthoughAnotherShardSaysItHasAdoptedIt() {
    guard.adopted("s");
    guard.adopted("unknown");
    time.advance(60_000);
    assertThat(host.fenced).isEmpty();
    assertThat(directory.ownerOf("s")).isEqualTo(SELF);
  }

  @Test
  void theDirectoryIsAskedAgainForTheOwnerOfAnAdoptedSession() {
    directory.moveNow(session, OTHER);
    directory.failing = true;
    guard.adopted("s");
    time.advance(2_000);
    assertThat(host.fenced).isEmpty();
    directory.failing = false;
    time.advance(1_000);
    assertThat(host.fenced).containsExactly("s");
  }
}
