package io.linkspan.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import io.linkspan.delivery.GroupRequests;
import io.linkspan.session.SimulatedCluster.Client;
import io.linkspan.session.SimulatedCluster.NodeProcess;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** Presence of groups with real sessions in a simulated cluster. The repetition is the seed. */
class PresenceOfSessionsTest {

  private static final String ROOM = "room";

  private final List<String> outcomes = new ArrayList<>();

  private static Message request(String type, String body) {
    return Message.newBuilder().setType(type).setBody(body).build();
  }

  private static Message joinAndWatch(String group) {
    return request(GroupRequests.JOIN, group).toBuilder()
        .putHeaders(Headers.PRESENCE, "true")
        .build();
  }

  private Client member(SimulatedCluster cluster, String user) {
    Client client = cluster.new Client(user);
    client.groups = List.of(ROOM);
    client.connect();
    return client;
  }

  private Client watcher(SimulatedCluster cluster, String user) {
    Client client = cluster.new Client(user);
    client.connect();
    cluster.time.advance(1_000);
    client.send(request(GroupRequests.WATCH, ROOM), outcomes);
    cluster.time.advance(1_000);
    return client;
  }

  @Test
  void aClientWatchesTheGroupThatItJoins() {
    var cluster = new SimulatedCluster(1, 0, 3);
    member(cluster, "alice");
    Client bob = cluster.new Client("bob");
    bob.connect();
    cluster.time.advance(1_000);
    bob.send(joinAndWatch(ROOM), outcomes);
    cluster.time.advance(1_000);
    assertThat(outcomes).containsExactly("accepted");
    assertThat(bob.watching.users(ROOM)).containsExactlyInAnyOrder("alice", "bob");

    member(cluster, "carol");
    cluster.time.advance(1_000);
    assertThat(bob.watching.changes(ROOM)).containsExactly("+carol");

    bob.send(request(GroupRequests.LEAVE, ROOM), outcomes);
    cluster.time.advance(5_000);
    member(cluster, "dave");
    cluster.time.advance(5_000);
    assertThat(bob.watching.changes(ROOM)).containsExactly("+carol");
  }

  @Test
  void aWatcherNeedNotBeAMemberAndMayStop() {
    var cluster = new SimulatedCluster(1, 0, 3);
    Client watcher = watcher(cluster, "watcher");
    assertThat(watcher.watching.users(ROOM)).isEmpty();
    watcher.send(request(GroupRequests.UNWATCH, ROOM), outcomes);
    cluster.time.advance(1_000);
    member(cluster, "alice");
    cluster.time.advance(5_000);
    assertThat(watcher.watching.changes(ROOM)).isEmpty();
    assertThat(outcomes).containsExactly("accepted", "accepted");
  }

  @Test
  void aSessionWatchesABoundedNumberOfGroups() {
    var cluster = new SimulatedCluster(1, 0, 1);
    Client client = cluster.new Client("alice");
    client.connect();
    cluster.time.advance(1_000);
    for (int i = 0; i < SimulatedCluster.MAX_WATCHES; i++) {
      client.send(request(GroupRequests.WATCH, "g" + i), outcomes);
    }
    client.send(request(GroupRequests.WATCH, "g0"), outcomes);
    client.send(request(GroupRequests.WATCH, "more"), outcomes);
    client.send(joinAndWatch("more"), outcomes);
    client.send(request(GroupRequests.UNWATCH, "g0"), outcomes);
    client.send(request(GroupRequests.WATCH, "more"), outcomes);
    cluster.time.advance(1_000);
    assertThat(outcomes.subList(SimulatedCluster.MAX_WATCHES, outcomes.size()))
        .containsExactly("accepted", "forbidden", "forbidden", "accepted", "accepted");
  }

  @Test
  void aSessionThatIsAwayIsPresentUntilItEnds() {
    var cluster = new SimulatedCluster(1, 0, 3);
    Client alice = member(cluster, "alice");
    Client watcher = watcher(cluster, "watcher");
    alice.stop();
    alice.loseLink();
    cluster.time.advance(60_000);
    assertThat(watcher.watching.changes(ROOM)).isEmpty();
    cluster.time.advance(120_000);
    assertThat(watcher.watching.changes(ROOM)).containsExactly("-alice");
  }

  @Test
  void aWatcherThatResumesReceivesAllUsersAgainAndNothingWhileItIsAway() {
    var cluster = new SimulatedCluster(1, 0, 3);
    member(cluster, "alice");
    Client watcher = watcher(cluster, "watcher");
    watcher.absence = 10_000;
    watcher.loseLink();
    cluster.time.advance(1_000);
    for (int i = 0; i < 20; i++) {
      Client guest = member(cluster, "guest" + i);
      cluster.time.advance(200);
      guest.leave();
    }
    member(cluster, "bob");
    cluster.time.advance(30_000);

    assertThat(watcher.resumed).isPositive();
    assertThat(watcher.watching.snapshots(ROOM)).isEqualTo(2);
    assertThat(watcher.watching.changes(ROOM)).isEmpty();
    assertThat(watcher.watching.users(ROOM)).containsExactlyInAnyOrder("alice", "bob");
  }

  @Test
  void aUserStaysWhenItsNodeCrashesAndItsSessionIsAdopted() {
    for (long seed = 1; seed <= 20; seed++) {
      var cluster = new SimulatedCluster(seed, 0, 3);
      Client alice = member(cluster, "alice");
      Client watcher = cluster.new Client("watcher");
      do {
        watcher.leave();
        watcher = watcher(cluster, "watcher");
      } while (watcher.node() == alice.node());
      NodeProcess lost = alice.node();
      alice.absence = 30_000;
      cluster.crash(lost);
      alice.loseLink();
      cluster.time.advance(100_000);
      assertThat(alice.resumed).as("seed %d", seed).isPositive();
      assertThat(watcher.watching.changes(ROOM)).as("seed %d", seed).isEmpty();

      alice.leave();
      cluster.time.advance(10_000);
      assertThat(watcher.watching.changes(ROOM)).as("seed %d", seed).containsExactly("-alice");
    }
  }

  @Test
  void aWatcherWhoseNodeCrashesWatchesWhereItResumes() {
    for (long seed = 1; seed <= 20; seed++) {
      var cluster = new SimulatedCluster(seed, 0, 3);
      Client watcher = watcher(cluster, "watcher");
      cluster.crash(watcher.node());
      watcher.loseLink();
      cluster.time.advance(60_000);
      member(cluster, "alice");
      cluster.time.advance(5_000);
      assertThat(watcher.notRecovered).as("seed %d", seed).isZero();
      assertThat(watcher.watching.users(ROOM)).as("seed %d", seed).containsExactly("alice");
    }
  }

  @Test
  void aGroupOverTheBoundSaysSo() {
    var cluster = new SimulatedCluster(1, 0, 3);
    IntStream.rangeClosed(0, SimulatedCluster.MAX_USERS).forEach(i -> member(cluster, "user" + i));
    cluster.time.advance(1_000);
    Client watcher = watcher(cluster, "watcher");
    assertThat(watcher.watching.isTooLarge(ROOM)).isTrue();
    assertThat(watcher.watching.snapshots(ROOM)).isZero();
  }

  /** Users come and go, links break, nodes crash, freeze and are removed. */
  @RepeatedTest(60)
  void allWatchersAgreeInTheEnd(RepetitionInfo seed) {
    var cluster = new SimulatedCluster(seed.getCurrentRepetition(), 0.02, 4);
    List<Client> members = new ArrayList<>();
    List<Client> watchers = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      watchers.add(watcher(cluster, "watcher" + i));
    }
    int crashes = 0;
    for (int step = 0; step < 60; step++) {
      NodeProcess node = cluster.nodes.get(cluster.random.nextInt(cluster.nodes.size()));
      switch (cluster.random.nextInt(10)) {
        case 0, 1, 2 -> members.add(member(cluster, "user" + cluster.random.nextInt(20)));
        case 3, 4 -> {
          if (!members.isEmpty()) {
            members.remove(cluster.random.nextInt(members.size())).leave();
          }
        }
        case 5 -> {
          if (!members.isEmpty()) {
            members.get(cluster.random.nextInt(members.size())).loseLink();
          }
        }
        case 6 -> watchers.get(cluster.random.nextInt(3)).loseLink();
        case 7 -> {
          if (crashes == 0 && node.isUp()) {
            crashes++;
            cluster.crash(node);
            reconnect(node, members, watchers);
            cluster.time.advance(20_000);
          }
        }
        case 8 -> {
          if (node.isUp() && cluster.random.nextInt(4) == 0) {
            cluster.freeze(node, 1_000 + cluster.random.nextInt(12_000));
            cluster.time.advance(30_000);
            reconnect(node, members, watchers);
          }
        }
        default -> {
          if (node.isUp() && cluster.random.nextInt(4) == 0) {
            cluster.partition(node);
            cluster.time.advance(30_000);
          }
        }
      }
      cluster.time.advance(cluster.random.nextInt(1_000));
    }
    // Sessions that nobody resumes end.
    cluster.time.advance(300_000);
    for (Client watcher : watchers) {
      // A session that was not recovered watches nothing.
      watcher.send(request(GroupRequests.WATCH, ROOM), outcomes);
    }
    cluster.time.advance(60_000);

    Set<String> expected = new TreeSet<>();
    for (NodeProcess node : cluster.nodes) {
      if (!node.crashed) {
        node.shard
            .answer(UserListing.question(ROOM, null, 1_000))
            .map(io.vertx.core.json.JsonArray.class::cast)
            .result()
            .forEach(
                user -> expected.add(((io.vertx.core.json.JsonObject) user).getString("user")));
      }
    }
    for (Client watcher : watchers) {
      assertThat(watcher.isConnected()).as("%s is connected", watcher.user).isTrue();
      assertThat(watcher.watching.contradictions()).as(watcher.user).isEmpty();
      assertThat(watcher.watching.users(ROOM)).as(watcher.user).isEqualTo(expected);
    }
  }

  private static void reconnect(NodeProcess lost, List<Client> members, List<Client> watchers) {
    for (List<Client> clients : List.of(members, watchers)) {
      clients.stream().filter(client -> client.node() == lost).forEach(Client::loseLink);
    }
  }
}
