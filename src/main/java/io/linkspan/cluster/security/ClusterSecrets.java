package io.linkspan.cluster.security;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Holds the keys that are derived from the secrets of a cluster. Nothing that is sent reveals a
 * secret, but a tag lets an observer test guesses: the derivation is slow for that reason.
 * Immutable and shared.
 */
public final class ClusterSecrets {

  /** Bytes of a key and of a tag. */
  static final int LENGTH = 32;

  private static final String HMAC = "HmacSHA256";
  private static final int ITERATIONS = 100_000;

  private final List<byte[]> keys;

  private ClusterSecrets(List<byte[]> keys) {
    this.keys = keys;
  }

  /**
   * Derives the keys of a cluster.
   *
   * @param cluster name of the cluster; the same secret gives another one other keys
   * @param secrets the first one is preferred, the others are accepted too
   */
  public static ClusterSecrets of(String cluster, List<String> secrets) {
    byte[] salt = ("linkspan cluster " + cluster).getBytes(StandardCharsets.UTF_8);
    List<byte[]> keys = new ArrayList<>();
    for (String secret : secrets) {
      keys.add(stretch(secret, salt));
    }
    return new ClusterSecrets(List.copyOf(keys));
  }

  /** Returns how many secrets there are, at least one. */
  int count() {
    return keys.size();
  }

  /** Returns a tag that only an owner of the secret can make. */
  byte[] tag(int secret, String purpose, byte[] content) {
    return hmac(hmac(keys.get(secret), purpose.getBytes(StandardCharsets.UTF_8)), content);
  }

  /**
   * Derives keys from a secret and the result of a key agreement (HKDF, RFC 5869).
   *
   * @param shared result of the key agreement
   * @param transcript everything that was exchanged before
   * @param label of the key
   */
  byte[] sessionKey(int secret, byte[] shared, byte[] transcript, String label) {
    byte[] input = Arrays.copyOf(keys.get(secret), LENGTH + shared.length);
    System.arraycopy(shared, 0, input, LENGTH, shared.length);
    byte[] pseudorandom = hmac(transcript, input);
    byte[] info = label.getBytes(StandardCharsets.UTF_8);
    // The first and only block of HKDF-Expand: the info, then the number of the block.
    byte[] block = Arrays.copyOf(info, info.length + 1);
    block[info.length] = 1;
    return hmac(pseudorandom, block);
  }

  private static byte[] stretch(String secret, byte[] salt) {
    try {
      return SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
          .generateSecret(
              new PBEKeySpec(secret.toCharArray(), salt, ITERATIONS, LENGTH * Byte.SIZE))
          .getEncoded();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has PBKDF2", e);
    }
  }

  private static byte[] hmac(byte[] key, byte[] content) {
    try {
      Mac mac = Mac.getInstance(HMAC);
      mac.init(new SecretKeySpec(key, HMAC));
      return mac.doFinal(content);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JVM has HMAC", e);
    }
  }
}
