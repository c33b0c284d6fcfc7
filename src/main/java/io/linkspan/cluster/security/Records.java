package io.linkspan.cluster.security;

import java.nio.ByteBuffer;
import javax.crypto.spec.GCMParameterSpec;

/**
 * Layout of the records that carry the bytes of a connection between members.
 *
 * <pre>
 *    4 bytes   length of the rest, big-endian
 *    n bytes   encrypted, AES-256 in GCM; its nonce is the number of the record
 *   16 bytes   tag
 * </pre>
 *
 * <p>Each direction of each connection has a key of its own, so no nonce is used twice, and a
 * record that is missing, repeated or in another order does not open.
 */
final class Records {

  static final String ALGORITHM = "AES";
  static final String CIPHER = "AES/GCM/NoPadding";
  static final int HEADER = 4;
  static final int TAG = 16;
  static final int OVERHEAD = HEADER + TAG;

  /** Bytes in one record at most. */
  static final int MAX_CONTENT = 16 * 1024;

  private static final int NONCE = 12;

  private Records() {}

  static GCMParameterSpec nonce(long number) {
    return new GCMParameterSpec(
        TAG * Byte.SIZE, ByteBuffer.allocate(NONCE).putLong(NONCE - Long.BYTES, number).array());
  }
}
