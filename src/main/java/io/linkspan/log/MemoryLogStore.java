package io.linkspan.log;

import io.linkspan.memory.MemoryLevel;
import io.linkspan.memory.MemoryUse;
import io.linkspan.memory.MessageCost;
import io.linkspan.memory.SharedMemoryAccount;
import io.vertx.core.Future;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;

/**
 * Stores logs in the memory of one node, which loses them when it ends. Shared by all event loops,
 * hence synchronized; each call is short.
 */
public final class MemoryLogStore implements LogStore {

  private final SharedMemoryAccount memory;
  private final long total;
  private final Map<String, BoundedLog> logs = new HashMap<>();

  private long cost;

  /**
   * Creates an empty store.
   *
   * @param memory is charged for all logs
   * @param total bytes of all logs, at most
   */
  public MemoryLogStore(SharedMemoryAccount memory, long total) {
    this.memory = memory;
    this.total = total;
  }

  @Override
  public Future<Void> start() {
    return Future.succeededFuture();
  }

  @Override
  public synchronized Future<Appended> append(
      String name, List<NewEntry> entries, LogBounds bounds, long now) {
    if (cost >= total || memory.isAt(MemoryLevel.FULL)) {
      return Future.failedFuture(MessageCost.full());
    }
    BoundedLog log = logs.get(name);
    boolean isNew = log == null;
    if (isNew) {
      log = new BoundedLog(Epochs.draw());
    }
    long before = log.cost();
    Appended appended = log.append(entries, bounds, now);
    charge(log.cost() - before + (isNew && !log.isEmpty() ? MessageCost.ofText(name) : 0));
    if (isNew && !log.isEmpty()) {
      logs.put(name, log);
    }
    return Future.succeededFuture(appended);
  }

  @Override
  public synchronized Future<LogRead> read(
      String name, LogPosition from, int maxEntries, long maxBytes, long now) {
    BoundedLog log = logs.get(name);
    return Future.succeededFuture(
        log == null ? LogRead.none(from) : log.read(from, maxEntries, maxBytes, now));
  }

  @Override
  public synchronized Future<Integer> remove(String name, long epoch, Collection<Long> offsets) {
    return Future.succeededFuture(change(name, log -> log.remove(epoch, offsets)));
  }

  @Override
  public synchronized Future<Integer> trim(String name, LogPosition to) {
    return Future.succeededFuture(change(name, log -> log.trim(to)));
  }

  @Override
  public synchronized Future<Void> delete(String name) {
    BoundedLog log = logs.remove(name);
    if (log != null) {
      charge(-log.cost() - MessageCost.ofText(name));
    }
    return Future.succeededFuture();
  }

  @Override
  public synchronized Future<Map<String, Integer>> expire(long now) {
    Map<String, Integer> expired = new HashMap<>();
    for (String name : List.copyOf(logs.keySet())) {
      int count = change(name, log -> log.expire(now));
      if (count > 0) {
        expired.put(name, count);
      }
    }
    return Future.succeededFuture(expired);
  }

  @Override
  public Future<Void> close() {
    return Future.succeededFuture();
  }

  /** Changes a log, which ends if that empties it. */
  private int change(String name, ToIntFunction<BoundedLog> change) {
    BoundedLog log = logs.get(name);
    if (log == null) {
      return 0;
    }
    long before = log.cost();
    int count = change.applyAsInt(log);
    charge(log.cost() - before);
    if (log.isEmpty()) {
      logs.remove(name);
      charge(-MessageCost.ofText(name));
    }
    return count;
  }

  private void charge(long bytes) {
    cost += bytes;
    memory.change(MemoryUse.LOGS, bytes);
  }
}
