package io.linkspan.session.replica;

import io.linkspan.directory.Nodes;
import io.linkspan.directory.ShardAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * The order in which nodes keep replicas of each other: by their ids, in a ring. The next node
 * after a node has the replicas of its sessions, so every node can tell which shard may have a
 * session whose owner does not answer. Pure.
 */
final class ReplicaRing {

  private ReplicaRing() {}

  /**
   * Returns the shard that keeps the replicas of a shard.
   *
   * @param owner bus address of the shard, whether its node is there or not
   * @return null when there is no other node
   */
  static String holderOf(String owner, List<Nodes.Node> nodes) {
    String node = ShardAddress.nodeOf(owner);
    Nodes.Node next = null;
    Nodes.Node first = null;
    for (Nodes.Node candidate : nodes) {
      int order = candidate.id().compareTo(node);
      if (order != 0 && (first == null || candidate.id().compareTo(first.id()) < 0)) {
        first = candidate;
      }
      if (order > 0 && (next == null || candidate.id().compareTo(next.id()) < 0)) {
        next = candidate;
      }
    }
    Nodes.Node holder = next == null ? first : next;
    return holder == null
        ? null
        : ShardAddress.of(holder.id(), ShardAddress.indexOf(owner) % holder.shards());
  }

  /** Returns the shards of other nodes that may take over sessions of a shard, the best first. */
  static List<String> heirsOf(String owner, Nodes.Node self, List<Nodes.Node> nodes) {
    int index = ShardAddress.indexOf(owner);
    int own = nodes.indexOf(self);
    List<String> heirs = new ArrayList<>();
    for (int i = 1; i < nodes.size(); i++) {
      Nodes.Node node = nodes.get((own + i) % nodes.size());
      heirs.add(ShardAddress.of(node.id(), index % node.shards()));
    }
    return heirs;
  }
}
