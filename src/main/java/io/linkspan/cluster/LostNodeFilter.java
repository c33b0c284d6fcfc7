package io.linkspan.cluster;

import com.hazelcast.query.Predicate;
import java.util.Map;
import java.util.Set;

/** Selects the entries that concern a lost node. */
final class LostNodeFilter<V extends NodeEntry> extends LostNodes implements Predicate<String, V> {

  LostNodeFilter(Set<String> nodes) {
    super(nodes);
  }

  @Override
  public boolean apply(Map.Entry<String, V> entry) {
    return entry.getValue().nodes().stream().anyMatch(this::isLost);
  }
}
