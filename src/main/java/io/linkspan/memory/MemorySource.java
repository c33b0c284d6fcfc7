package io.linkspan.memory;

/** The memory of a node, as its accounts see it. Shared by all event loops. */
interface MemorySource {

  /** Takes bytes of the heap for an account, or gives them back when negative. */
  void grant(long bytes);

  /** Measures the direct memory in use. */
  void measure();

  /** Returns the level. */
  MemoryLevel level();

  /** Returns the limit of the heap in bytes. */
  long heapLimit();

  /**
   * Returns the bytes that the largest holder of all event loops held when it was last measured.
   */
  long largestHolder();
}
