package io.linkspan.transport.channel;

import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.PemKeyCertOptions;

/**
 * What a listener shows to its clients.
 *
 * @param cert path of a PEM certificate chain; empty is no TLS
 * @param key path of its PEM key
 */
public record TlsConfig(String cert, String key) {

  /** Sets a server up, unless there is to be no TLS. */
  public void applyTo(NetServerOptions options) {
    if (!cert.isEmpty()) {
      options
          .setSsl(true)
          .setUseAlpn(false)
          .setKeyCertOptions(new PemKeyCertOptions().addCertPath(cert).addKeyPath(key));
    }
  }
}
