package io.linkspan.auth;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The keys of an issuer that replaces them now and then: those that it lists, and for some time
 * those that it has listed before. Decides when they are read anew. Pure: times are milliseconds of
 * any monotonic clock. Guarded by its owner.
 */
final class KeyRing {

  /** A key that is not listed any more, and the time until which it verifies tokens. */
  private record Retired(VerificationKey key, long until) {}

  private static final int MAX_RETIRED = 100;

  private final long refresh;
  private final long interval;
  private final long retirement;
  private final Map<String, Retired> retired = new HashMap<>();
  private KeySet listed = KeySet.EMPTY;
  private boolean complete;
  private boolean reading;

  /** When keys were asked for last; long ago before the first time. */
  private long askedAt;

  /**
   * @param refresh from one reading to the next
   * @param interval the shortest time between two readings
   * @param retirement time for which a key that is not listed any more verifies tokens
   */
  KeyRing(Duration refresh, Duration interval, Duration retirement, long now) {
    this.refresh = refresh.toMillis();
    this.interval = interval.toMillis();
    this.retirement = retirement.toMillis();
    askedAt = now - this.refresh;
  }

  /** Returns the keys that may have signed a token that names this one, or none. */
  List<VerificationKey> find(String id, long now) {
    List<VerificationKey> keys = listed.find(id);
    if (!keys.isEmpty() || id == null) {
      return keys;
    }
    Retired old = retired.get(id);
    return old == null || now >= old.until() ? List.of() : List.of(old.key());
  }

  /** Returns whether the keys have been read at all. */
  boolean isComplete() {
    return complete;
  }

  /** Returns whether the keys are being read. */
  boolean isReading() {
    return reading;
  }

  /**
   * Returns whether the keys must be read now, and records that they are.
   *
   * @param missing whether a token names a key that is unknown
   */
  boolean beginReading(boolean missing, long now) {
    if (reading || now - askedAt < (missing ? interval : refresh)) {
      return false;
    }
    reading = true;
    askedAt = now;
    return true;
  }

  /** Takes the keys that the issuer lists now. */
  void read(KeySet keys, long now) {
    reading = false;
    complete = true;
    retired.values().removeIf(old -> now >= old.until());
    for (VerificationKey key : new ArrayList<>(listed.keys().values())) {
      if (!keys.keys().containsKey(key.id()) && retired.size() < MAX_RETIRED) {
        retired.put(key.id(), new Retired(key, now + retirement));
      }
    }
    listed = keys;
  }

  /** The keys could not be read: those that are known stay. */
  void failed() {
    reading = false;
  }
}
