package io.linkspan.listener;

import io.vertx.core.Vertx;
import io.vertx.core.net.KeyCertOptions;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.X509KeyManager;

/** Checks whether a certificate and a private key belong together and can be used now. */
public final class KeyPairCheck {

  private static final List<String> KEY_TYPES = List.of("RSA", "EC", "EdDSA", "RSASSA-PSS");
  private static final byte[] SAMPLE = {1};

  private KeyPairCheck() {}

  /**
   * Returns the time at which the certificate expires.
   *
   * @throws GeneralSecurityException when a handshake with it would fail
   */
  public static Instant validUntil(Vertx vertx, KeyCertOptions options) throws Exception {
    for (KeyManager manager : options.getKeyManagerFactory(vertx).getKeyManagers()) {
      if (manager instanceof X509KeyManager keys) {
        for (String type : KEY_TYPES) {
          String[] aliases = keys.getServerAliases(type, null);
          if (aliases != null && aliases.length > 0) {
            return validUntil(
                keys.getCertificateChain(aliases[0])[0], keys.getPrivateKey(aliases[0]));
          }
        }
      }
    }
    throw new GeneralSecurityException("there is no certificate with a known kind of key");
  }

  private static Instant validUntil(X509Certificate certificate, PrivateKey key)
      throws GeneralSecurityException {
    certificate.checkValidity();
    Signature signature = Signature.getInstance(algorithm(key.getAlgorithm()));
    signature.initSign(key);
    signature.update(SAMPLE);
    byte[] signed = signature.sign();
    signature.initVerify(certificate.getPublicKey());
    signature.update(SAMPLE);
    if (!signature.verify(signed)) {
      throw new GeneralSecurityException("the key is not that of the certificate");
    }
    return certificate.getNotAfter().toInstant();
  }

  private static String algorithm(String keyAlgorithm) {
    return switch (keyAlgorithm) {
      case "RSA" -> "SHA256withRSA";
      case "EC" -> "SHA256withECDSA";
      default -> keyAlgorithm;
    };
  }
}
