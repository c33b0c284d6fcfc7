package io.linkspan.cluster;

import com.hazelcast.core.EntryEvent;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.map.IMap;
import com.hazelcast.map.listener.EntryAddedListener;
import com.hazelcast.map.listener.EntryRemovedListener;
import com.hazelcast.map.listener.EntryUpdatedListener;
import io.linkspan.api.Revocation;
import io.linkspan.directory.Nodes;
import io.linkspan.revocation.RevocationStore;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import java.util.Collection;
import java.util.List;

/**
 * The revocations of a cluster: a Hazelcast map with one backup, each change of which reaches every
 * node. Shared by all event loops, and by Hazelcast's threads.
 *
 * <p>A replicated map would have the entries at every node without a copy of ours, but it confirms
 * a change before any other node has it, and it merges by whole values after a partition.
 */
final class HazelcastRevocationStore implements RevocationStore {

  private final VertxInternal vertx;
  private final Nodes nodes;
  private final IMap<String, Revocation> map;

  HazelcastRevocationStore(Vertx vertx, HazelcastInstance hazelcast, Nodes nodes) {
    this.vertx = (VertxInternal) vertx;
    this.nodes = nodes;
    map = hazelcast.getMap(DirectoryNames.REVOCATIONS);
  }

  @Override
  public Future<Void> put(Revocation entry) {
    return HazelcastFutures.onContext(vertx, map.submitToKey(entry.id(), new RevocationPut(entry)))
        .mapEmpty();
  }

  @Override
  public Future<Void> remove(String id) {
    return HazelcastFutures.onContext(vertx, map.removeAsync(id)).mapEmpty();
  }

  @Override
  public Future<Collection<Revocation>> all() {
    return vertx.executeBlocking(() -> List.copyOf(map.values()), false);
  }

  @Override
  public Future<Void> watch(Listener listener) {
    nodes.watch(new Membership(listener));
    return vertx
        .executeBlocking(() -> map.addEntryListener(new Changes(listener), true))
        .mapEmpty();
  }

  /** Passes on what other nodes and this one change. */
  private record Changes(Listener listener)
      implements EntryAddedListener<String, Revocation>,
          EntryUpdatedListener<String, Revocation>,
          EntryRemovedListener<String, Revocation> {

    @Override
    public void entryAdded(EntryEvent<String, Revocation> event) {
      listener.added(event.getValue());
    }

    @Override
    public void entryUpdated(EntryEvent<String, Revocation> event) {
      listener.added(event.getValue());
    }

    @Override
    public void entryRemoved(EntryEvent<String, Revocation> event) {
      listener.removed(event.getKey());
    }
  }

  /** Reports when events may have been lost with a node, or in a partition. */
  private record Membership(Listener listener) implements Nodes.Listener {

    @Override
    public void joined(Nodes.Node node) {
      // It reads all entries itself.
    }

    @Override
    public void left(Nodes.Node node) {
      listener.interrupted(false);
    }

    @Override
    public void merged() {
      listener.interrupted(true);
    }
  }
}
