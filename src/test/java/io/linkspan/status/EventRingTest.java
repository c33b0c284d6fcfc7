package io.linkspan.status;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class EventRingTest {

  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  private final EventRing ring = new EventRing();

  private void add(int from, int to) {
    for (int i = from; i <= to; i++) {
      ring.add(new JsonObject().put("event", "connected").put("data", i), NOW);
    }
  }

  private static List<Long> numbers(JsonObject answer) {
    return answer.getJsonArray("events").stream()
        .map(event -> ((JsonObject) event).getLong("data"))
        .toList();
  }

  @Test
  void eventsAfterANumberAreReturnedInOrder() {
    add(1, 3);
    assertThat(numbers(ring.after(0))).containsExactly(1L, 2L, 3L);
    assertThat(numbers(ring.after(2))).containsExactly(3L);
    assertThat(ring.after(3).encode()).isEqualTo("{\"events\":[],\"last\":3}");
  }

  @Test
  void anEventHasTheFieldsThatWatchersKnowAndATime() {
    ring.add(new JsonObject().put("event", "connected").put("user", "alice").put("else", 1), NOW);
    ring.add(
        new JsonObject().put("event", "left").put("at", Instant.parse("2026-02-01T00:00:00.5Z")),
        NOW);
    ring.add(new JsonObject().put("event", "left").put("at", "yesterday"), NOW);
    JsonArray events = ring.after(0).getJsonArray("events");
    JsonObject first = events.getJsonObject(0);
    assertThat(first.getString("user")).isEqualTo("alice");
    assertThat(first.containsKey("else")).isFalse();
    assertThat(events.stream().map(event -> ((JsonObject) event).getString("at")))
        .containsExactly(NOW.toString(), "2026-02-01T00:00:00.500Z", NOW.toString());
  }

  @Test
  void onlyTheLatestAreKept() {
    add(1, EventRing.CAPACITY + 5);
    JsonObject all = ring.after(0);
    assertThat(all.getJsonArray("events")).hasSize(EventRing.CAPACITY);
    assertThat(all.getJsonArray("events").getJsonObject(0).getInteger("data")).isEqualTo(6);
    assertThat(all.getLong("last")).isEqualTo(EventRing.CAPACITY + 5);
  }

  @Test
  void numbersOutOfRangeAreHarmless() {
    add(1, 2);
    assertThat(ring.after(-7).getJsonArray("events")).hasSize(2);
    assertThat(ring.after(Long.MAX_VALUE).getJsonArray("events")).isEmpty();
    assertThat(new EventRing().after(0).encode()).isEqualTo("{\"events\":[],\"last\":0}");
  }
}
