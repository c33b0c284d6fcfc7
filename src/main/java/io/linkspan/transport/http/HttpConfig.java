package io.linkspan.transport.http;

import java.time.Duration;
import java.util.List;

/**
 * The port that WebSocket clients and browsers connect to.
 *
 * @param port 0 is any free one
 * @param idleTimeout a connection that is no WebSocket and moves nothing for so long is closed
 * @param origins allowed values of the Origin header; {@code *} allows all
 * @param tlsCert path of a PEM certificate chain; empty is no TLS
 * @param tlsKey path of its PEM key
 */
public record HttpConfig(
    String host,
    int port,
    Duration idleTimeout,
    List<String> origins,
    String tlsCert,
    String tlsKey) {

  public HttpConfig {
    origins = List.copyOf(origins);
  }

  boolean tls() {
    return !tlsCert.isEmpty();
  }
}
