package io.linkspan.cluster.security;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.SecretKeySpec;

/** Decrypts one direction of a connection. Used by one thread at a time. */
final class RecordOpener {

  private final SecretKeySpec key;
  private final Cipher cipher;
  private final ByteBuffer content = ByteBuffer.allocate(Records.MAX_CONTENT).limit(0);
  private long number;

  RecordOpener(byte[] key) {
    this.key = new SecretKeySpec(key, Records.ALGORITHM);
    try {
      cipher = Cipher.getInstance(Records.CIPHER);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JVM has AES in GCM", e);
    }
  }

  /**
   * Decrypts the whole records, as far as their content fits.
   *
   * @return whether the content of all whole records has been taken
   * @throws HandshakeException when a record is not one that the other side has sent next
   */
  boolean open(ByteBuffer from, ByteBuffer to) {
    do {
      int length = Math.min(content.remaining(), to.remaining());
      to.put(content.slice(content.position(), length));
      content.position(content.position() + length);
      if (content.hasRemaining()) {
        return false;
      }
    } while (openNext(from));
    return true;
  }

  private boolean openNext(ByteBuffer from) {
    if (from.remaining() < Records.HEADER) {
      return false;
    }
    int length = from.getInt(from.position());
    if (length <= Records.TAG || length > Records.MAX_CONTENT + Records.TAG) {
      throw new HandshakeException("a record of " + length + " bytes");
    }
    if (from.remaining() < Records.HEADER + length) {
      return false;
    }
    from.position(from.position() + Records.HEADER);
    ByteBuffer sealed = from.slice(from.position(), length);
    from.position(from.position() + length);
    content.clear();
    try {
      cipher.init(Cipher.DECRYPT_MODE, key, Records.nonce(number++));
      cipher.doFinal(sealed, content);
    } catch (AEADBadTagException e) {
      throw new HandshakeException("a record that is forged, repeated or out of order");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a record of " + length + " bytes cannot be opened", e);
    }
    content.flip();
    return true;
  }
}
