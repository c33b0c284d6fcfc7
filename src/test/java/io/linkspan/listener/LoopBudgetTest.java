package io.linkspan.listener;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LoopBudgetTest {

  private static final int MANY = 5 * LoopBudget.IN_ONE_TURN;

  private final EmbeddedChannel channel = new EmbeddedChannel();
  private final EventLoop loop = channel.eventLoop();
  private final List<Integer> ended = new ArrayList<>();

  private void end(int from, int to) {
    IntStream.range(from, to).forEach(i -> LoopBudget.of(loop).take(() -> ended.add(i)));
  }

  @Test
  void fewEndsAreHandledAtOnce() {
    for (int turn = 0; turn < 10; turn++) {
      ended.clear();
      end(0, LoopBudget.IN_ONE_TURN);
      assertThat(ended).hasSize(LoopBudget.IN_ONE_TURN);
      channel.runScheduledPendingTasks();
    }
  }

  @Test
  void manyEndsTakeTurnsInTheirOrder() {
    end(0, MANY);
    for (int turn = 1; turn < 5; turn++) {
      assertThat(ended).hasSize(turn * LoopBudget.IN_ONE_TURN);
      channel.runScheduledPendingTasks();
    }
    assertThat(ended).isEqualTo(IntStream.range(0, MANY).boxed().toList());
  }

  @Test
  void anEndThatComesLaterWaitsForThoseBeforeIt() {
    end(0, LoopBudget.IN_ONE_TURN + 1);
    channel.runScheduledPendingTasks();
    end(LoopBudget.IN_ONE_TURN + 1, MANY);
    for (int turn = 0; turn < 5; turn++) {
      channel.runScheduledPendingTasks();
    }
    assertThat(ended).isEqualTo(IntStream.range(0, MANY).boxed().toList());
  }

  @Test
  void anEndThatFailsLeavesTheOthersToFurtherTurns() {
    end(0, LoopBudget.IN_ONE_TURN);
    LoopBudget.of(loop)
        .take(
            () -> {
              throw new IllegalStateException("the end fails");
            });
    end(LoopBudget.IN_ONE_TURN, MANY);
    for (int turn = 0; turn < 6; turn++) {
      try {
        channel.runScheduledPendingTasks();
      } catch (IllegalStateException expected) {
        assertThat(expected).hasMessage("the end fails");
      }
    }
    assertThat(ended).hasSize(MANY);
  }

  @Test
  void aStepForLaterWaitsForTheNextTurnAndForThoseBeforeIt() {
    LoopBudget.of(loop).takeLater(() -> ended.add(-1));
    assertThat(ended).isEmpty();
    end(0, MANY);
    channel.runScheduledPendingTasks();
    assertThat(ended).startsWith(-1, 0).hasSize(LoopBudget.IN_ONE_TURN);
  }
}
