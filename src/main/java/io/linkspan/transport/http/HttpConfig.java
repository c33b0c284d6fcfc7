package io.linkspan.transport.http;

import io.linkspan.config.ConfigNode;
import io.linkspan.transport.channel.TlsConfig;
import java.time.Duration;
import java.util.List;

/**
 * The HTTP port.
 *
 * @param port 0 is any free one
 * @param idleTimeout a connection that is not a WebSocket and idle for so long is closed
 * @param origins allowed values of the Origin header; {@code *} allows all
 */
public record HttpConfig(
    String host, int port, Duration idleTimeout, List<String> origins, TlsConfig tls) {

  public HttpConfig {
    origins = List.copyOf(origins);
  }

  /** Reads the section {@code http}. */
  public static HttpConfig read(ConfigNode http) {
    return new HttpConfig(
        http.name("host"),
        http.port("port"),
        http.duration("idleTimeout", Duration.ofSeconds(1)),
        http.texts("origins"),
        TlsConfig.read(http.section("tls")));
  }
}
