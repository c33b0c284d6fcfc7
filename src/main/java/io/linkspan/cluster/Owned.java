package io.linkspan.cluster;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceAware;
import com.hazelcast.projection.Projection;
import com.hazelcast.query.Predicate;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** An entry of the directory that is about some nodes. */
interface Owned {

  /** Ids of the nodes. */
  Set<String> nodes();

  /** Something that is about some nodes, whatever else it is. */
  interface OfNodes {
    /** Ids of the nodes. */
    Set<String> nodes();
  }

  /**
   * Something that concerns nodes that are lost. Who says so may have been cut off, and be one of
   * the others again by now: whether a node is there is asked where the entries are, when they are
   * changed.
   */
  abstract class OfLost implements OfNodes, HazelcastInstanceAware {

    private final Set<String> nodes;
    private HazelcastInstance hazelcast;

    OfLost(Set<String> nodes) {
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

    /** Whether it is one of these nodes, and not there. */
    final boolean isLost(String node) {
      return nodes.contains(node)
          && hazelcast.getCluster().getMembers().stream()
              .noneMatch(member -> node.equals(member.getAttribute(HazelcastConfig.NODE)));
    }
  }

  /** Picks the entries that are about one of these nodes. */
  final class ByLost<V extends Owned> extends OfLost implements Predicate<String, V> {

    ByLost(Set<String> nodes) {
      super(nodes);
    }

    @Override
    public boolean apply(Map.Entry<String, V> entry) {
      return entry.getValue().nodes().stream().anyMatch(this::isLost);
    }
  }

  /** Picks the entries that are about any other node than these. */
  record ByOthersThan<V extends Owned>(Set<String> nodes) implements Predicate<String, V>, OfNodes {
    @Override
    public boolean apply(Map.Entry<String, V> entry) {
      return !nodes.containsAll(entry.getValue().nodes());
    }
  }

  /** Reads the other nodes than these that an entry is about. */
  record OthersThan<V extends Owned>(Set<String> nodes)
      implements Projection<Map.Entry<String, V>, Set<String>>, OfNodes {
    @Override
    public Set<String> transform(Map.Entry<String, V> entry) {
      return entry.getValue().nodes().stream()
          .filter(node -> !nodes.contains(node))
          .collect(Collectors.toSet());
    }
  }
}
