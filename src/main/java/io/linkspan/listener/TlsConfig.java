package io.linkspan.listener;

import io.linkspan.config.ConfigNode;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.PemKeyCertOptions;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLContext;

/**
 * TLS of a listener.
 *
 * @param cert path of a PEM certificate chain; empty disables TLS
 * @param key path of its PEM key
 * @param versions that are spoken, such as {@code TLSv1.3}
 * @param ciphers that are spoken, by their names in Java
 * @param reload from one check of the files for changes to the next
 */
public record TlsConfig(
    String cert, String key, List<String> versions, List<String> ciphers, Duration reload) {

  /** A listener without TLS. */
  public static final TlsConfig NONE = new TlsConfig("", "", List.of(), List.of(), Duration.ZERO);

  private static final Set<String> VERSIONS = Set.of("TLSv1.2", "TLSv1.3");
  private static final Duration FASTEST_RELOAD = Duration.ofMillis(100);

  /** Authenticated encryption with a key that is used once: the recommendation of RFC 9325. */
  private static final List<String> DEFAULT_CIPHERS =
      List.of(
          "TLS_AES_128_GCM_SHA256",
          "TLS_AES_256_GCM_SHA384",
          "TLS_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");

  public TlsConfig {
    versions = List.copyOf(versions);
    ciphers = List.copyOf(ciphers);
  }

  /** Returns whether the listener speaks TLS. */
  public boolean enabled() {
    return !cert.isEmpty();
  }

  /** Sets a server up, unless there is to be no TLS. */
  public void applyTo(NetServerOptions options) {
    if (enabled()) {
      options
          .setSsl(true)
          // A WebSocket needs HTTP/1.1.
          .setUseAlpn(false)
          .setEnabledSecureTransportProtocols(new LinkedHashSet<>(versions))
          .setKeyCertOptions(new PemKeyCertOptions().addCertPath(cert).addKeyPath(key));
      ciphers.forEach(options::addEnabledCipherSuite);
    }
  }

  /** Reads a section {@code tls}, whose keys cert and key are both set or both empty. */
  public static TlsConfig read(ConfigNode tls) {
    String cert = tls.file("cert");
    String key = tls.file("key");
    if (cert.isEmpty() != key.isEmpty()) {
      tls.reject(cert.isEmpty() ? "cert" : "key", "a file, as the other of cert and key is set");
    }
    List<String> versions = tls.texts("versions");
    if (versions.isEmpty() || !VERSIONS.containsAll(versions)) {
      tls.reject("versions", "a list of TLSv1.2 and TLSv1.3");
    }
    List<String> ciphers = tls.texts("ciphers");
    List<String> unknown =
        ciphers.stream().filter(cipher -> !supported().contains(cipher)).toList();
    if (!unknown.isEmpty()) {
      tls.reject("ciphers", "names of cipher suites of Java, which " + unknown.get(0) + " is not");
    }
    return new TlsConfig(
        cert,
        key,
        versions,
        ciphers.isEmpty() ? DEFAULT_CIPHERS : ciphers,
        tls.duration("reload", FASTEST_RELOAD));
  }

  private static Set<String> supported() {
    try {
      return Set.of(SSLContext.getDefault().getSupportedSSLParameters().getCipherSuites());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has TLS", e);
    }
  }
}
