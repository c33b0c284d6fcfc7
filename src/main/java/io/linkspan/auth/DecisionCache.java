package io.linkspan.auth;

import io.linkspan.admission.Identity;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Stores the decisions of a hook about tokens for some time, by the hash of each token. Shared by
 * all event loops, hence synchronized. Pure: times are milliseconds of any monotonic clock.
 */
final class DecisionCache {

  private record Decision(Identity identity, long until) {}

  private static final int MAX_DECISIONS = 10_000;

  private final long time;
  private final Map<String, Decision> decisions = new LinkedHashMap<>();

  DecisionCache(Duration time) {
    this.time = time.toMillis();
  }

  /** Returns the key of a token; null without one. */
  static String keyOf(String token) {
    if (token == null) {
      return null;
    }
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
      return Base64.getEncoder().encodeToString(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has SHA-256", e);
    }
  }

  /** Returns a decision that is stored; null when there is none. */
  synchronized Identity find(String key, long now) {
    Decision decision = key == null ? null : decisions.get(key);
    return decision == null || now >= decision.until() ? null : decision.identity();
  }

  /** Stores a decision, in place of the oldest one when there are too many. */
  synchronized void put(String key, Identity identity, long now) {
    if (key == null || time == 0) {
      return;
    }
    decisions.remove(key);
    decisions.put(key, new Decision(identity, now + time));
    var oldest = decisions.values().iterator();
    while (oldest.hasNext() && (oldest.next().until() <= now || decisions.size() > MAX_DECISIONS)) {
      oldest.remove();
    }
  }
}
