package io.linkspan.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.delivery.DeliveryCallback;
import io.linkspan.delivery.DeliveryScope;
import io.linkspan.memory.MemoryUse;
import io.linkspan.session.SimulatedCluster.Client;
import io.linkspan.session.SimulatedCluster.NodeProcess;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/**
 * Sessions of real shards survive crashes, freezes, pauses of the whole machine and partitions:
 * every client resumes its session, every acknowledged Message was received, once and in order. The
 * repetition is the seed.
 */
class FaultSimulationTest {

  private static final int CLIENTS = 12;
  private static final int NODES = 4;
  private static final String GROUP = "all";

  private SimulatedCluster cluster;
  private final List<Client> clients = new ArrayList<>();
  private final Map<String, Integer> outcomes = new HashMap<>();
  private final Map<String, String> acknowledged = new HashMap<>();
  private final Map<String, Integer> errors = new HashMap<>();
  private boolean sending = true;
  private int sent;

  private void begin(RepetitionInfo seed, double loss) {
    cluster = new SimulatedCluster(seed.getCurrentRepetition(), loss, NODES);
    for (int i = 0; i < CLIENTS; i++) {
      Client client = cluster.new Client("user" + i);
      client.groups = List.of(GROUP);
      clients.add(client);
      client.connect();
      produce(client.user, client.user, 0);
    }
    cluster.time.advance(2_000);
    assertThat(clients).allMatch(Client::isConnected);
    produce("group:" + GROUP, GROUP, 0);
  }

  /** A service on a node that runs sends to a recipient, one Message after the other. */
  private void produce(String to, String name, int number) {
    cluster.time.schedule(
        30 + cluster.random.nextInt(60),
        () -> {
          if (!sending) {
            return;
          }
          // A service has its own node, and its order: the first one that runs.
          NodeProcess from = cluster.nodes.get(NODES - 1);
          if (from.isUp()) {
            send(from, to, name, number);
          }
          produce(to, name, number + 1);
        });
  }

  private void send(NodeProcess from, String to, String name, int number) {
    String eventId = name + "-" + number;
    sent++;
    from.shard.route(
        Message.newBuilder().setEventId(eventId).setFrom("service").setTo(to).build(),
        DeliveryScope.ACKNOWLEDGED,
        message ->
            new DeliveryCallback() {
              @Override
              public void delivered(By by, Message reply) {
                outcomes.merge(eventId, 1, Integer::sum);
                acknowledged.put(eventId, name);
              }

              @Override
              public void failed(MessageException failure) {
                outcomes.merge(eventId, 1, Integer::sum);
                errors.merge(failure.code().code() + ": " + failure.getMessage(), 1, Integer::sum);
              }
            });
  }

  private void crash(NodeProcess node) {
    cluster.crash(node);
    clientsOf(node).forEach(client -> cluster.time.schedule(20, client::loseLink));
  }

  /** Clients notice after four seconds that their node does not answer. */
  private void freeze(NodeProcess node, long duration) {
    List<Client> affected = clientsOf(node);
    cluster.freeze(node, duration);
    if (duration > 4_000) {
      affected.forEach(client -> cluster.time.schedule(4_000, client::loseLink));
    }
  }

  private List<Client> clientsOf(NodeProcess node) {
    return clients.stream().filter(client -> client.node() == node).toList();
  }

  private void end() {
    settle();
    assertNothingAcknowledgedIsLost();
    assertThat(clients.stream().mapToInt(client -> client.notRecovered).sum())
        .as("sessions not recovered, of %s resumed", resumed())
        .isZero();
    for (Client client : clients) {
      assertThat(received(client, client.user)).as("order at %s", client.user).isSorted();
      assertThat(received(client, GROUP)).as("order of the group at %s", client.user).isSorted();
    }
    assertNothingIsCharged();
  }

  /** Returns the numbers of what a client received that was sent to a user or the group. */
  private static List<Integer> received(Client client, String name) {
    String prefix = name + "-";
    return client.inOrder.stream()
        .filter(id -> id.startsWith(prefix))
        .map(id -> Integer.parseInt(id.substring(prefix.length())))
        .toList();
  }

  /** When all clients have left, nodes hold no memory for them. */
  private void assertNothingIsCharged() {
    clients.forEach(Client::leave);
    cluster.time.advance(600_000);
    for (NodeProcess node : cluster.nodes) {
      for (MemoryUse use : MemoryUse.values()) {
        if (!node.crashed) {
          assertThat(node.memory.charged(use)).as("%s at %s", use, node.id).isZero();
        }
      }
    }
  }

  private void settle() {
    cluster.time.advance(20_000);
    sending = false;
    cluster.time.advance(120_000);
    assertThat(clients).as("connected").allMatch(Client::isConnected);
  }

  /** Where calls are lost, a session may be given up with what it had accepted for its client. */
  private void assertNothingAcknowledgedIsLost() {
    assertThat(acknowledged).hasSizeGreaterThan(sent / 2);
    assertThat(outcomes.values()).as("outcomes of each Message").allMatch(count -> count == 1);
    for (Client client : clients) {
      Set<String> lost = new HashSet<>();
      acknowledged.forEach(
          (eventId, name) -> {
            if ((name.equals(client.user) || (name.equals(GROUP) && cluster.loss == 0))
                && !client.received.contains(eventId)) {
              lost.add(eventId);
            }
          });
      assertThat(lost).as("acknowledged and not received").isEmpty();
    }
  }

  private int resumed() {
    return clients.stream().mapToInt(client -> client.resumed).sum();
  }

  @RepeatedTest(40)
  void aCrashedNodeLosesNoSession(RepetitionInfo seed) {
    begin(seed, 0);
    crash(cluster.nodes.get(cluster.random.nextInt(NODES - 1)));
    end();
  }

  @RepeatedTest(40)
  void aCrashAndThenAFrozenNodeLoseNoSession(RepetitionInfo seed) {
    begin(seed, 0);
    int first = cluster.random.nextInt(NODES - 1);
    crash(cluster.nodes.get(first));
    cluster.time.advance(10_000);
    freeze(cluster.nodes.get((first + 1) % (NODES - 1)), 4_000 + cluster.random.nextInt(20_000));
    end();
  }

  @RepeatedTest(40)
  void aPauseOfTheWholeMachineLosesNoSession(RepetitionInfo seed) {
    begin(seed, 0);
    crash(cluster.nodes.get(cluster.random.nextInt(NODES - 1)));
    cluster.time.advance(10_000);
    cluster.pauseAll(2_000 + cluster.random.nextInt(20_000));
    end();
  }

  @RepeatedTest(40)
  void aNodeThatIsRemovedForAMomentLosesNoSession(RepetitionInfo seed) {
    begin(seed, 0);
    cluster.partition(cluster.nodes.get(cluster.random.nextInt(NODES - 1)));
    end();
  }

  @RepeatedTest(40)
  void aDirectoryThatIsRepairedAfterACrashLosesNoSession(RepetitionInfo seed) {
    begin(seed, 0);
    cluster.directoryFailsUntil = cluster.time.now() + 500 + cluster.random.nextInt(4_000);
    crash(cluster.nodes.get(cluster.random.nextInt(NODES - 1)));
    end();
  }

  @RepeatedTest(40)
  void aDrainedNodeLosesNoSession(RepetitionInfo seed) {
    begin(seed, 0);
    Future<Void> left = cluster.drain(cluster.nodes.get(cluster.random.nextInt(NODES - 1)), 2);
    end();
    assertThat(left.isComplete()).isTrue();
  }

  @RepeatedTest(40)
  void aDrainWhileAnotherNodeIsFrozenLosesNoSession(RepetitionInfo seed) {
    begin(seed, 0);
    int first = cluster.random.nextInt(NODES - 1);
    Future<Void> left = cluster.drain(cluster.nodes.get(first), 1);
    cluster.time.advance(cluster.random.nextInt(1_000));
    freeze(cluster.nodes.get((first + 1) % (NODES - 1)), 1_000 + cluster.random.nextInt(4_000));
    end();
    assertThat(left.isComplete()).isTrue();
  }

  /** Clients that are sent away stay away for longer than their sessions wait for them. */
  @RepeatedTest(40)
  void aDrainWhoseClientsAreAwayLosesNoSession(RepetitionInfo seed) {
    begin(seed, 0);
    for (int i = 0; i < CLIENTS / 2; i++) {
      clients.get(i).absence = cluster.random.nextInt(8_000);
      clients.get(i).loseLink();
    }
    Future<Void> left = cluster.drain(cluster.nodes.get(cluster.random.nextInt(NODES - 1)), 2);
    end();
    assertThat(left.isComplete()).isTrue();
  }

  /** The entries of the lost node may be removed before its sessions are adopted. */
  @RepeatedTest(40)
  void aDirectoryThatIsSlowAfterACrashLosesNoSession(RepetitionInfo seed) {
    begin(seed, 0);
    cluster.directorySlowUntil = cluster.time.now() + 1_000 + cluster.random.nextInt(4_000);
    crash(cluster.nodes.get(cluster.random.nextInt(NODES - 1)));
    end();
  }

  @RepeatedTest(40)
  void linksThatBreakOftenLoseNothing(RepetitionInfo seed) {
    begin(seed, 0);
    for (int i = 0; i < 40; i++) {
      clients.get(cluster.random.nextInt(CLIENTS)).loseLink();
      cluster.time.advance(cluster.random.nextInt(500));
    }
    end();
  }

  /** Where one call in ten is lost, order and recovery cannot be promised; acknowledgements are. */
  @RepeatedTest(40)
  void aBusThatLosesCallsLosesNothingThatWasAcknowledged(RepetitionInfo seed) {
    begin(seed, 0.1);
    for (int i = 0; i < 20; i++) {
      clients.get(cluster.random.nextInt(CLIENTS)).loseLink();
      cluster.time.advance(cluster.random.nextInt(1_000));
    }
    settle();
    assertNothingAcknowledgedIsLost();
    assertNothingIsCharged();
  }
}
