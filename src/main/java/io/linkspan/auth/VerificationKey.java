package io.linkspan.auth;

import io.vertx.core.json.JsonObject;
import io.vertx.ext.auth.impl.jose.JWK;
import io.vertx.ext.auth.impl.jose.JWS;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.util.Base64;
import java.util.List;

/**
 * A key that verifies the signatures of one algorithm. Shared by all event loops; each of them has
 * a verifier of its own, since one verifier is locked while it works.
 *
 * <p>Reading keys and verifying is Vert.x's. Its own {@code JWTAuth} above that is not used: it
 * takes several algorithms at once, ignores {@code crit} and repeated claims, and cannot add keys.
 */
final class VerificationKey {

  private static final Base64.Encoder BASE64URL = Base64.getUrlEncoder().withoutPadding();

  private final String id;
  private final Algorithm algorithm;
  private final ThreadLocal<JWS> verifiers;

  private VerificationKey(String id, Algorithm algorithm, JWK key) {
    this.id = id;
    this.algorithm = algorithm;
    verifiers = ThreadLocal.withInitial(() -> new JWS(key));
  }

  /**
   * Returns the key of the configuration.
   *
   * @param key shared secret or PEM
   * @return null when it is not a key for the algorithm
   */
  static VerificationKey ofConfigured(Algorithm algorithm, String key) {
    try {
      return of(
          algorithm,
          algorithm.isShared()
              ? new JsonObject()
                  .put("kty", "oct")
                  .put("k", BASE64URL.encodeToString(key.getBytes(StandardCharsets.UTF_8)))
              : PemKey.read(algorithm, key));
    } catch (GeneralSecurityException e) {
      return null;
    }
  }

  /**
   * Returns the key of a JSON Web Key (RFC 7517).
   *
   * @return null when it is not a key that verifies signatures of the algorithm
   */
  static VerificationKey of(Algorithm algorithm, JsonObject jwk) {
    if (!isFor(algorithm, jwk)) {
      return null;
    }
    JsonObject key = new JsonObject().put("alg", algorithm.label());
    for (String part : List.of("kty", "kid", "n", "e", "crv", "x", "y", "k")) {
      if (jwk.containsKey(part)) {
        key.put(part, jwk.getValue(part));
      }
    }
    try {
      return checked(jwk.getString("kid"), algorithm, new JWK(key));
    } catch (RuntimeException e) {
      // A key that cannot be read must not hide the others.
      return null;
    }
  }

  private static boolean isFor(Algorithm algorithm, JsonObject jwk) {
    return algorithm.keyType().equals(jwk.getValue("kty"))
        && algorithm.label().equals(jwk.getValue("alg", algorithm.label()))
        && "sig".equals(jwk.getValue("use", "sig"))
        && (algorithm.curve() == null || algorithm.curve().equals(jwk.getValue("crv")))
        && (jwk.getValue("kid") == null || jwk.getValue("kid") instanceof String);
  }

  private static VerificationKey checked(String id, Algorithm algorithm, JWK key) {
    if (!algorithm.keyType().equals(key.kty())) {
      return null;
    }
    if (algorithm.isShared()) {
      return key.mac() == null ? null : new VerificationKey(id, algorithm, key);
    }
    if (key.publicKey() == null
        || (key.publicKey() instanceof RSAPublicKey rsa
            && rsa.getModulus().bitLength() < algorithm.keyBytes() * Byte.SIZE)
        || (key.publicKey() instanceof ECPublicKey ec
            && (ec.getParams().getOrder().bitLength() + Byte.SIZE - 1) / Byte.SIZE * 2
                != algorithm.signatureBytes())) {
      return null;
    }
    return new VerificationKey(id, algorithm, key);
  }

  /** Returns the value of {@code kid}; null when the key has none. */
  String id() {
    return id;
  }

  /** Returns whether a signature is the one of these bytes. */
  boolean verifies(byte[] signed, byte[] signature) {
    int expected = algorithm.signatureBytes();
    if (signature.length == 0 || (expected > 0 && signature.length != expected)) {
      return false;
    }
    try {
      return verifiers.get().verify(signature, signed);
    } catch (RuntimeException e) {
      // A signature that is not even well-formed.
      return false;
    }
  }
}
