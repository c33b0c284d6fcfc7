package io.linkspan.session.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Message;
import io.linkspan.memory.MemoryAccount;
import io.linkspan.memory.MemoryBudget;
import io.linkspan.testing.TestMemory;
import io.linkspan.testing.VirtualTime;
import io.linkspan.wire.Attempts;
import io.linkspan.wire.Change;
import io.linkspan.wire.Copy;
import io.linkspan.wire.GroupPosition;
import io.linkspan.wire.Pending;
import io.linkspan.wire.SessionState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class ReplicaStoreTest {

  private final MemoryBudget budget = TestMemory.budget();
  private final MemoryAccount memory = budget.newAccount();
  private final ReplicaStore store = new ReplicaStore(memory);

  private static Change.Builder change(String session) {
    return Change.newBuilder().setSession(session);
  }

  private static Change put(String session) {
    return change(session)
        .setPut(SessionState.newBuilder().setSession(session).setUser("user"))
        .build();
  }

  private static Pending pending(long number) {
    return Pending.newBuilder()
        .setNumber(number)
        .setMessage(Message.newBuilder().setEventId("e" + number))
        .build();
  }

  private static Change added(String session, long number) {
    return change(session).setNumber(number).setAdded(pending(number)).build();
  }

  private void apply(String owner, boolean anew, Change... changes) {
    store.apply(
        Copy.newBuilder().setOwner(owner).setAnew(anew).addAllChanges(List.of(changes)).build());
  }

  private static List<Long> numbers(SessionState state) {
    return state.getPendingList().stream().map(Pending::getNumber).toList();
  }

  @Test
  void theChangesOfASessionAreItsState() {
    apply("o", true, put("s"));
    apply(
        "o",
        false,
        added("s", 1),
        added("s", 2),
        added("s", 3),
        change("s").setRemoved(2).build(),
        change("s").setAttempted(Attempts.newBuilder().setNumber(3).setFailed(4)).build(),
        change("s").setJoined("g1").build(),
        change("s").setJoined("g2").build(),
        change("s").setPlaced(placed("g1", 3)).build(),
        change("s").setPlaced(placed("g2", 4)).build(),
        change("s").setPlaced(placed("g2", 5)).build(),
        change("s").setPlaced(placed("g3", 1)).build(),
        change("s").setLeft("g1").build(),
        change("s").setUnwatched("w1").build(),
        change("s").setWatched("w1").build(),
        change("s").setWatched("w2").build(),
        change("s").setWatched("w2").build(),
        change("s").setUnwatched("w1").build(),
        change("s").setAnchor("offset").build(),
        change("s").setAway(true).build());
    SessionState state = store.take("o", "s");
    assertThat(state.getUser()).isEqualTo("user");
    assertThat(numbers(state)).containsExactly(1L, 3L);
    assertThat(state.getPending(1).getAttempts()).isEqualTo(4);
    assertThat(state.getGroupsList()).containsExactly("g2");
    assertThat(state.getWatchedList()).containsExactly("w2");
    assertThat(state.getPositionsList()).containsExactly(placed("g2", 5));
    assertThat(state.getAnchor()).isEqualTo("offset");
    assertThat(state.getAway()).isTrue();
  }

  private static GroupPosition placed(String group, long offset) {
    return GroupPosition.newBuilder().setGroup(group).setEpoch(7).setOffset(offset).build();
  }

  @Test
  void thePositionsOfAWholeStateAreKept() {
    SessionState put =
        SessionState.newBuilder()
            .setSession("s")
            .addGroups("g1")
            .addGroups("g2")
            .addPositions(placed("g2", 5))
            .build();
    apply("o", true, change("s").setPut(put).build());
    assertThat(store.take("o", "s")).isEqualTo(put);
  }

  @Test
  void whatIsPendingMayHaveBeenWritten() {
    apply("o", true, put("s"), added("s", 1));
    assertThat(store.take("o", "s").getPending(0).getWritten()).isTrue();
  }

  @Test
  void aSessionThatWasTakenIsGone() {
    apply("o", true, put("s"), put("t"));
    assertThat(store.take("o", "s")).isNotNull();
    assertThat(store.take("o", "s")).isNull();
    assertThat(store.take("other", "t")).isNull();
    assertThat(store.size()).isEqualTo(1);
  }

  @Test
  void changesOfAnUnknownOrDroppedSessionAreIgnored() {
    apply("o", true, added("s", 1), put("t"), change("t").setDropped(true).build(), added("t", 1));
    assertThat(store.size()).isZero();
    assertThat(store.owners(owner -> true)).isEmpty();
  }

  @Test
  void aReplicaThatBeginsAnewForgetsTheFormerOneOfThisOwnerOnly() {
    apply("o", true, put("s"), put("t"));
    apply("p", true, put("u"));
    apply("o", true, put("t"));
    assertThat(store.size()).isEqualTo(2);
    assertThat(store.owners(owner -> owner.equals("p"))).containsExactly("p");
    assertThat(store.takeAll("o")).extracting(SessionState::getSession).containsExactly("t");
    assertThat(store.takeAll("o")).isEmpty();
  }

  @Test
  void aChangeOfAnotherVersionIsIgnored() {
    apply("o", true, put("s"), change("s").build());
    assertThat(numbers(store.take("o", "s"))).isEmpty();
  }

  // --------------------------------------------------- log and store, over a bad channel

  /** An owner's sessions, their log, and the stores of two shards that may hold the replica. */
  private static final class Replication {
    final Random random;
    final VirtualTime time = new VirtualTime();
    final ReplicationLog log = new ReplicationLog("o", 20, TestMemory.budget().newAccount());
    final Map<String, SessionState.Builder> sessions = new LinkedHashMap<>();
    final Map<String, ReplicaStore> stores = new HashMap<>();
    final Set<Long> confirmed = new LinkedHashSet<>();
    double loss;
    long lastNumber;
    long lastArrival;

    Replication(long seed) {
      random = new Random(seed);
      loss = random.nextDouble() * 0.6;
      stores.put("a", new ReplicaStore(TestMemory.budget().newAccount()));
      stores.put("b", new ReplicaStore(TestMemory.budget().newAccount()));
    }

    void follow(String peer) {
      String before = log.peer();
      log.follow(peer);
      if (before != null && !before.equals(peer)) {
        deliver(before, Copy.newBuilder().setOwner("o").setAnew(true).build(), () -> {});
      }
    }

    /** Copies arrive in their order; the confirmation, or the batch with it, may be lost. */
    void send() {
      String peer = log.peer();
      Copy copy = log.poll(this::all);
      if (copy == null) {
        return;
      }
      long batch = log.batch();
      time.schedule(100, () -> log.answered(batch, false));
      if (random.nextDouble() >= loss) {
        boolean answerArrives = random.nextDouble() >= loss;
        deliver(
            peer,
            copy,
            () -> {
              if (answerArrives) {
                time.schedule(1 + random.nextInt(20), () -> log.answered(batch, true));
              }
            });
      }
    }

    private void deliver(String peer, Copy copy, Runnable arrived) {
      lastArrival = Math.max(lastArrival, time.now() + random.nextInt(20));
      time.schedule(
          lastArrival - time.now(),
          () -> {
            stores.get(peer).apply(copy);
            arrived.run();
          });
    }

    private List<Change> all() {
      return sessions.values().stream()
          .map(state -> change(state.getSession()).setPut(state.build()).build())
          .toList();
    }

    void changeSomething() {
      String session = "s" + random.nextInt(5);
      SessionState.Builder state = sessions.get(session);
      if (state == null) {
        sessions.put(session, SessionState.newBuilder().setSession(session).setSecret("secret"));
        log.record(change(session).setPut(sessions.get(session).build()).build());
        return;
      }
      switch (random.nextInt(9)) {
        case 0 -> {
          sessions.remove(session);
          log.record(change(session).setDropped(true).build());
        }
        case 1 -> {
          String group = "g" + random.nextInt(3);
          if (!state.getGroupsList().contains(group)) {
            state.addGroups(group);
            log.record(change(session).setJoined(group).build());
          }
        }
        case 2 -> {
          if (state.getGroupsCount() > 0) {
            List<String> groups = new ArrayList<>(state.getGroupsList());
            String group = groups.remove(random.nextInt(groups.size()));
            state.clearGroups().addAllGroups(groups);
            log.record(change(session).setLeft(group).build());
          }
        }
        case 3 -> {
          String group = "g" + random.nextInt(3);
          List<String> watched = new ArrayList<>(state.getWatchedList());
          if (watched.remove(group)) {
            log.record(change(session).setUnwatched(group).build());
          } else {
            watched.add(group);
            log.record(change(session).setWatched(group).build());
          }
          state.clearWatched().addAllWatched(watched);
        }
        case 4 -> {
          state.setAnchor("offset" + random.nextInt());
          log.record(change(session).setAnchor(state.getAnchor()).build());
        }
        case 5 -> {
          state.setAway(true);
          log.record(change(session).setAway(true).build());
        }
        case 6 -> {
          if (state.getPendingCount() > 0) {
            int index = random.nextInt(state.getPendingCount());
            long number = state.getPending(index).getNumber();
            state.removePending(index);
            log.record(change(session).setRemoved(number).build());
          }
        }
        default -> add(session, state);
      }
    }

    private void add(String session, SessionState.Builder state) {
      long number = ++lastNumber;
      state.addPending(pending(number));
      log.record(added(session, number));
      log.whenCopied(
          () -> {
            confirmed.add(number);
            assertIsReplicated(session, number);
          });
    }

    /** Confirmed deliveries are replicated, unless they have ended since. */
    private void assertIsReplicated(String session, long number) {
      SessionState.Builder state = sessions.get(session);
      if (log.peer() != null && state != null && numbers(state.build()).contains(number)) {
        assertThat(replicaAt(log.peer()).get(session))
            .as("replica of %s with %s", session, number)
            .satisfies(replica -> assertThat(numbers(replica)).contains(number));
      }
    }

    /** Reads a store, which hands out what it has, and fills it again. */
    Map<String, SessionState> replicaAt(String peer) {
      Map<String, SessionState> all = new HashMap<>();
      Copy.Builder again = Copy.newBuilder().setOwner("o").setAnew(true);
      for (SessionState state : stores.get(peer).takeAll("o")) {
        all.put(state.getSession(), state);
        again.addChanges(change(state.getSession()).setPut(state));
      }
      stores.get(peer).apply(again.build());
      return all;
    }

    Map<String, SessionState> owned() {
      Map<String, SessionState> all = new HashMap<>();
      sessions.forEach(
          (session, state) -> {
            SessionState.Builder written = state.build().toBuilder();
            written.getPendingBuilderList().forEach(pending -> pending.setWritten(true));
            all.put(session, written.build());
          });
      return all;
    }
  }

  @RepeatedTest(100)
  void whatIsConfirmedIsInTheReplicaAndInTheEndTheReplicaIsTheState(RepetitionInfo seed) {
    var replication = new Replication(seed.getCurrentRepetition());
    Random random = replication.random;
    replication.follow("a");
    for (int step = 0; step < 600; step++) {
      if (random.nextInt(40) == 0) {
        replication.follow(List.of("a", "b", "a").get(random.nextInt(3)));
      } else {
        replication.changeSomething();
      }
      replication.send();
      replication.time.advance(random.nextInt(25));
    }
    replication.loss = 0;
    for (int i = 0; i < 5; i++) {
      replication.send();
      replication.time.advance(200);
    }
    assertThat(replication.confirmed).hasSize((int) replication.lastNumber);
    String peer = replication.log.peer();
    assertThat(replication.replicaAt(peer)).isEqualTo(replication.owned());
    assertThat(replication.replicaAt(peer.equals("a") ? "b" : "a")).isEmpty();
  }
}
