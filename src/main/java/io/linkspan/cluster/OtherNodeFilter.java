package io.linkspan.cluster;

import com.hazelcast.query.Predicate;
import java.util.Map;
import java.util.Set;

/** Selects the entries that concern any node but these. */
record OtherNodeFilter<V extends NodeEntry>(Set<String> nodes)
    implements Predicate<String, V>, NodeIds {

  @Override
  public boolean apply(Map.Entry<String, V> entry) {
    return !nodes.containsAll(entry.getValue().nodes());
  }
}
