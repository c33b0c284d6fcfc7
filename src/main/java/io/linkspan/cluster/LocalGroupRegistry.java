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
 * Which shards of this node have members of which groups; the cluster hears of the first and of the
 * last of them only. Shared by all event loops of the node.
 *
 * <p>What is told of one group is told one after the other. So a first member on another shard
 * waits until the node is entered, and a node that left and came back ends as entered.
 */
final class LocalGroupRegistry {

  /** Tells the cluster that this node has members of a group, or has none any more. */
  interface Teller extends BiFunction<String, Boolean, Future<Void>> {}

  private final LocalSessionDirectory here = new LocalSessionDirectory();
  private final ConcurrentMap<String, Future<Void>> untold = new ConcurrentHashMap<>();
  private final Teller teller;

  LocalGroupRegistry(Teller teller) {
    this.teller = teller;
  }

  /** Done, on any thread, when the cluster knows. */
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

  /** Done, on any thread, when the cluster knows. */
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

  /** Tells once more that this node has members; done, on any thread, when the cluster knows. */
  Future<Void> repeat(Set<String> groups) {
    return Future.join(
            groups.stream()
                .map(group -> change(group, () -> !here.shardsHere(group).isEmpty(), true))
                .toList())
        .mapEmpty();
  }

  /** Bus addresses of the shards with members. */
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
    // Not above: it may be done already, and a map must not change while it computes.
    told.onComplete(done -> untold.remove(group, told));
    return told;
  }
}
