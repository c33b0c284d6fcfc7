package io.linkspan.cluster;

import io.linkspan.directory.SessionIds;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Keys of users: 96 bits of the SHA-256 of the name, which fit into a session id. Remembers those
 * that were asked for last. Shared by all event loops.
 */
final class UserKeys {

  private static final int PLACES = 16_384;
  private static final int KEY_BYTES = 12;

  private record Known(String user, String key) {}

  private final AtomicReferenceArray<Known> places = new AtomicReferenceArray<>(PLACES);

  /** Returns the key of a user, which is the same at all nodes. */
  String of(String user) {
    int place = Math.floorMod(user.hashCode(), PLACES);
    Known last = places.getAcquire(place);
    if (last != null && last.user().equals(user)) {
      return last.key();
    }
    String key = hash(user);
    places.setRelease(place, new Known(user, key));
    return key;
  }

  private static String hash(String user) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(user.getBytes(StandardCharsets.UTF_8));
      return SessionIds.encode(Arrays.copyOf(hash, KEY_BYTES));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has SHA-256", e);
    }
  }
}
