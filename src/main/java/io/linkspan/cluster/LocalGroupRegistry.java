package io.linkspan.cluster;

import io.linkspan.directory.LocalSessionDirectory;
import io.vertx.core.Future;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.BiFunction;
import java.util.function.BooleanSupplier;

/**
 * Holds which shards of this node have members of which groups. Only the first and the last member
 * of a group change the cluster's directory. Shared by all event loops of the node.
 *
 * <p>Changes of one group in the directory are made one after the other. So a first member on
 * another shard waits until the node is registered, and a node that leaves and joins again ends as
 * registered.
 */
final class LocalGroupRegistry {

  /**
   * Records in the cluster whether this node has members of a group. Its future must complete on a
   * thread that may record the next change.
   */
  interface Teller extends BiFunction<String, Boolean, Future<Void>> {}

  private final LocalSessionDirectory here = new LocalSessionDirectory();
  private final ConcurrentMap<String, Future<Void>> untold = new ConcurrentHashMap<>();
  private final Teller teller;

  LocalGroupRegistry(Teller teller) {
    this.teller = teller;
  }

  /** Completes, on any thread, when the cluster has recorded it. */
  Future<Void> add(String group, String shard) {
    return change(
        group,
        () -> {
          boolean first = here.shardsHere(group).isEmpty();
          here.addGroup(group, shard);
          return first;
        },
        true);
  }

  /** Completes, on any thread, when the cluster has recorded it. */
  Future<Void> remove(String group, String shard) {
    return change(
        group,
        () -> {
          boolean some = !here.shardsHere(group).isEmpty();
          here.removeGroup(group, shard);
          return some && here.shardsHere(group).isEmpty();
        },
        false);
  }

  /** Records the groups of this node again; completes, on any thread, when it is done. */
  Future<Void> repeat(Set<String> groups) {
    return Future.join(
            groups.stream()
                .map(group -> change(group, () -> !here.shardsHere(group).isEmpty(), true))
                .toList())
        .mapEmpty();
  }

  /** Returns the bus addresses of the shards with members. */
  Collection<String> shards(String group) {
    return here.shardsHere(group);
  }

  private Future<Void> change(String group, BooleanSupplier isNews, boolean members) {
    Future<Void> told =
        untold.compute(
            group,
            (name, before) -> {
              if (!isNews.getAsBoolean()) {
                return before;
              }
              return before == null
                  ? teller.apply(group, members)
                  : before.transform(done -> teller.apply(group, members));
            });
    if (told == null) {
      return Future.succeededFuture();
    }
    // Not above: the future may be complete, and a map must not change while it computes.
    told.onComplete(done -> untold.remove(group, told));
    return told;
  }
}
