package io.linkspan.auth;

import io.vertx.core.json.JsonObject;
import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.cert.CertificateFactory;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads public keys and certificates in PEM (RFC 7468), as the JSON Web Keys that Vert.x reads:
 * from PEM it reads keys of some algorithms only. Pure.
 */
final class PemKey {

  private static final Pattern PEM =
      Pattern.compile(
          "-----BEGIN (PUBLIC KEY|CERTIFICATE)-----([A-Za-z0-9+/=\\s]+)-----END \\1-----");

  private static final Base64.Encoder BASE64URL = Base64.getUrlEncoder().withoutPadding();

  /** Bytes of a key of the curve Ed25519, at the end of its encoded form (RFC 8410). */
  private static final int ED25519_BYTES = 32;

  private PemKey() {}

  /**
   * Returns the first key in a text.
   *
   * @throws GeneralSecurityException when there is none for the algorithm
   */
  static JsonObject read(Algorithm algorithm, String text) throws GeneralSecurityException {
    Matcher pem = PEM.matcher(text);
    if (!pem.find()) {
      throw new GeneralSecurityException("the PEM file has no public key");
    }
    byte[] content = Base64.getMimeDecoder().decode(pem.group(2));
    return toJwk(
        pem.group(1).equals("CERTIFICATE")
            ? CertificateFactory.getInstance("X.509")
                .generateCertificate(new ByteArrayInputStream(content))
                .getPublicKey()
            : KeyFactory.getInstance(algorithm == Algorithm.EDDSA ? "Ed25519" : algorithm.keyType())
                .generatePublic(new X509EncodedKeySpec(content)));
  }

  private static JsonObject toJwk(PublicKey key) {
    JsonObject jwk = new JsonObject();
    if (key instanceof RSAPublicKey rsa) {
      return jwk.put("kty", "RSA")
          .put("n", encode(rsa.getModulus(), 0))
          .put("e", encode(rsa.getPublicExponent(), 0));
    }
    if (key instanceof ECPublicKey ec) {
      int bits = ec.getParams().getOrder().bitLength();
      int length = (bits + Byte.SIZE - 1) / Byte.SIZE;
      return jwk.put("kty", "EC")
          .put("crv", "P-" + bits)
          .put("x", encode(ec.getW().getAffineX(), length))
          .put("y", encode(ec.getW().getAffineY(), length));
    }
    byte[] whole = key.getEncoded();
    byte[] point = Arrays.copyOfRange(whole, whole.length - ED25519_BYTES, whole.length);
    return jwk.put("kty", "OKP").put("crv", "Ed25519").put("x", BASE64URL.encodeToString(point));
  }

  /** Encodes a number without a sign, with zeros in front where the length is fixed. */
  private static String encode(BigInteger number, int length) {
    byte[] signed = number.toByteArray();
    int start = signed[0] == 0 ? 1 : 0;
    int size = signed.length - start;
    byte[] bytes = new byte[Math.max(length, size)];
    System.arraycopy(signed, start, bytes, bytes.length - size, size);
    return BASE64URL.encodeToString(bytes);
  }
}
