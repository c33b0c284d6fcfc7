package io.linkspan.listener;

import io.linkspan.config.ConfigNode;
import java.util.List;
import java.util.Map;

/**
 * The proxies in front of a listener, which name the clients behind them.
 *
 * @param trusted addresses of the proxies; others are not believed
 * @param header of a request in which they name the client
 * @param protocol whether each connection begins with a header of the PROXY protocol
 */
public record ProxyConfig(List<AddressRange> trusted, Header header, boolean protocol) {

  /** A header that names the client of a request. */
  public enum Header {
    NONE,
    X_FORWARDED_FOR,
    FORWARDED
  }

  /** A listener without proxies in front. */
  public static final ProxyConfig NONE = new ProxyConfig(List.of(), Header.NONE, false);

  private static final Map<String, Header> HEADERS =
      Map.of(
          "none", Header.NONE,
          "x-forwarded-for", Header.X_FORWARDED_FOR,
          "forwarded", Header.FORWARDED);

  public ProxyConfig {
    trusted = List.copyOf(trusted);
  }

  /** Reads a section {@code proxy} of a listener for HTTP. */
  public static ProxyConfig readHttp(ConfigNode proxy) {
    Header header = proxy.choice("header", HEADERS);
    return read(proxy, header == null ? Header.NONE : header);
  }

  /** Reads a section {@code proxy} of a listener whose connections have no headers. */
  public static ProxyConfig read(ConfigNode proxy) {
    return read(proxy, Header.NONE);
  }

  private static ProxyConfig read(ConfigNode proxy, Header header) {
    List<AddressRange> trusted = AddressRange.list(proxy, "trusted");
    boolean protocol = proxy.flag("protocol");
    if (trusted.isEmpty() && (protocol || header != Header.NONE)) {
      proxy.reject("trusted", "the addresses of the proxies that name clients");
    }
    return new ProxyConfig(trusted, header, protocol);
  }

  /** Returns whether an address is that of a proxy. */
  public boolean trusts(String address) {
    return AddressRange.anyContains(trusted, address);
  }
}
