package io.linkspan.listener;

import io.linkspan.config.ConfigNode;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.PemKeyCertOptions;

/**
 * Certificate of a listener.
 *
 * @param cert path of a PEM certificate chain; empty disables TLS
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

  /** Reads a section {@code tls}, whose keys are both set or both empty. */
  public static TlsConfig read(ConfigNode tls) {
    String cert = tls.file("cert");
    String key = tls.file("key");
    if (cert.isEmpty() != key.isEmpty()) {
      tls.reject(cert.isEmpty() ? "cert" : "key", "a file, as the other of cert and key is set");
    }
    return new TlsConfig(cert, key);
  }
}
