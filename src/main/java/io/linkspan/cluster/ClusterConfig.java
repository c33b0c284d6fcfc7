package io.linkspan.cluster;

import io.linkspan.cluster.security.ClusterSecurity;
import io.linkspan.config.ConfigNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Settings of the membership in a cluster.
 *
 * @param enabled whether the node joins a cluster; otherwise the rest is ignored
 * @param name of the cluster; nodes with another name are not members
 * @param host address at which other nodes reach this one; empty is the first that is not loopback
 * @param port of Hazelcast; 0 is the first free one from 5701 on
 * @param busPort of the event bus; 0 is any free one
 * @param heartbeat when a silent node counts as lost
 * @param security which processes are members
 */
public record ClusterConfig(
    boolean enabled,
    String name,
    String host,
    int port,
    int busPort,
    Join join,
    Heartbeat heartbeat,
    ClusterSecurity security) {

  private static final Pattern HOST = Pattern.compile("[A-Za-z0-9.:_-]*");
  private static final Pattern MEMBER = Pattern.compile("[A-Za-z0-9._-]+(:\\d{1,5})?");
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration LONGEST_INTERVAL = Duration.ofMinutes(1);
  private static final Duration LONGEST_TIMEOUT = Duration.ofHours(1);

  /** Way in which nodes find each other. */
  public sealed interface Join {

    private static Join read(ConfigNode join, boolean required) {
      List<Join> ways = new ArrayList<>();
      List<String> members = join.texts("members");
      if (!members.stream().allMatch(member -> MEMBER.matcher(member).matches())) {
        join.reject("members", "a list of host or host:port");
      }
      if (!members.isEmpty()) {
        ways.add(new Members(members));
      }
      if (join.flag("multicast")) {
        ways.add(new Multicast());
      }
      ConfigNode kubernetes = join.section("kubernetes");
      String service = kubernetes.text("service");
      if (!HOST.matcher(service).matches()) {
        kubernetes.reject("service", "the DNS name of a service");
      }
      if (!service.isEmpty()) {
        ways.add(new Kubernetes(service));
      }
      if (ways.size() > 1 || (required && ways.isEmpty())) {
        join.reject("", "one of members, multicast and kubernetes.service to be set");
      }
      return ways.isEmpty() ? new Members(List.of()) : ways.get(0);
    }
  }

  /**
   * A list of addresses.
   *
   * @param members as {@code host} or {@code host:port}; some members are enough
   */
  public record Members(List<String> members) implements Join {
    public Members {
      members = List.copyOf(members);
    }
  }

  /** Multicast in the local network. */
  public record Multicast() implements Join {}

  /**
   * The DNS name of a headless Kubernetes service.
   *
   * @param service fully qualified, such as {@code linkspan.default.svc.cluster.local}
   */
  public record Kubernetes(String service) implements Join {}

  /**
   * Settings of the heartbeats between nodes. The end of a process is noticed at once; heartbeats
   * detect nodes that hang or are partitioned.
   *
   * @param interval between two heartbeats, in whole seconds
   * @param timeout without a heartbeat until a node counts as lost, in whole seconds
   */
  public record Heartbeat(Duration interval, Duration timeout) {

    private static Heartbeat read(ConfigNode heartbeat) {
      Duration interval = wholeSeconds(heartbeat, "interval", LONGEST_INTERVAL);
      Duration timeout = wholeSeconds(heartbeat, "timeout", LONGEST_TIMEOUT);
      if (timeout.compareTo(interval.multipliedBy(2)) < 0) {
        heartbeat.reject("timeout", "at least twice " + heartbeat.keyOf("interval"));
      }
      return new Heartbeat(interval, timeout);
    }

    private static Duration wholeSeconds(ConfigNode section, String key, Duration max) {
      Duration value = section.duration(key, SECOND, max);
      if (value.toMillis() % SECOND.toMillis() != 0) {
        section.reject(key, "whole seconds");
      }
      return value;
    }
  }

  /** Reads the section {@code cluster}. */
  public static ClusterConfig read(ConfigNode cluster) {
    boolean enabled = cluster.flag("enabled");
    int port = cluster.port("port");
    int busPort = cluster.port("busPort");
    if (busPort != 0 && busPort == port) {
      cluster.reject("busPort", "another port than " + cluster.keyOf("port"));
    }
    String host = readHost(cluster);
    return new ClusterConfig(
        enabled,
        cluster.name("name"),
        host,
        port,
        busPort,
        Join.read(cluster.section("join"), enabled),
        Heartbeat.read(cluster.section("heartbeat")),
        ClusterSecurity.read(cluster, enabled, host));
  }

  private static String readHost(ConfigNode cluster) {
    String host = cluster.text("host");
    if (!HOST.matcher(host).matches() || host.equals("0.0.0.0") || host.equals("::")) {
      cluster.reject("host", "one address of this node, at which others reach it");
    }
    return host;
  }
}
