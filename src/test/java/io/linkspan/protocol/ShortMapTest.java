package io.linkspan.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ShortMapTest {

  @Test
  void behavesLikeAnyMap() {
    long seed = System.nanoTime();
    var random = new Random(seed);
    var map = new ShortMap<String, Integer>();
    Map<String, Integer> reference = new HashMap<>();
    for (int step = 0; step < 10_000; step++) {
      String key = "key-" + random.nextInt(4);
      switch (random.nextInt(8)) {
        case 0, 1, 2 -> {
          map.put(key, step);
          reference.put(key, step);
        }
        case 3, 4, 5, 6 -> {
          map.remove(key);
          reference.remove(key);
        }
        default -> {
          if (random.nextInt(20) == 0) {
            map.clear();
            reference.clear();
          }
        }
      }
      Map<String, Integer> found = new HashMap<>();
      map.forEach(found::put);
      assertThat(found).as("seed %d, step %d", seed, step).isEqualTo(reference);
      assertThat(map.size()).isEqualTo(reference.size());
      assertThat(map.keys()).containsExactlyInAnyOrderElementsOf(reference.keySet());
      assertThat(map.get(key)).isEqualTo(reference.get(key));
    }
  }
}
