package io.linkspan.admission;

import io.vertx.core.json.JsonObject;
import java.util.List;

/**
 * The identity of a client. Immutable, hence shared by any event loops.
 *
 * @param user the authenticated name
 * @param anonymous whether the gateway made the name up: the client cannot reconnect under it
 * @param tokenId the claim {@code jti} of the token; null without one
 * @param issuedAt when the token was issued, or without one the client was accepted, in
 *     milliseconds since 1970; 0 when the token does not say
 * @param expiresAt when the identity ends, in milliseconds since 1970; {@link #NEVER} when it does
 *     not
 * @param claims all claims of the token as JSON, at most as long as a token; empty without one
 * @param permissions what the token or the hook states about permissions, as the JSON that it was;
 *     null when nothing is stated
 * @param groups to join when the session begins, as the hook states them
 */
public record Identity(
    String user,
    boolean anonymous,
    String tokenId,
    long issuedAt,
    long expiresAt,
    String claims,
    String permissions,
    List<String> groups) {

  /** The end of an identity that does not end. */
  public static final long NEVER = Long.MAX_VALUE;

  public Identity {
    groups = List.copyOf(groups);
  }

  /** Creates an identity that no token states and that does not end. */
  public Identity(String user, boolean anonymous) {
    this(user, anonymous, 0);
  }

  /**
   * Creates an identity that no token states and that does not end.
   *
   * @param acceptedAt in milliseconds since 1970
   */
  public Identity(String user, boolean anonymous, long acceptedAt) {
    this(user, anonymous, null, acceptedAt, NEVER, "", null, List.of());
  }

  /** Returns the same identity of a client that is accepted at another time. */
  public Identity acceptedAt(long time) {
    return new Identity(user, anonymous, tokenId, time, expiresAt, claims, permissions, groups);
  }

  /** Returns whether the identity ends at some time. */
  public boolean expires() {
    return expiresAt != NEVER;
  }

  /** Returns all claims, in an object of the caller's own; empty without a token. */
  public JsonObject readClaims() {
    return claims.isEmpty() ? new JsonObject() : new JsonObject(claims);
  }

  /** Omits the claims, which must not appear in a log. */
  @Override
  public String toString() {
    return "Identity[user=" + user + ", anonymous=" + anonymous + "]";
  }
}
