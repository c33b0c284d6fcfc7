package io.linkspan.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ShortQueueTest {

  private final ShortQueue<Integer> queue = new ShortQueue<>();

  @Test
  void itBehavesAsAQueueOfAnyLength() {
    long seed = System.nanoTime();
    var random = new Random(seed);
    var expected = new ArrayDeque<Integer>();
    for (int step = 0; step < 10_000; step++) {
      // Short and long by turns.
      if (random.nextInt(100) < (step / 100 % 2 == 0 ? 60 : 40)) {
        queue.add(step);
        expected.add(step);
      } else {
        assertThat(queue.poll()).as("seed %d, step %d", seed, step).isEqualTo(expected.poll());
      }
      assertThat(queue.size()).as("seed %d, step %d", seed, step).isEqualTo(expected.size());
      assertThat(queue.isEmpty()).isEqualTo(expected.isEmpty());
    }
  }

  @Test
  void nothingIsLeftWhenItIsCleared() {
    for (int elements = 0; elements < 4; elements++) {
      for (int i = 0; i < elements; i++) {
        queue.add(i);
      }
      queue.clear();
      assertThat(queue.isEmpty()).isTrue();
      assertThat(queue.size()).isZero();
      assertThat(queue.poll()).isNull();
    }
    queue.add(5);
    assertThat(queue.poll()).isEqualTo(5);
  }
}
