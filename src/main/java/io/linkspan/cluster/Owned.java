package io.linkspan.cluster;

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

  /** Picks the entries that are about one of these nodes. */
  record By<V extends Owned>(Set<String> nodes) implements Predicate<String, V>, OfNodes {
    @Override
    public boolean apply(Map.Entry<String, V> entry) {
      return entry.getValue().nodes().stream().anyMatch(nodes::contains);
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
