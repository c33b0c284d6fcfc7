package io.linkspan.presence;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.presence.PresenceView.Change;
import io.linkspan.presence.PresenceView.State;
import io.linkspan.wire.GroupUpdate;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PresenceViewTest {

  private static final long START = 1_000;
  private static final long LATER = START + PresenceView.LEAVE_DELAY;

  private final PresenceView view = new PresenceView(new PresenceConfig(1, 10));

  @BeforeEach
  void addShards() {
    view.add("one");
    view.add("two");
  }

  private void all(String shard, String... users) {
    view.update(
        shard,
        GroupUpdate.newBuilder().setBegin(true).setEnd(true).addAllJoined(List.of(users)).build(),
        START);
  }

  private void joined(String shard, String user) {
    view.update(shard, GroupUpdate.newBuilder().addJoined(user).build(), START);
  }

  private void left(String shard, String user) {
    view.update(shard, GroupUpdate.newBuilder().addLeft(user).build(), START);
  }

  private void begin() {
    all("one", "alice");
    all("two", "alice", "bob");
    assertThat(view.poll(START)).isNull();
    assertThat(view.state()).isEqualTo(State.PRESENT);
  }

  @Test
  void usersAreIncompleteUntilEachShardHasSentAll() {
    all("one", "alice");
    view.update("two", GroupUpdate.newBuilder().setBegin(true).addJoined("bob").build(), START);
    assertThat(view.poll(START)).isNull();
    assertThat(view.state()).isEqualTo(State.GATHERING);
    view.update("two", GroupUpdate.newBuilder().setEnd(true).build(), START);
    assertThat(view.poll(START)).isNull();
    assertThat(view.state()).isEqualTo(State.PRESENT);
    assertThat(view.users()).containsExactlyInAnyOrder("alice", "bob");
  }

  @Test
  void aShardThatHasEndedIsNotWaitedFor() {
    all("one", "alice");
    view.absent("two");
    view.poll(START);
    assertThat(view.state()).isEqualTo(State.PRESENT);
  }

  @Test
  void aUserLeavesWithItsLastShard() {
    begin();
    left("one", "alice");
    assertThat(view.poll(LATER)).isNull();
    left("two", "alice");
    assertThat(view.poll(START)).isNull();
    assertThat(view.nextDeadline()).isEqualTo(LATER);
    assertThat(view.poll(LATER - 1)).isNull();
    assertThat(view.poll(LATER)).isEqualTo(new Change(List.of(), List.of("alice")));
    assertThat(view.nextDeadline()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void aUserWhoJoinsAgainInTimeHasNotLeft() {
    begin();
    left("two", "bob");
    joined("one", "bob");
    assertThat(view.poll(LATER)).isNull();
    assertThat(view.users()).contains("bob");
  }

  @Test
  void aUserWhoLeavesBeforeItWasAnnouncedWasNeverThere() {
    begin();
    joined("one", "carol");
    left("one", "carol");
    assertThat(view.poll(LATER)).isNull();
  }

  @Test
  void aNewListOfAShardIsComparedWithTheFormerOne() {
    begin();
    view.update("two", GroupUpdate.newBuilder().setBegin(true).addJoined("carol").build(), START);
    assertThat(view.poll(START)).isEqualTo(new Change(List.of("carol"), List.of()));
    view.update("two", GroupUpdate.newBuilder().addLeft("carol").build(), START);
    view.update("two", GroupUpdate.newBuilder().setEnd(true).addJoined("dave").build(), START);
    assertThat(view.poll(LATER)).isEqualTo(new Change(List.of("dave"), List.of("carol", "bob")));
    assertThat(view.users()).containsExactlyInAnyOrder("alice", "dave");
  }

  @Test
  void theUsersOfARemovedShardLeaveUnlessAnotherHasThem() {
    begin();
    view.remove("two", START);
    assertThat(view.poll(LATER)).isEqualTo(new Change(List.of(), List.of("bob")));
    all("two", "eve");
    assertThat(view.poll(LATER)).as("update of a removed shard").isNull();
  }

  @Test
  void aGroupThatIsTooLargeHasNoChangesAndBeginsAnewWhenItHasShrunk() {
    begin();
    for (int i = 0; i < 9; i++) {
      joined("one", "u" + i);
    }
    assertThat(view.poll(START)).isNull();
    assertThat(view.state()).isEqualTo(State.TOO_LARGE);
    left("one", "u0");
    view.poll(START);
    assertThat(view.state()).as("10 users").isEqualTo(State.TOO_LARGE);
    left("one", "u1");
    assertThat(view.poll(START)).isNull();
    assertThat(view.state()).isEqualTo(State.PRESENT);
    assertThat(view.users()).hasSize(9).doesNotContain("u0", "u1");
  }

  @Test
  void aShardWithTooManyUsersMakesTheGroupTooLargeUntilItHasSentAll() {
    begin();
    view.update("two", GroupUpdate.newBuilder().setTooLarge(true).build(), START);
    view.poll(START);
    assertThat(view.state()).isEqualTo(State.TOO_LARGE);
    view.update("two", GroupUpdate.newBuilder().setBegin(true).addJoined("bob").build(), START);
    view.poll(START);
    assertThat(view.state()).isEqualTo(State.GATHERING);
    view.update("two", GroupUpdate.newBuilder().setEnd(true).build(), START);
    view.poll(START);
    assertThat(view.users()).containsExactlyInAnyOrder("alice", "bob");
  }
}
