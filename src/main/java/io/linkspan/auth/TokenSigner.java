package io.linkspan.auth;

import io.vertx.core.json.JsonObject;
import io.vertx.ext.auth.impl.jose.JWK;
import io.vertx.ext.auth.impl.jose.JWS;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** Signs tokens with the shared secret of the configuration, for development and for tests. */
public final class TokenSigner {

  private static final Base64.Encoder BASE64URL = Base64.getUrlEncoder().withoutPadding();

  private TokenSigner() {}

  /**
   * Returns a token with these claims; issuer and audience are those of the configuration.
   *
   * @throws IllegalArgumentException when the configuration has no shared secret
   */
  public static String sign(JwtConfig config, JsonObject claims) {
    if (!config.algorithm().isShared() || config.key().isEmpty()) {
      throw new IllegalArgumentException(
          "auth.jwt.key is not a shared secret: tokens for "
              + config.algorithm().label()
              + " are made by the issuer");
    }
    JsonObject all = claims.copy();
    if (!config.issuer().isEmpty()) {
      all.put("iss", config.issuer());
    }
    if (!config.audience().isEmpty()) {
      all.put("aud", config.audience().get(0));
    }
    JsonObject header = new JsonObject().put("alg", config.algorithm().label()).put("typ", "JWT");
    String signed = encode(bytes(header.encode())) + "." + encode(bytes(all.encode()));
    JWK key =
        new JWK(
            new JsonObject()
                .put("kty", "oct")
                .put("alg", config.algorithm().label())
                .put("k", encode(bytes(config.key()))));
    return signed + "." + encode(new JWS(key).sign(bytes(signed)));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String encode(byte[] bytes) {
    return BASE64URL.encodeToString(bytes);
  }
}
