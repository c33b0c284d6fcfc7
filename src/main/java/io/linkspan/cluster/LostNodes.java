package io.linkspan.cluster;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceAware;
import java.util.Set;

/**
 * An operation on entries of lost nodes. The node that sends it may have been partitioned, and the
 * nodes that it names may be members again when it is carried out. So each member checks where the
 * entries are, at the moment when they are changed, whether a node is still lost.
 */
abstract class LostNodes implements NodeIds, HazelcastInstanceAware {

  private final Set<String> nodes;
  private HazelcastInstance hazelcast;

  LostNodes(Set<String> nodes) {
    this.nodes = nodes;
  }

  @Override
  public final Set<String> nodes() {
    return nodes;
  }

  @Override
  public final void setHazelcastInstance(HazelcastInstance instance) {
    hazelcast = instance;
  }

  /** Returns whether a node is one of these and not a member. */
  final boolean isLost(String node) {
    return nodes.contains(node)
        && hazelcast.getCluster().getMembers().stream()
            .noneMatch(member -> node.equals(member.getAttribute(DirectoryNames.NODE)));
  }
}
