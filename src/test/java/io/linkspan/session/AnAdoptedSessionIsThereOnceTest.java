package io.linkspan.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.admission.Identity;
import io.linkspan.connection.CloseReason;
import io.linkspan.session.SimulatedCluster.NodeProcess;
import io.linkspan.wire.Adopt;
import io.linkspan.wire.ShardCall;
import io.vertx.core.Future;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/**
 * Tests that a shard has a session once when it adopts one that departed from it, also when the
 * taker never confirmed, and the time to confirm is over in that moment. The repetition is the
 * seed.
 */
class AnAdoptedSessionIsThereOnceTest {

  /** Milliseconds between the claim and the end of the time to confirm. */
  private static final long CONFIRM_TIME = 2 * 4_000;

  @RepeatedTest(100)
  void departureThatIsNotConfirmedIsNotTakenBackBesideIt(RepetitionInfo seed) {
    var cluster = new SimulatedCluster(seed.getCurrentRepetition(), 0, 2);
    NodeProcess former = cluster.nodes.get(0);
    NodeProcess taker = cluster.nodes.get(1);
    Session before = open(cluster, former, "");
    before.linkClosed(CloseReason.CONNECTION_LOST);
    cluster.time.advance(100);
    cluster.lost = ShardCall::hasConfirm;
    long claimedAt = cluster.time.now();
    Session taken = open(cluster, taker, before.token());
    assertThat(taken.recovered()).isTrue();

    cluster.time.advanceTo(claimedAt + CONFIRM_TIME - 5 + cluster.random.nextInt(25));
    Adopt.Builder adopt = Adopt.newBuilder().setState(taken.describe()).setOwner(taker.address());
    former.shard.answer(ShardCall.newBuilder().setAdopt(adopt).build());
    cluster.time.advance(1_000);
    assertThat(former.metrics.sessions()).isEqualTo(1);
    assertThat(former.metrics.away.get()).isEqualTo(1);
  }

  private static Session open(SimulatedCluster cluster, NodeProcess node, String token) {
    Future<Session> opened =
        node.shard.open(new NoLink(), new Identity("alice", false), Attachment.of(true, token));
    cluster.time.advance(5_000);
    return opened.result();
  }
}
