package io.linkspan.listener;

import io.linkspan.listener.ProxyConfig.Header;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.SocketAddress;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Finds the network address of a client, which may be behind proxies. Only trusted proxies are
 * believed; what others say about themselves is ignored.
 */
public final class ClientAddress {

  private static final String X_FORWARDED_FOR = "X-Forwarded-For";
  private static final String FORWARDED = "Forwarded";

  /** Time for the header of the PROXY protocol, which is the first that a proxy sends. */
  private static final int HEADER_TIMEOUT_SECONDS = 3;

  private final ProxyConfig config;

  public ClientAddress(ProxyConfig config) {
    this.config = config;
  }

  /** Sets a server up for the PROXY protocol, if it is on. */
  public void applyTo(NetServerOptions options) {
    options
        .setUseProxyProtocol(config.protocol())
        .setProxyProtocolTimeout(HEADER_TIMEOUT_SECONDS)
        .setProxyProtocolTimeoutUnit(TimeUnit.SECONDS);
  }

  /** Returns the address of the client of a connection. */
  public SocketAddress of(NetSocket socket) {
    return of(socket.remoteAddress(), socket.remoteAddress(true));
  }

  /** Returns the address of the client that sent a request. */
  public SocketAddress of(HttpServerRequest request) {
    SocketAddress peer =
        of(request.connection().remoteAddress(), request.connection().remoteAddress(true));
    if (config.header() == Header.NONE || !config.trusts(peer.hostAddress())) {
      return peer;
    }
    String client = Forwarded.client(peer.hostAddress(), list(request), config::trusts);
    return client.equals(peer.hostAddress()) ? peer : address(AddressRange.bytes(client), 0);
  }

  private List<String> list(HttpServerRequest request) {
    return config.header() == Header.FORWARDED
        ? Forwarded.forwarded(request.headers().getAll(FORWARDED))
        : Forwarded.forwardedFor(request.headers().getAll(X_FORWARDED_FOR));
  }

  /**
   * @param stated the address that a header of the PROXY protocol names, or the real one
   */
  private SocketAddress of(SocketAddress stated, SocketAddress real) {
    boolean believed =
        config.protocol() && stated.hostAddress() != null && config.trusts(real.hostAddress());
    return believed ? address(AddressRange.bytes(stated.hostAddress()), stated.port()) : real;
  }

  /** Returns an address in its only spelling: limits compare them as texts. */
  private static SocketAddress address(byte[] address, int port) {
    try {
      return SocketAddress.inetSocketAddress(
          new InetSocketAddress(InetAddress.getByAddress(address), port));
    } catch (UnknownHostException e) {
      throw new IllegalStateException("an address has 4 or 16 bytes", e);
    }
  }
}
