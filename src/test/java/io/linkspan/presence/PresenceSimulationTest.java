package io.linkspan.presence;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.presence.PresenceSimulation.Client;
import io.linkspan.presence.PresenceSimulation.SimulatedShard;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** The presence of simulated nodes. The repetition is the seed. */
class PresenceSimulationTest {

  private static final String ROOM = "room";

  private static Client watch(SimulatedShard shard, String session) {
    var client = new Client(session);
    shard.presence.watch(ROOM, client);
    return client;
  }

  @Test
  void aWatcherReceivesTheUsersOfAllNodesAndThenChanges() {
    var cluster = new PresenceSimulation(1, 3, 100);
    cluster.shards.get(0).join(ROOM, "a1", "alice");
    cluster.shards.get(1).join(ROOM, "b1", "bob");
    cluster.shards.get(1).join(ROOM, "a2", "alice");
    Client client = watch(cluster.shards.get(2), "w");
    cluster.time.advance(500);
    assertThat(client.view.users(ROOM)).containsExactlyInAnyOrder("alice", "bob");

    cluster.shards.get(2).join(ROOM, "c1", "carol");
    cluster.shards.get(0).leave(ROOM, "a1");
    cluster.shards.get(1).leave(ROOM, "b1");
    cluster.time.advance(3_000);

    assertThat(client.view.changes(ROOM)).containsExactly("+carol", "-bob");
    assertThat(client.view.snapshots(ROOM)).isEqualTo(1);
    assertThat(client.view.contradictions()).isEmpty();
  }

  @Test
  void anEmptyGroupHasAnEmptySnapshot() {
    var cluster = new PresenceSimulation(1, 2, 100);
    Client client = watch(cluster.shards.get(0), "w");
    cluster.time.advance(500);
    assertThat(client.view.users(ROOM)).isEmpty();
  }

  @Test
  void aClientThatConnectsAgainSoonDoesNotLeave() {
    var cluster = new PresenceSimulation(1, 2, 100);
    cluster.shards.get(0).join(ROOM, "a1", "alice");
    Client client = watch(cluster.shards.get(1), "w");
    cluster.time.advance(500);
    cluster.shards.get(0).leave(ROOM, "a1");
    cluster.time.advance(PresenceView.LEAVE_DELAY / 2);
    cluster.shards.get(1).join(ROOM, "a2", "alice");
    cluster.time.advance(10_000);
    assertThat(client.view.changes(ROOM)).isEmpty();
  }

  @Test
  void changesOfOneTurnAreOneMessage() {
    var cluster = new PresenceSimulation(1, 2, 100);
    Client client = watch(cluster.shards.get(1), "w");
    cluster.time.advance(500);
    int before = client.room;
    for (int i = 0; i < 50; i++) {
      cluster.shards.get(0).join(ROOM, "s" + i, "u" + i);
    }
    cluster.time.advance(500);
    assertThat(client.view.users(ROOM)).hasSize(50);
    assertThat(before - client.room).isEqualTo(1);
  }

  @Test
  void sessionsThatAreAdoptedAfterACrashDoNotLeaveAndOthersLeaveOnce() {
    for (long seed = 1; seed <= 50; seed++) {
      var cluster = new PresenceSimulation(seed, 3, 100);
      SimulatedShard lost = cluster.shards.get(0);
      lost.join(ROOM, "a1", "alice");
      cluster.shards.get(1).join(ROOM, "b1", "bob");
      Client client = watch(cluster.shards.get(2), "w");
      cluster.time.advance(500);

      lost.crash(cluster.shards.get(1), true);
      cluster.time.advance(20_000);
      assertThat(client.view.changes(ROOM)).as("adopted, seed %d", seed).isEmpty();

      cluster.shards.get(1).crash(cluster.shards.get(2), false);
      cluster.time.advance(20_000);
      assertThat(client.view.changes(ROOM))
          .as("not adopted, seed %d", seed)
          .containsExactlyInAnyOrder("-alice", "-bob");
    }
  }

  @Test
  void aGroupWithoutWatchersCostsNothingAfterAWhile() {
    var cluster = new PresenceSimulation(1, 2, 100);
    cluster.shards.get(0).join(ROOM, "a1", "alice");
    Client client = watch(cluster.shards.get(1), "w");
    cluster.time.advance(500);
    assertThat(cluster.shards.get(0).charged()).isPositive();
    assertThat(cluster.shards.get(1).charged()).isPositive();
    assertThat(cluster.shards.get(1).metrics.watches.sum()).isEqualTo(1);

    cluster.shards.get(1).presence.pause(ROOM, client.id());
    cluster.time.advance(PresenceViews.LINGER / 2);
    Client again = watch(cluster.shards.get(1), "again");
    cluster.time.advance(PresenceViews.LINGER);
    assertThat(again.view.users(ROOM)).containsExactly("alice");
    cluster.shards.get(1).presence.pause(ROOM, again.id());
    cluster.time.advance(2 * PresenceViews.LINGER);

    assertThat(cluster.shards.get(0).charged()).isZero();
    assertThat(cluster.shards.get(1).charged()).isZero();
    assertThat(cluster.shards.get(1).metrics.watches.sum()).isZero();
    double updates = cluster.shards.get(0).metrics.updates.count();
    cluster.shards.get(0).join(ROOM, "b1", "bob");
    cluster.time.advance(60_000);
    assertThat(cluster.shards.get(0).metrics.updates.count()).isEqualTo(updates);
  }

  @Test
  void aGroupThatIsNotWatchedAnyMoreIsForgottenAtOnce() {
    var cluster = new PresenceSimulation(1, 2, 100);
    cluster.shards.get(0).join(ROOM, "a1", "alice");
    for (int i = 0; i < 3; i++) {
      Client client = watch(cluster.shards.get(1), "w");
      cluster.time.advance(500);
      assertThat(client.view.users(ROOM)).containsExactly("alice");
      cluster.shards.get(1).presence.unwatch(ROOM, client.id());
      cluster.time.advance(500);
      assertThat(cluster.shards.get(0).charged()).isZero();
      assertThat(cluster.shards.get(1).charged()).isZero();
    }
  }

  @Test
  void aGroupThatIsTooLargeSaysSoAndItsUsersFollowWhenItHasShrunk() {
    var cluster = new PresenceSimulation(1, 2, 20);
    for (int i = 0; i < 12; i++) {
      cluster.shards.get(0).join(ROOM, "s" + i, "u" + i);
    }
    Client client = watch(cluster.shards.get(1), "w");
    cluster.time.advance(500);
    assertThat(client.view.users(ROOM)).hasSize(12);

    for (int i = 20; i < 32; i++) {
      cluster.shards.get(1).join(ROOM, "s" + i, "u" + i);
    }
    cluster.time.advance(500);
    assertThat(client.view.isTooLarge(ROOM)).isTrue();
    Client later = watch(cluster.shards.get(0), "later");
    cluster.time.advance(500);
    assertThat(later.view.isTooLarge(ROOM)).isTrue();
    assertThat(later.view.snapshots(ROOM)).isZero();

    for (int i = 0; i < 5; i++) {
      cluster.shards.get(0).leave(ROOM, "s" + i);
    }
    cluster.time.advance(2_000);
    assertThat(client.view.isTooLarge(ROOM)).as("19 users").isTrue();
    cluster.shards.get(0).leave(ROOM, "s5");
    cluster.time.advance(2_000);

    assertThat(client.view.users(ROOM)).isEqualTo(cluster.users(ROOM));
    assertThat(later.view.users(ROOM)).isEqualTo(cluster.users(ROOM));
    assertThat(client.view.contradictions()).isEmpty();
  }

  @Test
  void oneShardWithTooManyUsersSendsNoneOfThem() {
    var cluster = new PresenceSimulation(1, 2, 20);
    for (int i = 0; i < 1_000; i++) {
      cluster.shards.get(0).join(ROOM, "s" + i, "u" + i);
    }
    Client client = watch(cluster.shards.get(1), "w");
    cluster.time.advance(500);
    assertThat(client.view.isTooLarge(ROOM)).isTrue();
    assertThat(cluster.shards.get(1).charged()).as("no users").isLessThan(2_000);

    for (int i = 10; i < 1_000; i++) {
      cluster.shards.get(0).leave(ROOM, "s" + i);
    }
    cluster.time.advance(5_000);
    assertThat(client.view.users(ROOM)).hasSize(10);
    assertThat(client.view.contradictions()).isEmpty();
  }

  @Test
  void aLargeGroupArrivesInParts() {
    var cluster = new PresenceSimulation(1, 2, 10_000);
    for (int i = 0; i < 10_000; i++) {
      cluster.shards.get(0).join(ROOM, "s" + i, "user-" + i);
    }
    Client client = watch(cluster.shards.get(1), "w");
    cluster.time.advance(1_000);
    assertThat(client.view.users(ROOM)).hasSize(10_000);
    assertThat(client.view.contradictions()).isEmpty();
  }

  @Test
  void aClientWithoutRoomIsSentAllUsersWhenItHasRoom() {
    var cluster = new PresenceSimulation(1, 2, 10_000);
    for (int i = 0; i < 5_000; i++) {
      cluster.shards.get(0).join(ROOM, "s" + i, "user-" + i);
    }
    var client = new Client("w");
    client.room = 2;
    cluster.shards.get(1).presence.watch(ROOM, client);
    cluster.time.advance(5_000);
    assertThat(client.view.users(ROOM)).isNull();
    cluster.shards.get(0).leave(ROOM, "s0");
    cluster.time.advance(5_000);

    client.room = 100;
    cluster.time.advance(5_000);

    assertThat(client.view.users(ROOM)).hasSize(4_999);
    assertThat(client.view.changes(ROOM)).isEmpty();
  }

  @Test
  void aClientThatHasNotAcknowledgedAChangeIsSentAllUsers() {
    var cluster = new PresenceSimulation(1, 2, 100);
    Client client = watch(cluster.shards.get(0), "w");
    cluster.time.advance(500);
    cluster.shards.get(1).join(ROOM, "a1", "alice");
    cluster.time.advance(500);
    client.lost.run();
    cluster.time.advance(500);
    assertThat(client.view.snapshots(ROOM)).isEqualTo(2);
    assertThat(client.view.users(ROOM)).containsExactly("alice");

    Runnable lost = client.lost;
    cluster.shards.get(0).presence.unwatch(ROOM, client.id());
    lost.run();
    cluster.time.advance(500);
    assertThat(client.view.snapshots(ROOM)).isEqualTo(2);
  }

  @Test
  void aShardThatHasForgottenItsWatchersIsAskedAgain() {
    var cluster = new PresenceSimulation(1, 2, 100);
    Client client = watch(cluster.shards.get(0), "w");
    cluster.time.advance(500);
    // The other node saw this one leave and join again.
    cluster.shards.get(1).presence.left(cluster.shards.get(0).id);
    cluster.shards.get(1).join(ROOM, "a1", "alice");
    cluster.time.advance(2 * PresenceViews.CHECK);
    assertThat(client.view.users(ROOM)).containsExactly("alice");
  }

  @Test
  void bothSidesOfAPartitionAgreeAfterIt() {
    var cluster = new PresenceSimulation(1, 2, 100);
    SimulatedShard one = cluster.shards.get(0);
    SimulatedShard two = cluster.shards.get(1);
    one.join(ROOM, "a1", "alice");
    two.join(ROOM, "b1", "bob");
    Client first = watch(one, "first");
    Client second = watch(two, "second");
    cluster.time.advance(500);
    one.presence.left(one.nodes.remove(two.id).id());
    two.presence.left(two.nodes.remove(one.id).id());
    cluster.time.advance(20_000);
    assertThat(first.view.users(ROOM)).containsExactly("alice");
    assertThat(second.view.users(ROOM)).containsExactly("bob");

    one.join(ROOM, "c1", "carol");
    two.leave(ROOM, "b1");
    two.join(ROOM, "d1", "dave");
    one.presence.joined(one.nodes.add(two.id));
    two.presence.joined(two.nodes.add(one.id));
    one.presence.merged();
    two.presence.merged();
    cluster.time.advance(20_000);

    assertThat(first.view.users(ROOM)).containsExactlyInAnyOrder("alice", "carol", "dave");
    assertThat(second.view.users(ROOM)).isEqualTo(first.view.users(ROOM));
    assertThat(first.view.contradictions()).isEmpty();
    assertThat(second.view.contradictions()).isEmpty();
  }

  /** Users come, go and move, nodes start and crash, and calls are lost. */
  @RepeatedTest(150)
  void everyWatcherHasAllUsersInTheEnd(RepetitionInfo seed) {
    run(seed.getCurrentRepetition(), 0.2);
  }

  /** As above without loss: users who have a session at any time do not leave. */
  @RepeatedTest(75)
  void usersWithASessionNeverLeave(RepetitionInfo seed) {
    List<Client> clients = run(1_000 + seed.getCurrentRepetition(), 0);
    for (Client client : clients) {
      assertThat(client.view.changes(ROOM)).doesNotContain("-steady");
    }
  }

  private static List<Client> run(long seed, double loss) {
    var cluster = new PresenceSimulation(seed, 3, 30);
    Random random = cluster.random;
    cluster.bus.loss = loss;
    List<Client> clients = new ArrayList<>();
    List<SimulatedShard> places = new ArrayList<>();
    SimulatedShard steady = cluster.shards.get(0);
    steady.join(ROOM, "steady-1", "steady");
    for (int step = 0; step < 150; step++) {
      List<SimulatedShard> up = cluster.shards.stream().filter(shard -> !shard.crashed).toList();
      SimulatedShard shard = up.get(random.nextInt(up.size()));
      String session = "s" + random.nextInt(60);
      switch (random.nextInt(12)) {
        case 0, 1, 2, 3 -> shard.join(ROOM, session, "u" + session.hashCode() % 40);
        case 4, 5, 6 -> shard.leave(ROOM, session);
        case 7 -> {
          SimulatedShard to = up.get(random.nextInt(up.size()));
          if (to != steady) {
            steady.move(ROOM, "steady-1", to);
            steady = to;
            cluster.time.advance(50);
          }
        }
        case 8 -> {
          clients.add(watch(shard, "w" + step));
          places.add(shard);
        }
        case 9 -> {
          if (!clients.isEmpty()) {
            int which = random.nextInt(clients.size());
            places.get(which).presence.unwatch(ROOM, clients.get(which).id());
            places.remove(which);
            clients.remove(which);
          }
        }
        case 10 -> {
          if (up.size() > 2 && random.nextInt(4) == 0) {
            SimulatedShard heir = up.get((up.indexOf(shard) + 1) % up.size());
            boolean replicated = shard == steady || random.nextBoolean();
            shard.crash(heir, replicated);
            if (shard == steady) {
              steady = heir;
            }
            cluster.time.advance(5_000);
          }
        }
        default -> {
          if (cluster.shards.size() < 6 && random.nextInt(4) == 0) {
            cluster.start();
          }
        }
      }
      cluster.time.advance(random.nextInt(400));
    }
    cluster.bus.loss = 0;
    cluster.time.advance(120_000);
    Set<String> expected = new TreeSet<>(cluster.users(ROOM));
    List<Client> alive = new ArrayList<>();
    for (int i = 0; i < clients.size(); i++) {
      if (places.get(i).crashed) {
        continue;
      }
      Client client = clients.get(i);
      alive.add(client);
      assertThat(client.view.contradictions()).as("seed %d", seed).isEmpty();
      if (expected.size() <= 27) {
        assertThat(client.view.users(ROOM)).as("seed %d", seed).isEqualTo(expected);
      }
    }
    return alive;
  }
}
