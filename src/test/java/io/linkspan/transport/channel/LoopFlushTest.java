package io.linkspan.transport.channel;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LoopFlushTest {

  private final EmbeddedChannel channel = new EmbeddedChannel();
  private final EventLoop loop = channel.eventLoop();
  private final List<Integer> flushed = new ArrayList<>();

  @Test
  void allConnectionsAreFlushedAtTheEndOfTheTurnInTheirOrder() {
    List<Integer> expected = new ArrayList<>();
    for (int i = 0; i < 5_000; i++) {
      int number = i;
      expected.add(i);
      LoopFlush.of(loop).add(() -> flushed.add(number));
    }
    assertThat(flushed).isEmpty();
    channel.runPendingTasks();
    assertThat(flushed).isEqualTo(expected);
    channel.runPendingTasks();
    assertThat(flushed).isEqualTo(expected);
  }

  @Test
  void whatIsWrittenDuringAFlushIsFlushedAfterIt() {
    LoopFlush.of(loop)
        .add(
            () -> {
              flushed.add(1);
              LoopFlush.of(loop).add(() -> flushed.add(3));
            });
    LoopFlush.of(loop).add(() -> flushed.add(2));
    channel.runPendingTasks();
    assertThat(flushed).containsExactly(1, 2, 3);
    LoopFlush.of(loop).add(() -> flushed.add(4));
    channel.runPendingTasks();
    assertThat(flushed).containsExactly(1, 2, 3, 4);
  }

  @Test
  void anotherLoopFlushesItsOwnConnections() {
    EmbeddedChannel other = new EmbeddedChannel();
    LoopFlush.of(loop).add(() -> flushed.add(1));
    LoopFlush.of(other.eventLoop()).add(() -> flushed.add(2));
    other.runPendingTasks();
    assertThat(flushed).containsExactly(2);
    channel.runPendingTasks();
    assertThat(flushed).containsExactly(2, 1);
  }
}
