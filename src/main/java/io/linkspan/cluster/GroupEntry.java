package io.linkspan.cluster;

import com.hazelcast.map.EntryProcessor;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * The nodes that have members of a group; the key is the group's name.
 *
 * @param nodes their ids, never empty
 */
record GroupEntry(Set<String> nodes) implements Owned {

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

  /** Removes some nodes. */
  record Remove(Set<String> gone) implements EntryProcessor<String, GroupEntry, Boolean> {
    @Override
    public Boolean process(Map.Entry<String, GroupEntry> entry) {
      GroupEntry old = entry.getValue();
      if (old == null) {
        return false;
      }
      Set<String> rest = new HashSet<>(old.nodes());
      boolean changed = rest.removeAll(gone);
      if (changed) {
        entry.setValue(rest.isEmpty() ? null : new GroupEntry(rest));
      }
      return changed;
    }
  }
}
