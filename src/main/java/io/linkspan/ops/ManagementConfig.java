package io.linkspan.ops;

import io.linkspan.config.ConfigNode;
import io.linkspan.config.Hosts;
import io.linkspan.storm.StormConfig;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Settings of the management port.
 *
 * @param port 0 is any free one
 * @param hosts names in the Host header, beside localhost and addresses; {@code *.example} allows
 *     the names below it, {@code *} all
 * @param apiKey required as a Bearer token below {@code /v1}; empty requires none
 * @param requestTimeout time for all of a request, from its first byte
 * @param idleTimeout a connection that sends no further request for so long is closed
 * @param storm whether the management port starts storms, and how large
 */
public record ManagementConfig(
    String host,
    int port,
    List<String> hosts,
    String apiKey,
    Duration requestTimeout,
    Duration idleTimeout,
    StormConfig storm) {

  /** With 64 characters to choose from, 96 bits. */
  private static final int SHORTEST_KEY = 16;

  private static final Pattern NAME = Pattern.compile("\\*|(?:\\*\\.)?[\\w.-]{1,253}");

  private static final Duration SHORTEST_TIMEOUT = Duration.ofSeconds(1);

  public ManagementConfig {
    hosts = hosts.stream().map(name -> name.toLowerCase(Locale.ROOT)).toList();
  }

  /** Reads the section {@code management}. */
  public static ManagementConfig read(ConfigNode management) {
    String host = management.name("host");
    String apiKey = management.secret("apiKey");
    if (apiKey.isEmpty() && !Hosts.isLoopback(host)) {
      management.rejectSecret("apiKey", "a key, as management.host is not a loopback address");
    }
    if (!apiKey.isEmpty() && apiKey.length() < SHORTEST_KEY) {
      management.rejectSecret("apiKey", "a key of at least " + SHORTEST_KEY + " characters");
    }
    List<String> hosts = management.texts("hosts");
    if (!hosts.stream().allMatch(name -> NAME.matcher(name).matches())) {
      management.reject("hosts", "names without a port, such as a.example.org or *.example.org");
    }
    return new ManagementConfig(
        host,
        management.port("port"),
        hosts,
        apiKey,
        management.duration("requestTimeout", SHORTEST_TIMEOUT),
        management.duration("idleTimeout", SHORTEST_TIMEOUT),
        StormConfig.read(management.section("storm")));
  }

  /** Omits the key, which must not appear in a log. */
  @Override
  public String toString() {
    return "ManagementConfig[host=" + host + ", port=" + port + "]";
  }
}
