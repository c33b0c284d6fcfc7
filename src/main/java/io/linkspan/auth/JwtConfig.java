package io.linkspan.auth;

import io.linkspan.config.ConfigNode;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How JSON Web Tokens (RFC 7519) are verified.
 *
 * @param algorithm the only one that is accepted
 * @param key the shared secret, or a public key as PEM; empty when {@code jwks} or the issuer has
 *     the keys
 * @param jwks a file or URL with keys (RFC 7517); empty for none
 * @param issuer value of {@code iss}; empty for any
 * @param audience values of {@code aud} of which a token must have one; empty for any
 * @param userClaim name of the claim with the user
 * @param leeway difference between the clocks of the issuer and the gateway
 * @param requireExpiry whether tokens without {@code exp} are refused
 * @param maxToken characters of a token
 * @param refresh from one reading of the keys to the next, while all tokens name known keys
 * @param interval the shortest time from one reading to the next
 * @param retired time for which a key that is not listed any more verifies tokens
 * @param timeout of one request to the issuer
 * @param trust PEM file with certificates to trust for https; empty for Java's own
 */
public record JwtConfig(
    Algorithm algorithm,
    String key,
    String jwks,
    String issuer,
    List<String> audience,
    String userClaim,
    Duration leeway,
    boolean requireExpiry,
    int maxToken,
    Duration refresh,
    Duration interval,
    Duration retired,
    Duration timeout,
    String trust) {

  private static final int LEAST_TOKEN = 64;
  private static final int LONGEST_TOKEN = 64 << 10;
  private static final String PEM = "-----BEGIN ";

  public JwtConfig {
    audience = List.copyOf(audience);
  }

  /** Omits the key, which must not appear in a log. */
  @Override
  public String toString() {
    return "JwtConfig[algorithm=" + algorithm + ", issuer=" + issuer + "]";
  }

  /** Returns whether the keys are read anew while the gateway runs. */
  boolean rotates() {
    return key.isEmpty();
  }

  /** Returns whether the keys are read from a server. */
  boolean isRemote() {
    return rotates() && (jwks.isEmpty() || isUrl(jwks));
  }

  /**
   * Reads the section {@code auth.jwt}.
   *
   * @param used whether tokens are verified at all
   */
  static JwtConfig read(ConfigNode jwt, boolean used) {
    Map<String, Algorithm> algorithms = new HashMap<>();
    for (Algorithm algorithm : Algorithm.values()) {
      algorithms.put(algorithm.label(), algorithm);
    }
    Algorithm algorithm = jwt.choice("algorithm", algorithms);
    var config =
        new JwtConfig(
            algorithm,
            key(jwt, algorithm),
            jwks(jwt),
            issuer(jwt),
            jwt.texts("audience"),
            jwt.name("userClaim"),
            jwt.durationOrZero("leeway"),
            jwt.flag("requireExpiry"),
            jwt.size("maxToken", LEAST_TOKEN, LONGEST_TOKEN),
            jwt.duration("refresh"),
            jwt.durationUpTo("interval", "refresh"),
            jwt.durationOrZero("retired"),
            jwt.duration("timeout"),
            jwt.file("trust"));
    if (used && algorithm != null) {
      config.check(jwt);
    }
    return config;
  }

  private void check(ConfigNode jwt) {
    if (key.isEmpty() && jwks.isEmpty() && issuer.isEmpty()) {
      jwt.rejectSecret("key", "a key, unless jwks or issuer is set");
      return;
    }
    if (!key.isEmpty() && !jwks.isEmpty()) {
      jwt.rejectSecret("key", "either a key or jwks");
    }
    if (key.isEmpty()) {
      if (algorithm.isShared() && isRemote()) {
        jwt.reject("algorithm", "an algorithm with public keys, since the keys are on a server");
      }
      return;
    }
    if (algorithm.isShared() && key.contains(PEM)) {
      jwt.rejectSecret("key", "a shared secret, which a public key is not");
    } else if (algorithm.isShared()
        && key.getBytes(StandardCharsets.UTF_8).length < algorithm.keyBytes()) {
      jwt.rejectSecret("key", "a shared secret of at least " + algorithm.keyBytes() + " bytes");
    } else if (VerificationKey.ofConfigured(algorithm, key) == null) {
      jwt.rejectSecret("key", "a public key for " + algorithm.label() + ", as PEM or its file");
    }
  }

  /** A public key may be in a file; a shared secret is a text, however it looks. */
  private static String key(ConfigNode jwt, Algorithm algorithm) {
    String key = jwt.secret("key");
    if (key.isEmpty() || algorithm == null || algorithm.isShared() || key.contains(PEM)) {
      return key;
    }
    try {
      return Files.readString(Path.of(key));
    } catch (IOException | IllegalArgumentException e) {
      jwt.rejectSecret("key", "a public key as PEM, or a file with one that can be read");
      return "";
    }
  }

  private static String jwks(ConfigNode jwt) {
    String jwks = jwt.text("jwks");
    if (isUrl(jwks)) {
      requireUrl(jwt, "jwks", jwks);
    } else {
      jwt.file("jwks");
    }
    return jwks;
  }

  private static String issuer(ConfigNode jwt) {
    String issuer = jwt.text("issuer");
    if (!issuer.isEmpty() && jwt.text("jwks").isEmpty() && jwt.secret("key").isEmpty()) {
      requireUrl(jwt, "issuer", issuer);
    }
    return issuer;
  }

  private static void requireUrl(ConfigNode jwt, String key, String text) {
    try {
      URI url = URI.create(text);
      if (isUrl(text) && url.getHost() != null && url.getRawUserInfo() == null) {
        return;
      }
    } catch (IllegalArgumentException e) {
      // Rejected below, as a URL of another kind is.
    }
    jwt.reject(key, "a URL with http or https and without a user");
  }

  static boolean isUrl(String text) {
    String lower = text.toLowerCase(Locale.ROOT);
    return lower.startsWith("http://") || lower.startsWith("https://");
  }
}
