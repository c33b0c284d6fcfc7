package io.linkspan.auth;

import io.linkspan.admission.Identity;
import io.linkspan.admission.UserNames;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;

/**
 * The claims of a verified token (RFC 7519, section 4.1), and the rules for them. Pure: times are
 * milliseconds since 1970.
 */
final class Claims {

  /** Holds permissions. */
  static final String PERMISSIONS = "linkspan";

  private static final int MAX_TOKEN_ID = 256;
  private static final int MAX_AUDIENCES = 100;
  private static final double SECOND = 1_000;

  /** About the year 5138; later times would not fit. */
  private static final double LATEST = 1e11;

  private final JwtConfig config;

  Claims(JwtConfig config) {
    this.config = config;
  }

  /**
   * Returns the identity that a token states.
   *
   * @throws InvalidTokenException when the token is not valid now, or not for this gateway
   */
  Identity check(String payload, long now) throws InvalidTokenException {
    JsonObject claims;
    try {
      claims = StrictJson.read(payload);
    } catch (IllegalArgumentException e) {
      throw new InvalidTokenException("the token is malformed");
    }
    long leeway = config.leeway().toMillis();
    long expiresAt = timeOf(claims, "exp");
    long notBefore = timeOf(claims, "nbf");
    long issuedAt = timeOf(claims, "iat");
    if (expiresAt < 0 && config.requireExpiry()) {
      throw new InvalidTokenException("the token has no exp");
    }
    if (expiresAt >= 0 && now >= expiresAt + leeway) {
      throw new InvalidTokenException("the token is expired");
    }
    if (Math.max(notBefore, issuedAt) > now + leeway) {
      throw new InvalidTokenException("the token is not valid yet");
    }
    if (!config.issuer().isEmpty() && !config.issuer().equals(claims.getValue("iss"))) {
      throw new InvalidTokenException("the token is of another issuer");
    }
    if (!config.audience().isEmpty() && !isAudience(claims.getValue("aud"))) {
      throw new InvalidTokenException("the token is for another audience");
    }
    Object permissions = claims.getValue(PERMISSIONS);
    return new Identity(
        userOf(claims),
        false,
        tokenIdOf(claims),
        Math.max(0, issuedAt),
        expiresAt < 0 ? Identity.NEVER : expiresAt + leeway,
        payload,
        permissions == null ? null : Json.encode(permissions),
        List.of());
  }

  private String userOf(JsonObject claims) throws InvalidTokenException {
    if (!(claims.getValue(config.userClaim()) instanceof String user)) {
      throw new InvalidTokenException("the token has no " + config.userClaim());
    }
    String problem = UserNames.problem(user);
    if (problem != null) {
      throw new InvalidTokenException(problem);
    }
    return user;
  }

  private static String tokenIdOf(JsonObject claims) throws InvalidTokenException {
    Object id = claims.getValue("jti");
    if (id != null && !(id instanceof String text && text.length() <= MAX_TOKEN_ID)) {
      throw new InvalidTokenException("the token has a jti that is not a text");
    }
    return (String) id;
  }

  private boolean isAudience(Object audience) {
    if (audience instanceof JsonArray list) {
      return list.size() <= MAX_AUDIENCES && list.stream().anyMatch(config.audience()::contains);
    }
    return audience instanceof String && config.audience().contains(audience);
  }

  /** Returns a time in milliseconds; -1 when the token does not state it. */
  private static long timeOf(JsonObject claims, String name) throws InvalidTokenException {
    if (!claims.containsKey(name)) {
      return -1;
    }
    if (claims.getValue(name) instanceof Number number) {
      double seconds = number.doubleValue();
      if (seconds >= 0 && seconds <= LATEST) {
        return (long) (seconds * SECOND);
      }
    }
    throw new InvalidTokenException("the token has a time that is not a number of seconds");
  }
}
