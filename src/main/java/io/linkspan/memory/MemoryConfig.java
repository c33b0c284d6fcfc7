package io.linkspan.memory;

import io.linkspan.config.ConfigNode;

/**
 * Memory that clients may make a node hold.
 *
 * @param heap bytes of the Java heap; 0 is half of the JVM's limit
 * @param direct bytes of direct memory; 0 is three quarters of the JVM's limit
 * @param refuseAt percent of either at which new clients are refused
 * @param shedAt percent at which volatile messages and slow clients are dropped
 * @param fullAt percent at which messages are refused
 */
public record MemoryConfig(long heap, long direct, int refuseAt, int shedAt, int fullAt) {

  private static final int MIN_BYTES = 64 << 10;

  /**
   * Part of the JVM's heap that is left to everything that is not charged, and to the collector.
   */
  private static final int HEAP_PARTS = 2;

  private static final int DIRECT_QUARTERS = 3;

  /** Reads the section {@code memory}. */
  public static MemoryConfig read(ConfigNode memory) {
    int fullAt = memory.count("fullAt", 1, 100);
    int shedAt = memory.count("shedAt", 1, 100);
    int refuseAt = memory.count("refuseAt", 1, 100);
    if (shedAt > fullAt) {
      memory.reject("shedAt", "no more than memory.fullAt");
    }
    if (refuseAt > shedAt) {
      memory.reject("refuseAt", "no more than memory.shedAt");
    }
    return new MemoryConfig(
        bytes(memory, "heap"), bytes(memory, "direct"), refuseAt, shedAt, fullAt);
  }

  private static int bytes(ConfigNode memory, String key) {
    int bytes = memory.size(key, 0);
    if (bytes > 0 && bytes < MIN_BYTES) {
      memory.reject(key, "0, or at least " + MIN_BYTES + " bytes");
    }
    return bytes;
  }

  /**
   * Returns the same with both limits set.
   *
   * @param maxHeap limit of the JVM's heap
   * @param maxDirect limit of the JVM's direct memory
   */
  MemoryConfig within(long maxHeap, long maxDirect) {
    return new MemoryConfig(
        heap > 0 ? heap : maxHeap / HEAP_PARTS,
        direct > 0 ? direct : maxDirect / 4 * DIRECT_QUARTERS,
        refuseAt,
        shedAt,
        fullAt);
  }
}
