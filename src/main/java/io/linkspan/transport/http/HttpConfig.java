package io.linkspan.transport.http;

import io.linkspan.config.ConfigNode;
import io.linkspan.config.Hosts;
import io.linkspan.listener.ProxyConfig;
import io.linkspan.listener.TlsConfig;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * The HTTP port.
 *
 * @param port 0 is any free one
 * @param idleTimeout a connection that is not a WebSocket and idle for so long is closed
 * @param maxRequestLine bytes of a request line; a longer one is answered with 414
 * @param origins allowed values of the Origin header beside the same origin; {@code *} allows all
 * @param playground whether the playground page is served
 * @param serveClient whether web pages can load the JavaScript client, as the playground does
 * @param proxy names the clients of requests
 */
public record HttpConfig(
    String host,
    int port,
    Duration idleTimeout,
    int maxRequestLine,
    List<String> origins,
    boolean playground,
    boolean serveClient,
    ProxyConfig proxy,
    TlsConfig tls) {

  private static final int MIN_REQUEST_LINE = 1024;
  private static final int MAX_REQUEST_LINE = 1 << 20;

  private enum Playground {
    ON,
    OFF,
    BY_HOST
  }

  private static final Map<String, Playground> PLAYGROUND =
      Map.of("true", Playground.ON, "false", Playground.OFF, "by-host", Playground.BY_HOST);

  public HttpConfig {
    origins = List.copyOf(origins);
  }

  /** Returns whether only this machine can reach the port. */
  public boolean isLocal() {
    return Hosts.isLoopback(host);
  }

  /** Reads the section {@code http}. */
  public static HttpConfig read(ConfigNode http) {
    String host = http.name("host");
    Playground playground = http.choice("playground", PLAYGROUND);
    return new HttpConfig(
        host,
        http.port("port"),
        http.duration("idleTimeout", Duration.ofSeconds(1)),
        http.size("maxRequestLine", MIN_REQUEST_LINE, MAX_REQUEST_LINE),
        http.texts("origins"),
        playground == Playground.ON || (playground == Playground.BY_HOST && Hosts.isLoopback(host)),
        http.flag("serveClient"),
        ProxyConfig.readHttp(http.section("proxy")),
        TlsConfig.read(http.section("tls")));
  }
}
