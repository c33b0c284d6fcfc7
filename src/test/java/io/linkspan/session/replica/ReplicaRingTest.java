package io.linkspan.session.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.directory.Nodes.Node;
import io.linkspan.directory.ShardAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class ReplicaRingTest {

  private static final Node A = new Node("a", 2);
  private static final Node B = new Node("b", 4);
  private static final Node C = new Node("c", 1);

  @Test
  void theNextNodeHoldsTheReplicasAndTheFirstFollowsTheLast() {
    List<Node> nodes = List.of(B, C, A);
    assertThat(ReplicaRing.holderOf(ShardAddress.of("a", 1), nodes))
        .isEqualTo(ShardAddress.of("b", 1));
    assertThat(ReplicaRing.holderOf(ShardAddress.of("c", 0), nodes))
        .isEqualTo(ShardAddress.of("a", 0));
  }

  @Test
  void theShardIsOneThatTheHolderHas() {
    List<Node> nodes = List.of(A, B, C);
    assertThat(ReplicaRing.holderOf(ShardAddress.of("b", 3), nodes))
        .isEqualTo(ShardAddress.of("c", 0));
    assertThat(ReplicaRing.holderOf(ShardAddress.of("c", 3), nodes))
        .isEqualTo(ShardAddress.of("a", 1));
  }

  @Test
  void aNodeAloneHasNoHolder() {
    assertThat(ReplicaRing.holderOf(ShardAddress.of("a", 0), List.of(A))).isNull();
    assertThat(ReplicaRing.heirsOf(ShardAddress.of("a", 0), A, List.of(A))).isEmpty();
  }

  /** The nodes that remain must agree with the owner on who has the replica. */
  @RepeatedTest(50)
  void theLossOfANodeDoesNotChangeWhoHoldsItsReplicas(RepetitionInfo seed) {
    Random random = new Random(seed.getCurrentRepetition());
    List<Node> nodes = new ArrayList<>();
    for (int i = 0; i < 2 + random.nextInt(6); i++) {
      nodes.add(new Node("n" + random.nextInt(1_000) + "-" + i, 1 + random.nextInt(4)));
    }
    Collections.shuffle(nodes, random);
    Node lost = nodes.get(random.nextInt(nodes.size()));
    String owner = ShardAddress.of(lost.id(), random.nextInt(lost.shards()));
    List<Node> others = new ArrayList<>(nodes);
    others.remove(lost);
    Collections.shuffle(others, random);
    String holder = ReplicaRing.holderOf(owner, nodes);
    assertThat(ReplicaRing.holderOf(owner, others)).isEqualTo(holder);
    assertThat(ShardAddress.nodeOf(holder)).isNotEqualTo(lost.id());
  }

  @Test
  void everyOtherNodeMayInheritTheNextOneFirst() {
    assertThat(ReplicaRing.heirsOf(ShardAddress.of("b", 3), B, List.of(A, B, C)))
        .containsExactly(ShardAddress.of("c", 0), ShardAddress.of("a", 1));
  }
}
