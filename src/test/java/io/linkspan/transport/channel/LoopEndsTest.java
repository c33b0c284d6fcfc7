package io.linkspan.transport.channel;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LoopEndsTest {

  private static final int MANY = 5 * LoopEnds.IN_ONE_TURN;

  private final EmbeddedChannel channel = new EmbeddedChannel();
  private final EventLoop loop = channel.eventLoop();
  private final List<Integer> ended = new ArrayList<>();

  private void end(int from, int to) {
    IntStream.range(from, to).forEach(i -> LoopEnds.of(loop).handle(() -> ended.add(i)));
  }

  @Test
  void fewEndsAreHandledAtOnce() {
    for (int turn = 0; turn < 10; turn++) {
      ended.clear();
      end(0, LoopEnds.IN_ONE_TURN);
      assertThat(ended).hasSize(LoopEnds.IN_ONE_TURN);
      channel.runScheduledPendingTasks();
    }
  }

  @Test
  void manyEndsTakeTurnsInTheirOrder() {
    end(0, MANY);
    for (int turn = 1; turn < 5; turn++) {
      assertThat(ended).hasSize(turn * LoopEnds.IN_ONE_TURN);
      channel.runScheduledPendingTasks();
    }
    assertThat(ended).isEqualTo(IntStream.range(0, MANY).boxed().toList());
  }

  @Test
  void anEndThatComesLaterWaitsForThoseBeforeIt() {
    end(0, LoopEnds.IN_ONE_TURN + 1);
    channel.runScheduledPendingTasks();
    end(LoopEnds.IN_ONE_TURN + 1, MANY);
    for (int turn = 0; turn < 5; turn++) {
      channel.runScheduledPendingTasks();
    }
    assertThat(ended).isEqualTo(IntStream.range(0, MANY).boxed().toList());
  }

  @Test
  void anEndThatFailsLeavesTheOthersToFurtherTurns() {
    end(0, LoopEnds.IN_ONE_TURN);
    LoopEnds.of(loop)
        .handle(
            () -> {
              throw new IllegalStateException("the end fails");
            });
    end(LoopEnds.IN_ONE_TURN, MANY);
    for (int turn = 0; turn < 6; turn++) {
      try {
        channel.runScheduledPendingTasks();
      } catch (IllegalStateException expected) {
        assertThat(expected).hasMessage("the end fails");
      }
    }
    assertThat(ended).hasSize(MANY);
  }
}
