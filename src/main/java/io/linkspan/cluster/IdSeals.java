package io.linkspan.cluster;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.map.IMap;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import java.util.Comparator;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * The seals of session ids that the nodes of a cluster share. The first node creates one. Two parts
 * of a cluster that started apart have one each, and when they have found each other every node can
 * read the ids of both. Shared by all event loops.
 *
 * <p>Seals are independent of {@code cluster.secret}: sessions, with their ids, survive its
 * replacement.
 */
final class IdSeals {

  private final VertxInternal vertx;
  private final IMap<Integer, byte[]> all;
  private final ConcurrentMap<Integer, IdSeal> known = new ConcurrentHashMap<>();
  private final IdSeal own;

  /** Reads the seals of the cluster; adds the first one. Blocks. */
  private IdSeals(Vertx vertx, HazelcastInstance hazelcast) {
    this.vertx = (VertxInternal) vertx;
    all = hazelcast.getMap(DirectoryNames.SEALS);
    if (all.isEmpty()) {
      IdSeal first = IdSeal.create();
      all.putIfAbsent(first.number(), first.secret());
    }
    all.forEach(this::learn);
    own = known.values().stream().min(Comparator.comparingInt(IdSeal::number)).orElseThrow();
  }

  /** Shares the seals of the members, of which this process is one. */
  static Future<IdSeals> join(Vertx vertx, HazelcastInstance hazelcast) {
    return vertx.executeBlocking(() -> new IdSeals(vertx, hazelcast));
  }

  private IdSeal learn(int number, byte[] secret) {
    return known.computeIfAbsent(number, n -> new IdSeal(n, secret));
  }

  /** Returns the seal for new ids. */
  IdSeal own() {
    return own;
  }

  /** Returns the seal with a number; null when there is none. */
  Future<IdSeal> find(int number) {
    IdSeal seal = known.get(number);
    return seal != null
        ? Future.succeededFuture(seal)
        : HazelcastFutures.onContext(vertx, all.getAsync(number))
            .map(secret -> secret == null ? null : learn(number, secret));
  }
}
