package io.linkspan.auth;

import io.linkspan.protocol.ProtocolException;
import io.linkspan.protocol.StrictUtf8;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.Set;

/**
 * A signed JSON Web Token in its compact form (RFC 7515, section 3.1), taken apart and not verified
 * yet. Pure.
 *
 * <pre>
 *  BASE64URL(header) "." BASE64URL(payload) "." BASE64URL(signature)
 * </pre>
 *
 * @param keyId value of {@code kid}; null when it names none
 * @param signed the bytes that are signed
 */
record Token(String keyId, String payload, byte[] signed, byte[] signature) {

  private static final Base64.Decoder BASE64URL = Base64.getUrlDecoder();
  private static final int PARTS = 3;
  private static final int MAX_KEY_ID = 256;
  private static final Set<String> TYPES = Set.of("jwt", "at+jwt", "application/at+jwt");

  /**
   * Takes a token apart.
   *
   * @param algorithm the only one that may have signed it
   * @throws InvalidTokenException when it is malformed, or signed in any other way
   */
  static Token read(String text, Algorithm algorithm, int maxLength) throws InvalidTokenException {
    if (text.length() > maxLength) {
      throw new InvalidTokenException("the token is too long");
    }
    String[] parts = text.split("\\.", -1);
    if (parts.length != PARTS) {
      throw malformed();
    }
    try {
      String keyId = keyIdOf(StrictJson.read(textOf(parts[0])), algorithm);
      int end = parts[0].length() + 1 + parts[1].length();
      return new Token(
          keyId,
          textOf(parts[1]),
          text.substring(0, end).getBytes(StandardCharsets.US_ASCII),
          bytesOf(parts[2]));
    } catch (IllegalArgumentException | ProtocolException e) {
      throw malformed();
    }
  }

  private static String keyIdOf(JsonObject header, Algorithm algorithm)
      throws InvalidTokenException {
    if (!algorithm.label().equals(header.getValue("alg"))) {
      throw new InvalidTokenException("the token is not signed with " + algorithm.label());
    }
    // Extensions that must be understood (RFC 7515, section 4.1.11); none is.
    if (header.containsKey("crit")) {
      throw new InvalidTokenException("the token has critical extensions");
    }
    Object type = header.getValue("typ");
    if (type != null
        && !(type instanceof String name && TYPES.contains(name.toLowerCase(Locale.ROOT)))) {
      throw new InvalidTokenException("the token is not an access token");
    }
    Object keyId = header.getValue("kid");
    if (keyId != null && !(keyId instanceof String id && id.length() <= MAX_KEY_ID)) {
      throw malformed();
    }
    return (String) keyId;
  }

  private static String textOf(String part) {
    return StrictUtf8.decode(bytesOf(part));
  }

  private static byte[] bytesOf(String part) {
    if (part.indexOf('=') >= 0) {
      throw new IllegalArgumentException("padded");
    }
    return BASE64URL.decode(part);
  }

  private static InvalidTokenException malformed() {
    return new InvalidTokenException("the token is malformed");
  }

  /** Omits everything, since tokens must not appear in a log. */
  @Override
  public String toString() {
    return "Token";
  }
}
