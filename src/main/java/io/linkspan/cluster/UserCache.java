package io.linkspan.cluster;

import io.linkspan.directory.SessionRef;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.LongSupplier;

/**
 * Remembers the sessions of users that this node has looked up. A key has one place, which it
 * shares with others: the last one that was looked up is remembered. Shared by all event loops.
 *
 * <p>A look-up takes the place before it asks, and what it has read is remembered only if nobody
 * has taken the place or told to forget the key since: a change may have been made after the read.
 */
final class UserCache {

  private static final int PLACES = 1 << 17;

  /** Age at which sessions are forgotten: announcements of changes can be lost. */
  private static final long MAX_AGE_NS = TimeUnit.SECONDS.toNanos(60);

  /**
   * A place that is taken.
   *
   * @param sessions null while they are being read
   */
  record Place(String key, List<SessionRef> sessions, long since) {}

  private final AtomicReferenceArray<Place> places = new AtomicReferenceArray<>(PLACES);
  private final LongSupplier nanos;

  /**
   * Creates a cache that remembers nothing.
   *
   * @param nanos a clock, in nanoseconds
   */
  UserCache(LongSupplier nanos) {
    this.nanos = nanos;
  }

  /** Returns the remembered sessions of a key; null when there are none. */
  List<SessionRef> get(String key) {
    Place place = places.getAcquire(indexOf(key));
    return place != null
            && place.sessions() != null
            && place.key().equals(key)
            && nanos.getAsLong() - place.since() < MAX_AGE_NS
        ? place.sessions()
        : null;
  }

  /** Takes the place of a key, whose sessions are about to be read. */
  Place reading(String key) {
    var place = new Place(key, null, nanos.getAsLong());
    places.setRelease(indexOf(key), place);
    return place;
  }

  /** Remembers what was read, unless it may be out of date already. */
  void read(Place reading, List<SessionRef> sessions) {
    Place place = sessions.isEmpty() ? null : new Place(reading.key(), sessions, reading.since());
    places.compareAndSet(indexOf(reading.key()), reading, place);
  }

  /** Forgets a key, also what is being read of it. */
  void forget(String key) {
    int index = indexOf(key);
    Place place = places.getAcquire(index);
    while (place != null && place.key().equals(key) && !places.compareAndSet(index, place, null)) {
      place = places.getAcquire(index);
    }
  }

  /** Forgets all keys. */
  void forgetAll() {
    for (int i = 0; i < PLACES; i++) {
      places.setRelease(i, null);
    }
  }

  private static int indexOf(String key) {
    int hash = key.hashCode();
    return (hash ^ (hash >>> 15)) & (PLACES - 1);
  }
}
