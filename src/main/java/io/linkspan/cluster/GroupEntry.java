package io.linkspan.cluster;

import com.hazelcast.map.EntryProcessor;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Holds the nodes that have members of a group; the key is the group's name.
 *
 * @param nodes their ids, never empty
 */
record GroupEntry(Set<String> nodes) implements NodeEntry {

  /** Enters a node. */
  record Add(String node) implements EntryProcessor<String, GroupEntry, Boolean> {
    @Override
    public Boolean process(Map.Entry<String, GroupEntry> entry) {
      GroupEntry old = entry.getValue();
      if (old != null && old.nodes().contains(node)) {
        return false;
      }
      Set<String> nodes = old == null ? new HashSet<>() : new HashSet<>(old.nodes());
      nodes.add(node);
      entry.setValue(new GroupEntry(nodes));
      return true;
    }
  }

  /** Removes a node. */
  record Remove(String node) implements EntryProcessor<String, GroupEntry, Boolean> {
    @Override
    public Boolean process(Map.Entry<String, GroupEntry> entry) {
      return removeIf(entry, node::equals);
    }
  }

  /** Removes these nodes. */
  static final class RemoveLost extends LostNodes
      implements EntryProcessor<String, GroupEntry, Boolean> {

    RemoveLost(Set<String> nodes) {
      super(nodes);
    }

    @Override
    public Boolean process(Map.Entry<String, GroupEntry> entry) {
      return removeIf(entry, this::isLost);
    }
  }

  private static boolean removeIf(Map.Entry<String, GroupEntry> entry, Predicate<String> goes) {
    if (entry.getValue() == null) {
      return false;
    }
    Set<String> rest = new HashSet<>(entry.getValue().nodes());
    boolean changed = rest.removeIf(goes);
    if (changed) {
      entry.setValue(rest.isEmpty() ? null : new GroupEntry(rest));
    }
    return changed;
  }
}
