package io.linkspan.cluster;

import io.linkspan.config.ConfigNode;
import java.time.Duration;
import java.util.List;

/**
 * How this node finds the others and is found.
 *
 * @param enabled whether there are others; the rest counts only then
 * @param name of the cluster; nodes of another name are strangers
 * @param host address at which other nodes reach this one; empty is the first that is not loopback
 * @param port of Hazelcast; 0 is the first free one from 5701 on
 * @param busPort of the event bus; 0 is any free one
 * @param heartbeat when a silent node counts as lost
 */
public record ClusterConfig(
    boolean enabled,
    String name,
    String host,
    int port,
    int busPort,
    Join join,
    Heartbeat heartbeat) {

  /** Reads the section {@code cluster}. */
  public static ClusterConfig read(ConfigNode cluster) {
    return ClusterSection.read(cluster);
  }

  /** The way in which nodes find each other. */
  public sealed interface Join {}

  /**
   * By a list of addresses.
   *
   * @param members as {@code host} or {@code host:port}; some of them, it need not be all
   */
  public record Members(List<String> members) implements Join {
    public Members {
      members = List.copyOf(members);
    }
  }

  /** By asking around in the local network. */
  public record Multicast() implements Join {}

  /**
   * By the DNS name of a headless Kubernetes service.
   *
   * @param service fully qualified, such as {@code linkspan.default.svc.cluster.local}
   */
  public record Kubernetes(String service) implements Join {}

  /**
   * How nodes watch each other. A process that ends is noticed at once; this is for one that hangs
   * or was cut off.
   *
   * @param interval between two signs of life, in whole seconds
   * @param timeout without one until a node counts as lost, in whole seconds
   */
  public record Heartbeat(Duration interval, Duration timeout) {}
}
