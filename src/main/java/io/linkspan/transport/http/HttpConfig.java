package io.linkspan.transport.http;

import io.linkspan.config.ConfigNode;
import io.linkspan.listener.TlsConfig;
import java.time.Duration;
import java.util.List;

/**
 * The HTTP port.
 *
 * @param port 0 is any free one
 * @param idleTimeout a connection that is not a WebSocket and idle for so long is closed
 * @param maxRequestLine bytes of a request line; a longer one is answered with 414
 * @param origins allowed values of the Origin header; {@code *} allows all
 */
public record HttpConfig(
    String host,
    int port,
    Duration idleTimeout,
    int maxRequestLine,
    List<String> origins,
    TlsConfig tls) {

  private static final int MIN_REQUEST_LINE = 1024;
  private static final int MAX_REQUEST_LINE = 1 << 20;

  public HttpConfig {
    origins = List.copyOf(origins);
  }

  /** Reads the section {@code http}. */
  public static HttpConfig read(ConfigNode http) {
    return new HttpConfig(
        http.name("host"),
        http.port("port"),
        http.duration("idleTimeout", Duration.ofSeconds(1)),
        http.size("maxRequestLine", MIN_REQUEST_LINE, MAX_REQUEST_LINE),
        http.texts("origins"),
        TlsConfig.read(http.section("tls")));
  }
}
