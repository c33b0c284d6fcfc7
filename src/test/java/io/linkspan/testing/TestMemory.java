package io.linkspan.testing;

import io.linkspan.memory.MemoryBudget;
import io.linkspan.memory.MemoryConfig;

/** Makes memory budgets for tests. */
public final class TestMemory {

  private static final long ENOUGH = 1L << 30;

  private TestMemory() {}

  /** Returns a budget that no test exhausts. */
  public static MemoryBudget budget() {
    return budget(ENOUGH);
  }

  /** Returns a budget with a limit for the heap, for one event loop. */
  public static MemoryBudget budget(long heap) {
    return new MemoryBudget(new MemoryConfig(heap, ENOUGH, 70, 85, 95), 1, () -> 0);
  }
}
