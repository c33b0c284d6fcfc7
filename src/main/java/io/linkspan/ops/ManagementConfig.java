package io.linkspan.ops;

import io.linkspan.config.ConfigNode;
import io.linkspan.config.Hosts;

/**
 * Settings of the management port.
 *
 * @param port 0 is any free one
 * @param apiKey required as a Bearer token below {@code /v1}; empty requires none
 */
public record ManagementConfig(String host, int port, String apiKey) {
  /** Reads the section {@code management}. */
  public static ManagementConfig read(ConfigNode management) {
    String host = management.name("host");
    String apiKey = management.secret("apiKey");
    if (apiKey.isEmpty() && !Hosts.isLoopback(host)) {
      management.rejectSecret("apiKey", "a key, as management.host is not a loopback address");
    }
    return new ManagementConfig(host, management.port("port"), apiKey);
  }

  /** Omits the key, which must not appear in a log. */
  @Override
  public String toString() {
    return "ManagementConfig[host=" + host + ", port=" + port + "]";
  }
}
