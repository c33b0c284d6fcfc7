package io.linkspan.memory;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * The memory that clients may make a node hold: heap, which is charged by its cost, and direct
 * memory, which is measured. Shared by all event loops. Each loop charges its own {@link
 * MemoryAccount}, which takes from here in chunks.
 */
public final class MemoryBudget implements MemorySource {

  /** Receives changes of the level, on the thread that caused them. */
  public interface Listener {

    /**
     * The level of one kind of memory has changed.
     *
     * @param used bytes of that kind
     */
    void levelChanged(MemoryPool pool, MemoryLevel from, MemoryLevel to, long used);
  }

  /** An account takes this part of the heap's limit at once, shared by all loops. */
  private static final int CHUNKS = 256;

  private static final long MIN_CHUNK = 256;
  private static final long MAX_CHUNK = 1 << 20;

  private final AtomicLong granted = new AtomicLong();
  private final List<MemoryAccount> accounts = new CopyOnWriteArrayList<>();
  private final List<Listener> listeners = new CopyOnWriteArrayList<>();
  private final MemoryPool heap;
  private final MemoryPool direct;
  private final long chunk;
  private volatile MemoryLevel level = MemoryLevel.NORMAL;

  /**
   * Creates a budget.
   *
   * @param config with limits that are set
   * @param loops number of event loops
   * @param directUsed measures the direct memory in use
   */
  public MemoryBudget(MemoryConfig config, int loops, LongSupplier directUsed) {
    heap = new MemoryPool("heap", config.heap(), config, granted::get, this::changed);
    direct = new MemoryPool("direct", config.direct(), config, directUsed, this::changed);
    chunk = Math.max(MIN_CHUNK, Math.min(MAX_CHUNK, config.heap() / CHUNKS / loops));
  }

  /** Returns the account of one more event loop. */
  public MemoryAccount newAccount() {
    var account = new MemoryAccount(this, chunk);
    accounts.add(account);
    return account;
  }

  /** Adds a receiver of changes. */
  public void listen(Listener listener) {
    listeners.add(listener);
  }

  /** Returns the higher of the levels of heap and direct memory. */
  @Override
  public MemoryLevel level() {
    return level;
  }

  /** Returns the heap. */
  public MemoryPool heap() {
    return heap;
  }

  /** Returns the direct memory. */
  public MemoryPool direct() {
    return direct;
  }

  /** Returns the bytes of the heap that are charged, of all accounts together. */
  public long charged() {
    long sum = 0;
    for (MemoryUse use : MemoryUse.values()) {
      sum += charged(use);
    }
    return sum;
  }

  /** Returns the bytes of the heap that are charged for one use. */
  public long charged(MemoryUse use) {
    long sum = 0;
    for (MemoryAccount account : accounts) {
      sum += account.charged(use);
    }
    return sum;
  }

  @Override
  public long heapLimit() {
    return heap.limit();
  }

  @Override
  public long largestHolder() {
    long largest = 0;
    for (MemoryAccount account : accounts) {
      largest = Math.max(largest, account.largestHolder());
    }
    return largest;
  }

  @Override
  public void measure() {
    direct.update();
  }

  @Override
  public void grant(long bytes) {
    granted.addAndGet(bytes);
    heap.update();
  }

  private void changed(MemoryPool pool, MemoryLevel from, MemoryLevel to, long used) {
    synchronized (this) {
      level = highest();
    }
    for (Listener listener : listeners) {
      listener.levelChanged(pool, from, to, used);
    }
  }

  private MemoryLevel highest() {
    return heap.level().compareTo(direct.level()) > 0 ? heap.level() : direct.level();
  }
}
