package io.linkspan.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class RecentIdsTest {

  private final RecentIds ids = new RecentIds();

  private long append(String id, long time, Object state) {
    return ids.append(RecentIds.high(id), RecentIds.low(id), time, state);
  }

  private long find(String id) {
    return ids.find(RecentIds.high(id), RecentIds.low(id));
  }

  @Test
  void anEntryIsFoundWithItsTimeAndState() {
    long position = append("a", 7, "state");
    assertThat(find("a")).isEqualTo(position);
    assertThat(ids.state(position)).isEqualTo("state");
    assertThat(ids.arrived(position)).isEqualTo(7);
    ids.setState(position, "next");
    assertThat(ids.state(position)).isEqualTo("next");
    assertThat(find("b")).isEqualTo(RecentIds.NONE);
  }

  @Test
  void aRemovedEntryIsNotFoundAndStaysRemoved() {
    long position = append("a", 7, "state");
    append("b", 8, "state");
    ids.remove(position);
    ids.remove(position);
    ids.setState(position, "late");
    assertThat(find("a")).isEqualTo(RecentIds.NONE);
    assertThat(ids.state(position)).isNull();
    assertThat(find("b")).isNotEqualTo(RecentIds.NONE);
    ids.removeOldest();
    assertThat(ids.size()).isEqualTo(1);
    assertThat(ids.state(position)).isNull();
  }

  /** Eight hashes share one home in the index, so that probes run into each other. */
  @RepeatedTest(50)
  void itFindsWhatAMapFindsWhereHashesCollide(RepetitionInfo seed) {
    Random random = new Random(seed.getCurrentRepetition());
    Map<Long, Long> model = new HashMap<>();
    List<Long> order = new ArrayList<>();
    for (int step = 0; step < 500; step++) {
      long id = random.nextInt(200);
      long high = id & 7;
      switch (random.nextInt(4)) {
        case 0 -> {
          if (ids.size() > 0) {
            model.remove(order.remove(0));
            ids.removeOldest();
          }
        }
        case 1 -> {
          if (model.containsKey(id)) {
            ids.remove(model.remove(id));
            // Its place is kept until it is the oldest, under an id that is not used.
            order.set(order.indexOf(id), -1L - step);
          }
        }
        default -> {
          if (!model.containsKey(id)) {
            model.put(id, ids.append(high, id, step, id));
            order.add(id);
          }
        }
      }
    }
    assertThat(ids.size()).isEqualTo(order.size());
    for (long id = 0; id < 200; id++) {
      assertThat(ids.find(id & 7, id)).isEqualTo(model.getOrDefault(id, (long) RecentIds.NONE));
    }
    model.forEach((id, position) -> assertThat(ids.state(position)).isEqualTo(id));
  }
}
