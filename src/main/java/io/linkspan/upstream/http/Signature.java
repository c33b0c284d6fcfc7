package io.linkspan.upstream.http;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Signs requests, so that a service can verify that they come from a gateway with the secret:
 * HMAC-SHA256 over the time of sending, a full stop and the JSON. Used only on one event loop.
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
   * Returns the signature as it is sent, {@code sha256=} and 64 hexadecimal digits.
   *
   * @param timestamp the value of the header that is sent with it
   * @param json the body before it is compressed
   */
  String of(String timestamp, byte[] json) {
    mac.update(timestamp.getBytes(StandardCharsets.UTF_8));
    mac.update((byte) '.');
    return "sha256=" + HEX.formatHex(mac.doFinal(json));
  }
}
