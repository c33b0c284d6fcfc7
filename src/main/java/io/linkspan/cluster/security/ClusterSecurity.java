package io.linkspan.cluster.security;

import io.linkspan.config.ConfigNode;
import io.linkspan.config.Hosts;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Settings that keep strangers out of a cluster.
 *
 * @param secrets of the cluster, the one that replaces the other first; none: anybody who reaches
 *     the ports is a member
 * @param cert path of a PEM certificate chain for the event bus; empty: the secret vouches for
 *     certificates that last as long as the process
 * @param key path of its PEM key
 * @param ca path of the PEM certificates that vouch for those of the other nodes
 * @param reload from one check of these files for changes to the next
 */
public record ClusterSecurity(
    List<String> secrets, String cert, String key, String ca, Duration reload) {

  /** A cluster on one machine, where no other one reaches its ports. */
  public static final ClusterSecurity NONE =
      new ClusterSecurity(List.of(), "", "", "", Duration.ofMinutes(1));

  /** With 64 characters to choose from, 96 bits. */
  private static final int SHORTEST_SECRET = 16;

  private static final Duration FASTEST_RELOAD = Duration.ofMillis(100);

  public ClusterSecurity {
    secrets = List.copyOf(secrets);
  }

  /** Returns whether members authenticate each other. */
  public boolean enabled() {
    return !secrets.isEmpty();
  }

  /** Returns whether the certificates of the event bus are in files. */
  boolean hasFiles() {
    return !cert.isEmpty();
  }

  /**
   * Reads the keys {@code secret}, {@code previousSecret} and {@code tls} of the section {@code
   * cluster}.
   *
   * @param enabled whether the node joins a cluster
   * @param host where it listens; empty is an address that other machines reach
   */
  public static ClusterSecurity read(ConfigNode cluster, boolean enabled, String host) {
    List<String> secrets = new ArrayList<>();
    for (String key : List.of("secret", "previousSecret")) {
      String secret = cluster.secret(key);
      if (!secret.isEmpty() && secret.length() < SHORTEST_SECRET) {
        cluster.rejectSecret(key, "a secret of at least " + SHORTEST_SECRET + " characters");
      }
      if (!secret.isEmpty()) {
        secrets.add(secret);
      }
    }
    boolean isSecret = !cluster.secret("secret").isEmpty();
    if (enabled && !isSecret && (host.isEmpty() || !Hosts.isLoopback(host))) {
      cluster.rejectSecret("secret", "a secret, as cluster.host is not a loopback address");
    } else if (!isSecret && !secrets.isEmpty()) {
      cluster.rejectSecret("previousSecret", "cluster.secret beside it");
    }
    return readTls(cluster.section("tls"), secrets);
  }

  private static ClusterSecurity readTls(ConfigNode tls, List<String> secrets) {
    String cert = tls.file("cert");
    String key = tls.file("key");
    String ca = tls.file("ca");
    boolean any = !(cert + key + ca).isEmpty();
    if (any && (cert.isEmpty() || key.isEmpty() || ca.isEmpty())) {
      tls.reject("", "cert, key and ca, or none of them");
    }
    if (any && secrets.isEmpty()) {
      tls.reject("", "cluster.secret beside it, which protects the other port");
    }
    return new ClusterSecurity(secrets, cert, key, ca, tls.duration("reload", FASTEST_RELOAD));
  }

  /** Returns a text without the secrets. */
  @Override
  public String toString() {
    return "ClusterSecurity[%d secrets, %s, %s, %s, %s]"
        .formatted(secrets.size(), cert, key, ca, reload);
  }
}
