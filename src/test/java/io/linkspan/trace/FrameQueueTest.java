package io.linkspan.trace;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FrameQueueTest {

  private final FrameQueue queue = new FrameQueue();

  @Test
  void framesLeaveInOrder() {
    queue.add("a");
    queue.add("b");
    assertThat(queue.poll()).isEqualTo("a");
    assertThat(queue.poll()).isEqualTo("b");
    assertThat(queue.poll()).isNull();
    assertThat(queue.isEmpty()).isTrue();
  }

  @Test
  void framesBeyondTheNumberAreLostAndCounted() {
    for (int i = 0; i < FrameQueue.MAX_FRAMES + 3; i++) {
      queue.add("x");
    }
    for (int i = 0; i < FrameQueue.MAX_FRAMES; i++) {
      assertThat(queue.poll()).isEqualTo("x");
    }
    assertThat(queue.poll()).isNull();
    assertThat(queue.isEmpty()).isFalse();
    assertThat(queue.takeLost()).isEqualTo(3);
    assertThat(queue.isEmpty()).isTrue();
  }

  @Test
  void framesBeyondTheLengthAreLost() {
    queue.add("x".repeat(FrameQueue.MAX_LENGTH - 1));
    queue.add("yy");
    assertThat(queue.poll()).hasSize(FrameQueue.MAX_LENGTH - 1);
    assertThat(queue.takeLost()).isEqualTo(1);
  }

  @Test
  void noFrameIsAddedBeforeTheNumberOfLostOnesIsTaken() {
    queue.add("a");
    queue.lose(2);
    queue.add("b");
    assertThat(queue.poll()).isEqualTo("a");
    assertThat(queue.poll()).isNull();
    assertThat(queue.takeLost()).isEqualTo(3);
    queue.add("c");
    assertThat(queue.poll()).isEqualTo("c");
  }
}
