package io.linkspan.admission;

/** Reads the text {@code host:port} that links are called by. Pure. */
public final class RemoteAddress {

  private RemoteAddress() {}

  /** Returns the network address, without the brackets that an IPv6 address may have. */
  public static String host(String remote) {
    int port = remote.lastIndexOf(':');
    String host = port < 0 ? remote : remote.substring(0, port);
    return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
  }
}
