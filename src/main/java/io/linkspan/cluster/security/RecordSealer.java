package io.linkspan.cluster.security;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import javax.crypto.Cipher;
import javax.crypto.spec.SecretKeySpec;

/** Encrypts one direction of a connection. Used by one thread at a time. */
final class RecordSealer {

  private final SecretKeySpec key;
  private final Cipher cipher;
  private long number;

  RecordSealer(byte[] key) {
    this.key = new SecretKeySpec(key, Records.ALGORITHM);
    try {
      cipher = Cipher.getInstance(Records.CIPHER);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JVM has AES in GCM", e);
    }
  }

  /**
   * Encrypts as much of the content as fits.
   *
   * @return whether that was all of it
   */
  boolean seal(ByteBuffer content, ByteBuffer to) {
    while (content.hasRemaining()) {
      int length =
          Math.min(
              Math.min(content.remaining(), Records.MAX_CONTENT),
              to.remaining() - Records.OVERHEAD);
      if (length <= 0) {
        return false;
      }
      int limit = content.limit();
      content.limit(content.position() + length);
      to.putInt(length + Records.TAG);
      try {
        cipher.init(Cipher.ENCRYPT_MODE, key, Records.nonce(number++));
        cipher.doFinal(content, to);
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("a record of " + length + " bytes cannot be sealed", e);
      }
      content.limit(limit);
    }
    return true;
  }
}
