package io.linkspan.memory;

import io.netty.util.internal.PlatformDependent;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;

/** Reads the limits of the JVM, and its direct memory in use. */
public final class JvmMemory {

  private static final BufferPoolMXBean DIRECT =
      ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
          .filter(pool -> pool.getName().equals("direct"))
          .findFirst()
          .orElseThrow();

  private JvmMemory() {}

  /** Returns a budget with the limits of this JVM where the configuration sets none. */
  public static MemoryBudget budget(MemoryConfig config, int loops) {
    return new MemoryBudget(
        config.within(Runtime.getRuntime().maxMemory(), PlatformDependent.maxDirectMemory()),
        loops,
        JvmMemory::directUsed);
  }

  /** Netty counts its own buffers or has the JDK count them, by what the JVM lets it do. */
  private static long directUsed() {
    return Math.max(PlatformDependent.usedDirectMemory(), DIRECT.getMemoryUsed());
  }
}
