package io.linkspan.cluster;

import com.hazelcast.projection.Projection;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Reads from an entry the nodes that it concerns, except these. */
record NodesExcept<V extends NodeEntry>(Set<String> nodes)
    implements Projection<Map.Entry<String, V>, Set<String>>, NodeIds {

  @Override
  public Set<String> transform(Map.Entry<String, V> entry) {
    return entry.getValue().nodes().stream()
        .filter(node -> !nodes.contains(node))
        .collect(Collectors.toSet());
  }
}
