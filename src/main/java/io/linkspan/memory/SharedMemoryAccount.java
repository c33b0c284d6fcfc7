package io.linkspan.memory;

/**
 * A {@link MemoryAccount} of what several event loops have together. Shared by all event loops,
 * hence synchronized; it is charged rarely.
 */
public final class SharedMemoryAccount {

  private final MemoryAccount account;

  /** Creates an empty account. */
  public SharedMemoryAccount(MemoryBudget budget) {
    account = budget.newAccount();
  }

  /** Charges a change, which may be negative. */
  public synchronized void change(MemoryUse use, long bytes) {
    account.change(use, bytes);
  }

  /** Returns whether the budget is at a level or above it. */
  public boolean isAt(MemoryLevel level) {
    return account.isAt(level);
  }

  /** Returns the limit of the heap in bytes. */
  public long limit() {
    return account.limit();
  }
}
