package io.linkspan.status;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.Test;

class EventRingTest {

  private final EventRing ring = new EventRing();

  private void add(int from, int to) {
    for (int i = from; i <= to; i++) {
      ring.add(new JsonObject().put("i", i));
    }
  }

  @Test
  void eventsAfterANumberAreReturnedInOrder() {
    add(1, 3);
    assertThat(ring.after(0).encode())
        .isEqualTo("{\"events\":[{\"i\":1},{\"i\":2},{\"i\":3}],\"last\":3}");
    assertThat(ring.after(2).encode()).isEqualTo("{\"events\":[{\"i\":3}],\"last\":3}");
    assertThat(ring.after(3).encode()).isEqualTo("{\"events\":[],\"last\":3}");
  }

  @Test
  void onlyTheLatestAreKept() {
    add(1, EventRing.CAPACITY + 5);
    JsonObject all = ring.after(0);
    assertThat(all.getJsonArray("events")).hasSize(EventRing.CAPACITY);
    assertThat(all.getJsonArray("events").getJsonObject(0).getInteger("i")).isEqualTo(6);
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
