package io.linkspan.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.admission.Identity;
import io.linkspan.connection.CloseReason;
import io.linkspan.session.SimulatedCluster.NodeProcess;
import io.vertx.core.Future;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/**
 * Tests that a node which stood still for so long that the others have removed it refuses clients
 * with a session until it has found the others: it cannot tell whether their sessions exist. The
 * repetition is the seed.
 */
class ARemovedNodeBeginsNoSessionInsteadOfAnotherTest {

  private static final long FREEZE = 15_000;

  @RepeatedTest(200)
  void clientThatReconnectsToItKeepsItsSession(RepetitionInfo seed) {
    var cluster = new SimulatedCluster(seed.getCurrentRepetition(), 0, 3);
    NodeProcess node = cluster.nodes.get(0);
    Session before = open(cluster, node, "").result();
    cluster.time.advance(1_000);

    cluster.freeze(node, FREEZE);
    cluster.time.advance(FREEZE);
    before.linkClosed(CloseReason.CONNECTION_LOST);
    cluster.time.advance(cluster.random.nextInt(30));
    // A client tries again for as long as it is refused.
    Future<Session> opened = open(cluster, node, before.token());
    for (int attempt = 0; opened.failed() && attempt < 100; attempt++) {
      cluster.time.advance(200);
      opened = open(cluster, node, before.token());
    }

    assertThat(opened.result().recovered()).isTrue();
  }

  private static Future<Session> open(SimulatedCluster cluster, NodeProcess node, String token) {
    Future<Session> opened =
        node.shard.open(new NoLink(), new Identity("alice", false), Attachment.of(true, token));
    for (int i = 0; i < 100 && !opened.isComplete(); i++) {
      cluster.time.advance(100);
    }
    return opened;
  }
}
