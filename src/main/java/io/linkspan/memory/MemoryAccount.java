package io.linkspan.memory;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The part of a {@link MemoryBudget} that one event loop has charged. A charge is a few additions:
 * the budget, which all loops share, is asked for a chunk from time to time. Used only on its event
 * loop, but other threads may read the sums.
 */
public final class MemoryAccount {

  /** After so many written bytes the direct memory is measured. */
  private static final long MEASURE_AFTER = 64 << 10;

  /** An account gives back what it has taken and does not need beyond this number of chunks. */
  private static final int SPARE_CHUNKS = 2;

  private final MemorySource budget;
  private final long chunk;

  /** By use; written by the event loop only. */
  private final Map<MemoryUse, AtomicLong> charged = new EnumMap<>(MemoryUse.class);

  private long used;
  private long granted;
  private long written;
  private volatile long largestHolder;

  /**
   * Creates an empty account.
   *
   * @param chunk bytes that are taken from the budget at once
   */
  MemoryAccount(MemorySource budget, long chunk) {
    this.budget = budget;
    this.chunk = chunk;
    for (MemoryUse use : MemoryUse.values()) {
      charged.put(use, new AtomicLong());
    }
  }

  /** Charges bytes of the heap; whether there is room is a question before, to the level. */
  public void charge(MemoryUse use, long bytes) {
    add(use, bytes);
    if (used > granted) {
      take(used - granted + chunk);
    }
  }

  /** Gives back bytes that were charged. */
  public void release(MemoryUse use, long bytes) {
    add(use, -bytes);
    if (granted - used > SPARE_CHUNKS * chunk) {
      take(used + chunk - granted);
    }
  }

  /** Charges a change, which may be negative. */
  public void change(MemoryUse use, long bytes) {
    if (bytes > 0) {
      charge(use, bytes);
    } else if (bytes < 0) {
      release(use, -bytes);
    }
  }

  /** Counts bytes that are about to be written, and measures the direct memory now and then. */
  public void writes(long bytes) {
    written += bytes;
    if (written >= MEASURE_AFTER) {
      written = 0;
      budget.measure();
    }
  }

  /** Measures the direct memory in use. */
  public void measure() {
    budget.measure();
  }

  /** Returns the level of the budget. */
  public MemoryLevel level() {
    return budget.level();
  }

  /** Returns whether the budget is at a level or above it. */
  public boolean isAt(MemoryLevel level) {
    return budget.level().compareTo(level) >= 0;
  }

  /** Returns the limit of the heap in bytes, which all loops share. */
  public long limit() {
    return budget.heapLimit();
  }

  /**
   * Returns the bytes that the largest holder of all event loops held when it was last measured.
   */
  public long largestOfAll() {
    return budget.largestHolder();
  }

  /** Sets the bytes of the largest holder on this event loop. */
  public void largestHolder(long bytes) {
    largestHolder = bytes;
  }

  long largestHolder() {
    return largestHolder;
  }

  /** Returns the bytes that are charged for one use. Other threads may call it. */
  public long charged(MemoryUse use) {
    return charged.get(use).get();
  }

  private void add(MemoryUse use, long bytes) {
    used += bytes;
    AtomicLong sum = charged.get(use);
    sum.lazySet(sum.getPlain() + bytes);
  }

  private void take(long bytes) {
    granted += bytes;
    budget.grant(bytes);
  }
}
