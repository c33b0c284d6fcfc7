package io.linkspan.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.admission.ConnectRefusedException;
import io.linkspan.admission.Identity;
import io.linkspan.api.Revocation;
import io.linkspan.connection.CloseReason;
import io.linkspan.session.SimulatedCluster.NodeProcess;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** Sessions of a revoked token on simulated nodes; a failure names its seed. */
class RevokedSessionsEndEverywhereTest {

  private static final Revocation ENTRY = Revocation.ofToken("t1");

  private static Identity identity(String tokenId) {
    return new Identity("alice", false, tokenId, 1_000, Identity.NEVER, "", null, List.of());
  }

  private static Future<Session> open(
      SimulatedCluster cluster, NodeProcess node, String tokenId, String session) {
    Future<Session> opened =
        node.shard.open(new NoLink(), identity(tokenId), Attachment.of(true, session));
    for (int i = 0; i < 100 && !opened.isComplete(); i++) {
      cluster.time.advance(100);
    }
    return opened;
  }

  private static List<String> eventsOf(SimulatedCluster cluster, String kind) {
    return cluster.events.stream()
        .filter(event -> event.getString("event").equals(kind))
        .map((JsonObject event) -> event.getString("reason"))
        .toList();
  }

  private static int sessions(SimulatedCluster cluster) {
    return cluster.nodes.stream()
        .filter(node -> !node.crashed)
        .mapToInt(node -> (int) node.metrics.sessions())
        .sum();
  }

  @Test
  void sessionWithALinkEndsAlthoughItCouldBeResumed() {
    var cluster = new SimulatedCluster(1, 0, 2);
    Session session = open(cluster, cluster.nodes.get(0), "t1", "").result();
    Session other = open(cluster, cluster.nodes.get(1), "t2", "").result();
    cluster.revocations.add(ENTRY);
    cluster.time.advance(1_000);
    assertThat(session.hasEnded()).isTrue();
    assertThat(other.hasEnded()).isFalse();
    assertThat(eventsOf(cluster, "disconnected")).containsExactly("revoked");
  }

  @RepeatedTest(50)
  void sessionOfACrashedNodeIsNotAdopted(RepetitionInfo seed) {
    var cluster = new SimulatedCluster(seed.getCurrentRepetition(), 0, 3);
    NodeProcess node = cluster.nodes.get(cluster.random.nextInt(3));
    Session session = open(cluster, node, "t1", "").result();
    open(cluster, node, "t2", "").result().linkClosed(CloseReason.CONNECTION_LOST);
    if (cluster.random.nextBoolean()) {
      session.linkClosed(CloseReason.CONNECTION_LOST);
    }
    cluster.time.advance(1_000);
    cluster.crash(node);
    cluster.time.advance(cluster.random.nextInt(100));
    cluster.revocations.add(ENTRY);
    cluster.time.advance(10_000);
    assertThat(eventsOf(cluster, "expired")).containsExactly("revoked");
    assertThat(sessions(cluster)).as("the one of the other token").isEqualTo(1);
  }

  @RepeatedTest(50)
  void renewedIdentityCountsAfterACrash(RepetitionInfo seed) {
    var cluster = new SimulatedCluster(seed.getCurrentRepetition(), 0, 2);
    NodeProcess node = cluster.nodes.get(0);
    Session session = open(cluster, node, "t0", "").result();
    cluster.time.advance(1_000);
    session.identified(identity("t1"), false);
    cluster.time.advance(1_000);
    cluster.crash(node);
    cluster.time.advance(5_000);
    assertThat(sessions(cluster)).isEqualTo(1);
    cluster.revocations.add(Revocation.ofToken("t0"));
    cluster.time.advance(1_000);
    assertThat(sessions(cluster)).isEqualTo(1);
    cluster.revocations.add(ENTRY);
    cluster.time.advance(1_000);
    assertThat(sessions(cluster)).isZero();
  }

  @RepeatedTest(100)
  void clientThatIsRevokedWhileItConnectsHasNoSession(RepetitionInfo seed) {
    var cluster = new SimulatedCluster(seed.getCurrentRepetition(), 0, 2);
    boolean resumes = cluster.random.nextBoolean();
    String before = "";
    if (resumes) {
      Session session = open(cluster, cluster.nodes.get(1), "t0", "").result();
      session.linkClosed(CloseReason.CONNECTION_LOST);
      before = session.token();
    }
    Future<Session> opened =
        cluster.nodes.get(0).shard.open(new NoLink(), identity("t1"), Attachment.of(true, before));
    cluster.time.advance(cluster.random.nextInt(20));
    cluster.revocations.add(ENTRY);
    cluster.time.advance(20_000);
    if (opened.failed()) {
      assertThat(opened.cause()).isInstanceOf(ConnectRefusedException.class);
    } else {
      assertThat(opened.result().hasEnded()).isTrue();
    }
    assertThat(sessions(cluster)).isZero();
  }
}
