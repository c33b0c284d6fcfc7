package io.linkspan.directory;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;

/** Registers the metrics of a node in its cluster. */
public final class ClusterMetrics {

  private ClusterMetrics() {}

  /**
   * Registers the metrics. The registry does not keep their sources.
   *
   * @param isMember whether this node is a member of its cluster at present
   */
  public static void register(
      MeterRegistry registry, Nodes nodes, SessionDirectory directory, BooleanSupplier isMember) {
    Gauge.builder("linkspan.cluster.nodes", nodes, known -> known.all().size())
        .description("Nodes of the cluster that this node can see, itself included")
        .register(registry);
    Gauge.builder("linkspan.cluster.member", isMember, member -> member.getAsBoolean() ? 1 : 0)
        .description("1 while this node is a member of its cluster")
        .strongReference(true)
        .register(registry);
    DirectoryLookups counts = directory.lookups();
    lookups(registry, "local", counts.local);
    lookups(registry, "remembered", counts.remembered);
    lookups(registry, "remote", counts.remote);
    FunctionCounter.builder("linkspan.directory.failures", counts.failures, LongAdder::sum)
        .description("Look-ups in the directory and changes of it that failed")
        .register(registry);
  }

  private static void lookups(MeterRegistry registry, String source, LongAdder count) {
    FunctionCounter.builder("linkspan.directory.lookups", count, LongAdder::sum)
        .description("Look-ups of sessions, users and groups, by where the answer was")
        .tag("source", source)
        .register(registry);
  }
}
