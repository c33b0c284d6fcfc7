package io.linkspan.upstream.http;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Signs requests with HMAC-SHA256, so that a service can verify that they come from a gateway with
 * the secret. Used only on one event loop.
 *
 * <pre>
 *  version 2    "v2" LF timestamp LF method LF target LF user LF key LF body
 *  version 1    timestamp "." body
 * </pre>
 *
 * <p>All parts but the body are as they are sent, and none of them contains a line feed. Version 1
 * is sent for one more release; no text is valid in both versions.
 */
final class Signature {

  private static final String ALGORITHM = "HmacSHA256";
  private static final HexFormat HEX = HexFormat.of();

  private final Mac mac;

  Signature(String secret) {
    try {
      mac = Mac.getInstance(ALGORITHM);
      mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), ALGORITHM));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java runtime has " + ALGORITHM, e);
    }
  }

  /**
   * Returns the signature of version 2 as it is sent, {@code v2=} and 64 hexadecimal digits.
   *
   * @param target path and query
   * @param user as in its header
   * @param key as in the header {@code Idempotency-Key}
   * @param body before it is compressed
   */
  String of(String timestamp, String method, String target, String user, String key, byte[] body) {
    update(String.join("\n", "v2", timestamp, method, target, user, key, ""));
    return "v2=" + HEX.formatHex(mac.doFinal(body));
  }

  /**
   * Returns the signature of version 1 as it is sent, {@code sha256=} and 64 hexadecimal digits.
   *
   * @param body before it is compressed
   */
  String ofVersion1(String timestamp, byte[] body) {
    update(timestamp + ".");
    return "sha256=" + HEX.formatHex(mac.doFinal(body));
  }

  private void update(String text) {
    mac.update(text.getBytes(StandardCharsets.UTF_8));
  }
}
