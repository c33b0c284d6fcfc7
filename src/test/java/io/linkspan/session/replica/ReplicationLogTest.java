package io.linkspan.session.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.testing.TestMemory;
import io.linkspan.wire.Change;
import io.linkspan.wire.Copy;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReplicationLogTest {

  private static final int MAX_CHANGES = 3;
  private static final List<Change> STATE = List.of(change("all"));

  private final ReplicationLog log =
      new ReplicationLog("owner", MAX_CHANGES, TestMemory.budget().newAccount());
  private final List<String> copied = new ArrayList<>();

  private static Change change(String session) {
    return Change.newBuilder().setSession(session).setDropped(true).build();
  }

  private void record(String session) {
    log.record(change(session));
    log.whenCopied(() -> copied.add(session));
  }

  private Copy poll() {
    return log.poll(() -> STATE);
  }

  private void answer(boolean confirmed) {
    log.answered(log.batch(), confirmed);
  }

  private static List<String> sessions(Copy copy) {
    return copy.getChangesList().stream().map(Change::getSession).toList();
  }

  /** Names a peer that has the state that the replica begins with. */
  private void begin(String peer) {
    log.follow(peer);
    poll();
    answer(true);
  }

  @Test
  void withoutAPeerNothingIsSentAndNothingWaits() {
    record("a");
    assertThat(copied).containsExactly("a");
    assertThat(log.isFollowed()).isFalse();
    assertThat(poll()).isNull();
  }

  @Test
  void theReplicaBeginsWithTheWholeState() {
    log.follow("peer");
    record("a");
    Copy first = poll();
    assertThat(first.getOwner()).isEqualTo("owner");
    assertThat(first.getAnew()).isTrue();
    assertThat(sessions(first)).containsExactly("all");
    assertThat(copied).isEmpty();
    answer(true);
    assertThat(copied).containsExactly("a");
    assertThat(poll()).isNull();
  }

  @Test
  void oneBatchIsInFlightAndLaterChangesAreTheNextOne() {
    begin("peer");
    record("a");
    record("b");
    Copy first = poll();
    assertThat(first.getAnew()).isFalse();
    assertThat(sessions(first)).containsExactly("a", "b");
    record("c");
    assertThat(poll()).isNull();
    answer(true);
    assertThat(copied).containsExactly("a", "b");
    assertThat(sessions(poll())).containsExactly("c");
    answer(true);
    assertThat(copied).containsExactly("a", "b", "c");
  }

  @Test
  void aBatchThatIsNotConfirmedIsFollowedByTheWholeState() {
    begin("peer");
    record("a");
    poll();
    record("b");
    answer(false);
    assertThat(copied).isEmpty();
    assertThat(poll().getAnew()).isTrue();
    answer(true);
    assertThat(copied).containsExactly("a", "b");
  }

  @Test
  void aNewPeerReceivesTheWholeStateAndTheAnswerOfTheFormerOneIsIgnored() {
    begin("former");
    record("a");
    poll();
    long formerBatch = log.batch();
    log.follow("next");
    assertThat(log.peer()).isEqualTo("next");
    Copy first = poll();
    assertThat(first.getAnew()).isTrue();
    log.answered(formerBatch, true);
    assertThat(copied).isEmpty();
    answer(true);
    assertThat(copied).containsExactly("a");
  }

  /** The answer belongs to a batch that the peer discarded with everything else. */
  @Test
  void anAnswerFromBeforeThePeerChangedTwiceConfirmsNothing() {
    begin("a");
    record("x");
    poll();
    long before = log.batch();
    log.follow("b");
    log.follow("a");
    record("y");
    assertThat(poll().getAnew()).isTrue();
    log.answered(before, true);
    assertThat(copied).isEmpty();
    assertThat(poll()).isNull();
    answer(true);
    assertThat(copied).containsExactly("x", "y");
  }

  @Test
  void withoutAPeerNothingWaitsAnyMore() {
    begin("peer");
    record("a");
    poll();
    log.follow(null);
    assertThat(copied).containsExactly("a");
    assertThat(poll()).isNull();
  }

  @Test
  void namingTheSamePeerAgainChangesNothing() {
    begin("peer");
    record("a");
    log.follow("peer");
    assertThat(poll().getAnew()).isFalse();
  }

  @Test
  void tooManyChangesBecomeTheWholeState() {
    begin("peer");
    for (int i = 0; i <= MAX_CHANGES; i++) {
      record("s" + i);
    }
    assertThat(poll().getAnew()).isTrue();
    answer(true);
    assertThat(copied).hasSize(MAX_CHANGES + 1);
  }

  @Test
  void anActionMayRecordAgain() {
    begin("peer");
    log.record(change("a"));
    log.whenCopied(() -> record("b"));
    poll();
    answer(true);
    assertThat(copied).isEmpty();
    assertThat(sessions(poll())).containsExactly("b");
    answer(true);
    assertThat(copied).containsExactly("b");
  }
}
