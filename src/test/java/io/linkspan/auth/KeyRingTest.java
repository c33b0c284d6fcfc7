package io.linkspan.auth;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.testing.TestTokens;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class KeyRingTest {

  private static final long START = 1_000_000;
  private static final JsonObject OLD = key("old");
  private static final JsonObject NEW = key("new");

  private final KeyRing ring =
      new KeyRing(Duration.ofMinutes(10), Duration.ofSeconds(30), Duration.ofHours(1), START);

  private static JsonObject key(String id) {
    return TestTokens.jwk(id, "ES256", TestTokens.keys("ES256"));
  }

  private static KeySet set(JsonObject... keys) {
    return KeySet.read(Algorithm.ES256, TestTokens.jwks(keys).encode());
  }

  @Test
  void keysAreReadAtOnceAndThenOncePerTime() {
    assertThat(ring.beginReading(false, START)).isTrue();
    assertThat(ring.beginReading(false, START)).isFalse();
    ring.read(set(OLD), START + 5);
    assertThat(ring.beginReading(false, START + 599_999)).isFalse();
    assertThat(ring.beginReading(false, START + 600_000)).isTrue();
  }

  @Test
  void unknownKeyIsLookedForOncePerInterval() {
    ring.beginReading(false, START);
    ring.read(set(OLD), START);
    assertThat(ring.find("new", START)).isEmpty();
    assertThat(ring.beginReading(true, START + 29_999)).isFalse();
    assertThat(ring.beginReading(true, START + 30_000)).isTrue();
    ring.read(set(OLD, NEW), START + 30_000);
    assertThat(ring.find("new", START + 30_000)).hasSize(1);
    assertThat(ring.beginReading(true, START + 59_999)).isFalse();
  }

  @Test
  void keyThatIsNotListedAnyMoreServesForSomeTime() {
    ring.read(set(OLD), START);
    ring.read(set(NEW), START + 1_000);
    assertThat(ring.find("new", START + 1_000)).hasSize(1);
    assertThat(ring.find("old", START + 3_600_999)).hasSize(1);
    assertThat(ring.find("old", START + 3_601_000)).isEmpty();
  }

  @Test
  void failureKeepsTheKeysThatAreKnown() {
    ring.beginReading(false, START);
    ring.read(set(OLD), START);
    ring.beginReading(false, START + 600_000);
    ring.failed();
    assertThat(ring.find("old", START + 700_000)).hasSize(1);
    assertThat(ring.isReading()).isFalse();
  }
}
