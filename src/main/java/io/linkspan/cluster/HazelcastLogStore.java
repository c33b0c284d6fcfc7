package io.linkspan.cluster;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.map.IMap;
import io.linkspan.log.Appended;
import io.linkspan.log.BoundedLog;
import io.linkspan.log.Epochs;
import io.linkspan.log.LogBounds;
import io.linkspan.log.LogPosition;
import io.linkspan.log.LogRead;
import io.linkspan.log.LogStore;
import io.linkspan.log.NewEntry;
import io.linkspan.memory.MemoryLevel;
import io.linkspan.memory.MemoryUse;
import io.linkspan.memory.MessageCost;
import io.linkspan.memory.SharedMemoryAccount;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Stores logs in a Hazelcast map with one backup: the loss of one node loses nothing. A ring buffer
 * of Hazelcast takes its whole room from the first entry on, and removes no single ones. Shared by
 * all event loops.
 */
final class HazelcastLogStore implements LogStore {

  private final VertxInternal vertx;
  private final IMap<String, BoundedLog> map;
  private final SharedMemoryAccount memory;
  private final long total;

  /** Bytes of the logs that lie here, and of as many backups, at the last measurement. */
  private final AtomicLong cost = new AtomicLong();

  /**
   * Creates the store of one node.
   *
   * @param memory is charged for the logs that lie here, from time to time
   * @param total bytes of the logs that lie here, above which this node appends to none
   */
  HazelcastLogStore(
      Vertx vertx, HazelcastInstance hazelcast, SharedMemoryAccount memory, long total) {
    this.vertx = (VertxInternal) vertx;
    this.memory = memory;
    this.total = total;
    map = hazelcast.getMap(DirectoryNames.LOGS);
  }

  @Override
  public Future<Void> start() {
    return Future.succeededFuture();
  }

  @Override
  public Future<Appended> append(String log, List<NewEntry> entries, LogBounds bounds, long now) {
    if (cost.get() >= total || memory.isAt(MemoryLevel.FULL)) {
      return Future.failedFuture(MessageCost.full());
    }
    var append = new LogProcessors.Append(Epochs.draw(), List.copyOf(entries), bounds, now);
    return HazelcastFutures.onContext(vertx, map.submitToKey(log, append));
  }

  @Override
  public Future<LogRead> read(
      String log, LogPosition from, int maxEntries, long maxBytes, long now) {
    var read = new LogProcessors.Read(from, maxEntries, maxBytes, now);
    return HazelcastFutures.onContext(vertx, map.submitToKey(log, read));
  }

  @Override
  public Future<Integer> remove(String log, long epoch, Collection<Long> offsets) {
    var remove = new LogProcessors.Remove(epoch, List.copyOf(offsets));
    return HazelcastFutures.onContext(vertx, map.submitToKey(log, remove));
  }

  @Override
  public Future<Integer> trim(String log, LogPosition to) {
    return HazelcastFutures.onContext(vertx, map.submitToKey(log, new LogProcessors.Trim(to)));
  }

  @Override
  public Future<Void> delete(String log) {
    return HazelcastFutures.onContext(vertx, map.removeAsync(log)).mapEmpty();
  }

  /** Removes what has expired of the logs that lie here, and measures these logs. */
  @Override
  public Future<Map<String, Integer>> expire(long now) {
    return vertx
        .executeBlocking(() -> (Set<String>) new HashSet<>(map.localKeySet()), false)
        .compose(
            keys ->
                keys.isEmpty()
                    ? Future.succeededFuture(Map.<String, long[]>of())
                    : HazelcastFutures.onContext(
                        vertx, map.submitToKeys(keys, new LogProcessors.Expire(now))))
        .map(this::measured);
  }

  private Map<String, Integer> measured(Map<String, long[]> logs) {
    Map<String, Integer> expired = new HashMap<>();
    long sum = 0;
    for (Map.Entry<String, long[]> log : logs.entrySet()) {
      int count = (int) log.getValue()[0];
      if (count > 0) {
        expired.put(log.getKey(), count);
      }
      // This node has about as many backups of others.
      sum += 2 * (log.getValue()[1] + MessageCost.ofText(log.getKey()));
    }
    memory.change(MemoryUse.LOGS, sum - cost.getAndSet(sum));
    return expired;
  }

  @Override
  public Future<Void> close() {
    return Future.succeededFuture();
  }
}
