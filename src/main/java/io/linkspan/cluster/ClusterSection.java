package io.linkspan.cluster;

import io.linkspan.config.ConfigNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Reads the section {@code cluster} of the configuration. */
final class ClusterSection {

  private static final Pattern HOST = Pattern.compile("[A-Za-z0-9.:_-]*");
  private static final Pattern MEMBER = Pattern.compile("[A-Za-z0-9._-]+(:\\d{1,5})?");
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final Duration HOUR = Duration.ofHours(1);

  private final ConfigNode cluster;

  private ClusterSection(ConfigNode cluster) {
    this.cluster = cluster;
  }

  static ClusterConfig read(ConfigNode cluster) {
    return new ClusterSection(cluster).read();
  }

  private ClusterConfig read() {
    boolean enabled = cluster.flag("enabled");
    int port = cluster.port("port");
    int busPort = cluster.port("busPort");
    if (busPort != 0 && busPort == port) {
      cluster.reject("busPort", "another port than " + cluster.keyOf("port"));
    }
    return new ClusterConfig(
        enabled,
        cluster.name("name"),
        host(),
        port,
        busPort,
        join(enabled),
        heartbeat(cluster.section("heartbeat")));
  }

  private String host() {
    String host = cluster.text("host");
    if (!HOST.matcher(host).matches() || host.equals("0.0.0.0") || host.equals("::")) {
      cluster.reject("host", "one address of this node, at which others reach it");
    }
    return host;
  }

  private ClusterConfig.Join join(boolean enabled) {
    ConfigNode join = cluster.section("join");
    List<String> members = join.texts("members");
    if (!members.stream().allMatch(member -> MEMBER.matcher(member).matches())) {
      join.reject("members", "a list of host or host:port");
    }
    boolean multicast = join.flag("multicast");
    ConfigNode kubernetes = join.section("kubernetes");
    String service = kubernetes.text("service");
    if (!HOST.matcher(service).matches()) {
      kubernetes.reject("service", "the DNS name of a service");
    }
    List<ClusterConfig.Join> ways = new ArrayList<>();
    if (!members.isEmpty()) {
      ways.add(new ClusterConfig.Members(members));
    }
    if (multicast) {
      ways.add(new ClusterConfig.Multicast());
    }
    if (!service.isEmpty()) {
      ways.add(new ClusterConfig.Kubernetes(service));
    }
    boolean undecided = ways.size() > 1 || (enabled && ways.isEmpty());
    if (undecided) {
      join.reject("", "one of members, multicast and kubernetes.service to be set");
    }
    return ways.isEmpty() ? new ClusterConfig.Members(List.of()) : ways.get(0);
  }

  private static ClusterConfig.Heartbeat heartbeat(ConfigNode heartbeat) {
    Duration interval = wholeSeconds(heartbeat, "interval", MINUTE);
    Duration timeout = wholeSeconds(heartbeat, "timeout", HOUR);
    if (timeout.compareTo(interval.multipliedBy(2)) < 0) {
      heartbeat.reject("timeout", "at least twice " + heartbeat.keyOf("interval"));
    }
    return new ClusterConfig.Heartbeat(interval, timeout);
  }

  private static Duration wholeSeconds(ConfigNode section, String key, Duration max) {
    Duration value = section.duration(key, SECOND, max);
    if (value.toMillis() % SECOND.toMillis() != 0) {
      section.reject(key, "whole seconds");
    }
    return value;
  }
}
