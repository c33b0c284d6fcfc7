package io.linkspan.cluster;

import io.linkspan.directory.SessionIds;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Hides the key of a user in the ids of the user's sessions. Every owner of the seal can read it
 * there; to anybody else the whole id is random. Immutable and shared.
 *
 * <pre>
 *    2 bytes   number of the seal
 *   16 bytes   random
 *   12 bytes   key of the user, XOR the start of HMAC-SHA256(secret of the seal, bytes before)
 * </pre>
 *
 * @param number by which the owners of several seals find this one
 * @param secret that only the nodes of the cluster have
 */
record IdSeal(int number, byte[] secret) {

  private static final String HMAC = "HmacSHA256";
  private static final int SECRET_BYTES = 32;
  private static final int NUMBER_BYTES = 2;
  private static final int RANDOM_BYTES = 16;
  private static final int HEAD_BYTES = NUMBER_BYTES + RANDOM_BYTES;

  /** Creates a seal that nobody else has. */
  static IdSeal create() {
    return new IdSeal(
        numberOf(SessionIds.randomBytes(NUMBER_BYTES)), SessionIds.randomBytes(SECRET_BYTES));
  }

  /** Returns whether a text has the form of an id that was made with a seal. */
  static boolean isOn(String id) {
    return SessionIds.isId(id) && SessionIds.decode(id).length == SessionIds.SEALED_BYTES;
  }

  /** Returns the number of the seal that an id was made with. */
  static int numberIn(String id) {
    return numberOf(SessionIds.decode(id));
  }

  private static int numberOf(byte[] bytes) {
    return Short.toUnsignedInt(ByteBuffer.wrap(bytes).getShort());
  }

  /** Returns a new id for a session of the user with this key. */
  String newId(String userKey) {
    byte[] id =
        ByteBuffer.allocate(SessionIds.SEALED_BYTES)
            .putShort((short) number)
            .put(SessionIds.randomBytes(RANDOM_BYTES))
            .put(SessionIds.decode(userKey))
            .array();
    return SessionIds.encode(mask(id));
  }

  /** Returns the key of the user in an id; one without entry in an id of another origin. */
  String userKeyIn(String id) {
    byte[] bytes = mask(SessionIds.decode(id));
    return SessionIds.encode(Arrays.copyOfRange(bytes, HEAD_BYTES, bytes.length));
  }

  /** Hides the key in these bytes, or reveals it. */
  private byte[] mask(byte[] id) {
    byte[] pad;
    try {
      Mac mac = Mac.getInstance(HMAC);
      mac.init(new SecretKeySpec(secret, HMAC));
      mac.update(id, 0, HEAD_BYTES);
      pad = mac.doFinal();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JVM has HMAC", e);
    }
    for (int i = HEAD_BYTES; i < id.length; i++) {
      id[i] ^= pad[i - HEAD_BYTES];
    }
    return id;
  }
}
