package io.linkspan.cluster.security;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.PemKeyCertOptions;
import java.math.BigInteger;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * A certificate for which the secret of the cluster vouches in place of an authority. Each process
 * has a key pair of its own. The names in its certificate are the tags of its public key, one for
 * each secret that it owns. A peer that owns one of them trusts the key; TLS proves that the other
 * side has the private one.
 */
final class VouchedCertificate {

  private static final String PURPOSE = "certificate of the event bus";
  private static final int SERIAL_BITS = 64;

  // The process ends long before, and no peer looks at these.
  private static final String NOT_BEFORE = "200101000000Z";
  private static final String NOT_AFTER = "491231235959Z";

  private static final byte[] VERSION_1_SERIAL =
      Der.integer(new BigInteger(SERIAL_BITS, new SecureRandom()));

  /** 1.2.840.10045.4.3.2. */
  private static final byte[] ECDSA_WITH_SHA256 =
      Der.sequence(Der.identifier(0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02));

  /** 2.5.4.3. */
  private static final byte[] COMMON_NAME = Der.identifier(0x55, 0x04, 0x03);

  private VouchedCertificate() {}

  /** Creates a key pair and its certificate. */
  static PemKeyCertOptions create(ClusterSecrets secrets) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      KeyPair pair = generator.generateKeyPair();
      byte[] publicKey = pair.getPublic().getEncoded();
      List<byte[]> names = new ArrayList<>();
      for (int i = 0; i < secrets.count(); i++) {
        names.add(Der.set(Der.sequence(COMMON_NAME, Der.text(name(secrets, i, publicKey)))));
      }
      byte[] name = Der.sequence(names.toArray(byte[][]::new));
      byte[] content =
          Der.sequence(
              VERSION_1_SERIAL,
              ECDSA_WITH_SHA256,
              name,
              Der.sequence(Der.time(NOT_BEFORE), Der.time(NOT_AFTER)),
              name,
              publicKey);
      Signature signature = Signature.getInstance("SHA256withECDSA");
      signature.initSign(pair.getPrivate());
      signature.update(content);
      byte[] certificate = Der.sequence(content, ECDSA_WITH_SHA256, Der.bits(signature.sign()));
      return new PemKeyCertOptions()
          .addCertValue(pem("CERTIFICATE", certificate))
          .addKeyValue(pem("PRIVATE KEY", pair.getPrivate().getEncoded()));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JVM has ECDSA with P-256", e);
    }
  }

  private static String name(ClusterSecrets secrets, int secret, byte[] publicKey) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(secrets.tag(secret, PURPOSE, publicKey));
  }

  private static Buffer pem(String type, byte[] content) {
    return Buffer.buffer(
        "-----BEGIN %s-----\n%s\n-----END %s-----\n"
            .formatted(type, Base64.getMimeEncoder().encodeToString(content), type));
  }

  /** Trusts the certificates for which a secret vouches. Shared. */
  static final class Trust extends X509ExtendedTrustManager {

    private final ClusterSecrets secrets;

    Trust(ClusterSecrets secrets) {
      this.secrets = secrets;
    }

    private void check(X509Certificate[] chain) throws CertificateException {
      byte[] publicKey = chain[0].getPublicKey().getEncoded();
      for (String name : names(chain[0])) {
        for (int i = 0; i < secrets.count(); i++) {
          if (MessageDigest.isEqual(
              name.getBytes(StandardCharsets.UTF_8),
              name(secrets, i, publicKey).getBytes(StandardCharsets.UTF_8))) {
            return;
          }
        }
      }
      throw new CertificateException("cluster.secret does not vouch for it");
    }

    private static List<String> names(X509Certificate certificate) throws CertificateException {
      try {
        return new LdapName(certificate.getSubjectX500Principal().getName())
            .getRdns().stream()
                .map(Rdn::getValue)
                .filter(String.class::isInstance)
                .map(String.class::cast)
                .limit(MemberHandshake.MAX_SECRETS)
                .toList();
      } catch (InvalidNameException e) {
        throw new CertificateException("it has no name", e);
      }
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type)
        throws CertificateException {
      check(chain);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
        throws CertificateException {
      check(chain);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
        throws CertificateException {
      check(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type)
        throws CertificateException {
      check(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
        throws CertificateException {
      check(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
        throws CertificateException {
      check(chain);
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
