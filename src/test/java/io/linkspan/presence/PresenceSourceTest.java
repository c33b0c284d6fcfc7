package io.linkspan.presence;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.directory.ShardAddress;
import io.linkspan.memory.MemoryAccount;
import io.linkspan.memory.MemoryUse;
import io.linkspan.testing.SimulatedBus;
import io.linkspan.testing.SimulatedNodes;
import io.linkspan.testing.TestMemory;
import io.linkspan.testing.VirtualTime;
import io.linkspan.wire.GroupUpdate;
import io.linkspan.wire.PresenceUpdate;
import io.linkspan.wire.PresenceWatch;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PresenceSourceTest {

  private static final String SHARD = ShardAddress.of("a", 0);
  private static final String WATCHER = ShardAddress.of("b", 0);

  private final VirtualTime time = new VirtualTime();
  private final SimulatedBus bus = new SimulatedBus(time, 1);
  private final SimulatedNodes nodes = new SimulatedNodes(6_000, "a", "b");
  private final MemoryAccount memory = TestMemory.budget().newAccount();
  private final List<PresenceUpdate> updates = new ArrayList<>();
  private final List<String> members = new ArrayList<>(List.of("alice", "bob", "alice"));
  private boolean taken = true;
  private long number;
  private final PresenceSource source =
      new PresenceSource(
          new PresenceParts(
              bus.from(SHARD),
              time,
              nodes,
              SHARD,
              new PresenceConfig(10, 5_000),
              memory,
              new PresenceMetrics(new SimpleMeterRegistry())),
          () -> ++number,
          (group, action) -> members.forEach(action));

  PresenceSourceTest() {
    bus.answer(
        WATCHER,
        call -> {
          updates.add(call.getPresenceUpdate());
          return SimulatedBus.reply(taken);
        });
  }

  private static PresenceWatch.Builder watch(long number, String... groups) {
    long digest = 0;
    for (String group : groups) {
      digest += group.hashCode();
    }
    return PresenceWatch.newBuilder()
        .setWatcher(WATCHER)
        .setNumber(number)
        .setCount(groups.length)
        .setDigest(digest);
  }

  private List<GroupUpdate> received() {
    time.advance(1_000);
    List<GroupUpdate> all =
        updates.stream().flatMap(update -> update.getGroupsList().stream()).toList();
    updates.clear();
    return all;
  }

  @Test
  void allUsersAreSentAndThenThoseWhoComeAndGo() {
    assertThat(source.watch(watch(1, "g").addAdded("g").build())).isTrue();
    assertThat(received())
        .singleElement()
        .satisfies(
            update -> {
              assertThat(update.getBegin()).isTrue();
              assertThat(update.getEnd()).isTrue();
              assertThat(update.getJoinedList()).containsExactlyInAnyOrder("alice", "bob");
            });
    source.removed("g", "alice");
    source.added("g", "carol");
    source.removed("g", "bob");
    source.added("other", "dave");
    assertThat(received())
        .containsExactly(
            GroupUpdate.newBuilder().setGroup("g").addJoined("carol").addLeft("bob").build());
  }

  @Test
  void usersThatWereNotTakenAreSentAgainWithAllOthers() {
    source.watch(watch(1, "g").addAdded("g").build());
    received();
    taken = false;
    source.removed("g", "bob");
    time.advance(20);
    taken = true;
    updates.clear();
    assertThat(source.isSettled(WATCHER)).isFalse();
    assertThat(received())
        .containsExactly(
            GroupUpdate.newBuilder()
                .setGroup("g")
                .setBegin(true)
                .setEnd(true)
                .addJoined("alice")
                .build());
    assertThat(source.isSettled(WATCHER)).isTrue();
  }

  @Test
  void manyUsersArriveInSeveralUpdates() {
    for (int i = 0; i < 4_000; i++) {
      members.add("a user with a name of some length " + i);
    }
    source.watch(watch(1, "g").addAdded("g").build());
    List<GroupUpdate> all = received();
    assertThat(all).hasSizeGreaterThan(1);
    assertThat(all).allMatch(update -> update.getSerializedSize() < 2 * WatchingShard.MAX_BYTES);
    assertThat(all.stream().mapToInt(GroupUpdate::getJoinedCount).sum()).isEqualTo(4_002);
    assertThat(all.get(all.size() - 1).getEnd()).isTrue();
  }

  @Test
  void aLateCallIsRefused() {
    assertThat(source.watch(watch(2, "g").addAdded("g").build())).isTrue();
    assertThat(source.watch(watch(1, "h").addAdded("h").build())).isFalse();
    assertThat(source.watchedGroups()).isEqualTo(1);
  }

  @Test
  void aShardThatHasOtherGroupsThanItShouldSaysSo() {
    assertThat(source.watch(watch(1, "g").build())).isFalse();
    assertThat(source.watch(watch(2, "g").setAll(true).addAdded("g").build())).isTrue();
    assertThat(source.watch(watch(3, "g").build())).isTrue();
    assertThat(source.watch(watch(4, "h").setAll(true).addAdded("h").build())).isTrue();
    assertThat(source.watch(watch(5).addRemoved("h").build())).isTrue();
    assertThat(source.watchedGroups()).isZero();
    assertThat(memory.charged(MemoryUse.GROUPS)).isZero();
  }

  @Test
  void aNodeThatHasLeftDoesNotWatch() {
    source.watch(watch(1, "g").addAdded("g").build());
    nodes.remove("b");
    source.left("b");
    assertThat(source.watchedGroups()).isZero();
    assertThat(source.watch(watch(2, "g").addAdded("g").build())).isFalse();
    assertThat(source.watchedGroups()).isZero();
  }
}
