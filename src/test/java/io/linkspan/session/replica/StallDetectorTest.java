package io.linkspan.session.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.testing.VirtualTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class StallDetectorTest {

  private final VirtualTime time = new VirtualTime();
  private final List<Long> pauses = new ArrayList<>();
  private final StallDetector detector = new StallDetector(time, pauses::add);

  @Test
  void aLoopThatRunsHasNoPauses() {
    for (int i = 0; i < 100; i++) {
      time.advance(777);
      detector.check();
    }
    assertThat(pauses).isEmpty();
  }

  @Test
  void thePauseIsReportedByTheFirstThatEntersAndOnlyOnce() {
    time.advance(1_000);
    time.freeze(5_000);
    detector.check();
    detector.check();
    time.runDue();
    assertThat(pauses).containsExactly(5_000L);
  }

  @Test
  void aPauseIsReportedWhenNothingEnters() {
    time.advance(1_000);
    time.freeze(60_000);
    time.runDue();
    assertThat(pauses).containsExactly(60_000L);
    time.advance(10_000);
    assertThat(pauses).hasSize(1);
  }

  @Test
  void aShortPauseIsNotReported() {
    time.advance(1_000);
    time.freeze(StallDetector.PAUSE_MS);
    detector.check();
    time.advance(10_000);
    assertThat(pauses).isEmpty();
  }

  @Test
  void everyPauseIsReported() {
    time.advance(1_000);
    time.freeze(4_000);
    detector.check();
    time.freeze(4_001);
    detector.check();
    assertThat(pauses).containsExactly(4_000L, 4_001L);
  }

  @Test
  void afterTheEndOfTheWatchNoTimerIsLeft() {
    detector.stop();
    assertThat(time.nextDeadline()).isEqualTo(Long.MAX_VALUE);
  }
}
