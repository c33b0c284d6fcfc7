package io.linkspan.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.directory.SessionRef;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class UserCacheTest {

  private static final List<SessionRef> SESSIONS = List.of(new SessionRef("id", "user", "shard"));

  private final AtomicLong nanos = new AtomicLong();
  private final UserCache cache = new UserCache(nanos::get);

  private void remember(String key) {
    cache.read(cache.reading(key), SESSIONS);
  }

  @Test
  void whatWasReadIsRememberedForAMinute() {
    assertThat(cache.get("key")).isNull();
    UserCache.Place reading = cache.reading("key");
    assertThat(cache.get("key")).isNull();
    nanos.addAndGet(TimeUnit.SECONDS.toNanos(1));
    cache.read(reading, SESSIONS);
    assertThat(cache.get("key")).isSameAs(SESSIONS);
    nanos.set(TimeUnit.SECONDS.toNanos(60) - 1);
    assertThat(cache.get("key")).isSameAs(SESSIONS);
    nanos.incrementAndGet();
    assertThat(cache.get("key")).isNull();
  }

  @Test
  void anAbsenceIsNotRemembered() {
    remember("key");
    cache.read(cache.reading("key"), List.of());
    assertThat(cache.get("key")).isNull();
  }

  @Test
  void whatIsForgottenWhileItIsReadIsNotRemembered() {
    UserCache.Place reading = cache.reading("key");
    cache.forget("key");
    cache.read(reading, SESSIONS);
    assertThat(cache.get("key")).isNull();
  }

  @Test
  void theLastOfTwoLookUpsIsRemembered() {
    UserCache.Place first = cache.reading("key");
    UserCache.Place second = cache.reading("key");
    cache.read(first, SESSIONS);
    assertThat(cache.get("key")).isNull();
    cache.read(second, SESSIONS);
    assertThat(cache.get("key")).isSameAs(SESSIONS);
  }

  @Test
  void aKeyThatIsForgottenDoesNotTakeOthersWithIt() {
    remember("one");
    remember("two");
    cache.forget("one");
    cache.forget("three");
    assertThat(cache.get("one")).isNull();
    assertThat(cache.get("two")).isSameAs(SESSIONS);
    cache.forgetAll();
    assertThat(cache.get("two")).isNull();
  }

  /** "Aa" and "BB" have the same hash code, and so the same place. */
  @Test
  void keysWithTheSamePlaceReplaceEachOther() {
    remember("Aa");
    assertThat(cache.get("BB")).isNull();
    cache.forget("BB");
    assertThat(cache.get("Aa")).isSameAs(SESSIONS);
    remember("BB");
    assertThat(cache.get("Aa")).isNull();
    assertThat(cache.get("BB")).isSameAs(SESSIONS);
  }
}
