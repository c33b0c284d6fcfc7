package io.linkspan.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Message;
import io.linkspan.delivery.DeliveryScope;
import io.linkspan.session.SimulatedCluster.Client;
import io.linkspan.session.SimulatedCluster.NodeProcess;
import io.linkspan.testing.RecordingCallback;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/**
 * Tests that a Message keeps its attempts when its session moves between nodes, also when a replica
 * is adopted. The repetition is the seed.
 */
class APoisonMessageEndsInAClusterTest {

  private static final int NODES = 3;

  private SimulatedCluster cluster;
  private Client client;

  private void begin(RepetitionInfo seed) {
    cluster = new SimulatedCluster(seed.getCurrentRepetition(), 0, NODES);
    client = cluster.new Client("bob");
    client.poison = "poison";
    client.connect();
    cluster.time.advance(1_000);
    assertThat(client.isConnected()).isTrue();
  }

  private RecordingCallback send(String eventId) {
    NodeProcess from = cluster.nodes.get(NODES - 1);
    var callback = new RecordingCallback();
    from.shard.route(
        Message.newBuilder().setEventId(eventId).setFrom("service").setTo("bob").build(),
        DeliveryScope.ACKNOWLEDGED,
        message -> callback);
    return callback;
  }

  @RepeatedTest(20)
  void messageFailsAfterItsAttemptsOnWhicheverNode(RepetitionInfo seed) {
    begin(seed);
    RecordingCallback poison = send("poison");
    RecordingCallback next = send("next");
    cluster.time.advance(60_000);
    assertThat(poison.outcome()).isEqualTo("timeout");
    assertThat(next.outcome()).isEqualTo("client");
    assertThat(client.poisoned).isEqualTo(SimulatedCluster.MAX_ATTEMPTS);
    assertThat(client.notRecovered).isZero();
  }

  @RepeatedTest(20)
  void attemptsSurviveTheCrashOfTheNode(RepetitionInfo seed) {
    begin(seed);
    RecordingCallback poison = send("poison");
    RecordingCallback next = send("next");
    cluster.time.advance(500 + cluster.random.nextInt(1_500));
    client.absence = 10_000;
    cluster.time.advance(5_000);
    assertThat(client.isConnected()).isFalse();
    NodeProcess owner = client.lastNode();
    if (owner != cluster.nodes.get(NODES - 1)) {
      cluster.crash(owner);
    }
    client.absence = 0;
    cluster.time.advance(120_000);
    assertThat(poison.outcome()).isEqualTo("timeout");
    assertThat(next.outcome()).isNotEqualTo("timeout").isNotNull();
    assertThat(client.inOrder).containsExactly("next");
    assertThat(client.poisoned).isEqualTo(SimulatedCluster.MAX_ATTEMPTS);
    assertThat(client.notRecovered).isZero();
  }
}
