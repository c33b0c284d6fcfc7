package io.linkspan.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.linkspan.testing.VirtualTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A queue of timers")
class TimerQueueTest {

  private static final long LATENESS = 128;

  private final VirtualTime time = new VirtualTime();

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void firesEachTimerOnceAndInItsTimeWhateverIsArmedAndCancelled(long seed) {
    var random = new Random(seed);
    var queue = new TimerQueue(time, LATENESS);
    int count = 200;
    long[] armedAt = new long[count];
    long[] deadline = new long[count];
    Arrays.fill(deadline, Long.MAX_VALUE);
    List<DeadlineTimer> timers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int number = i;
      timers.add(
          new DeadlineTimer(
              queue,
              () -> {
                long due = deadline[number];
                assertThat(due).as("timer %d is armed, seed %d", number, seed).isNotNegative();
                assertThat(time.now())
                    .as("timer %d, seed %d", number, seed)
                    .isBetween(due, due + Math.max(1, (due - armedAt[number]) / 64));
                deadline[number] = Long.MAX_VALUE;
              }));
    }
    for (int step = 0; step < 20_000; step++) {
      int number = random.nextInt(count);
      int choice = random.nextInt(10);
      if (choice == 0) {
        timers.get(number).cancel();
        deadline[number] = Long.MAX_VALUE;
      } else if (choice < 6) {
        long due = time.now() + 1 + random.nextInt(random.nextInt(20) == 0 ? 60_000 : 3_000);
        timers.get(number).arm(due);
        if (due < deadline[number]) {
          deadline[number] = due;
          armedAt[number] = time.now();
        }
      } else {
        time.advanceTo(time.now() + random.nextInt(40));
      }
    }
    time.advanceTo(time.now() + 70_000);
    assertThat(deadline).as("seed %d", seed).containsOnly(Long.MAX_VALUE);
  }

  @ParameterizedTest
  @CsvSource({"1000, 50, 1050", "1000, 127, 1127", "1000, 128, 1128", "1001, 25000, 26112"})
  void roundsLongDelaysUpSoThatTheyShareAWakeUp(long now, long delay, long fires) {
    var clock = new VirtualTime(now);
    List<Long> fired = new ArrayList<>();
    new DeadlineTimer(new TimerQueue(clock, LATENESS), () -> fired.add(clock.now()))
        .arm(now + delay);

    clock.advanceTo(now + 2 * delay);

    assertThat(fired).containsExactly(fires);
  }

  @Test
  void wakesTheLoopOnceForTimersThatAreDueTogether() {
    var queue = new TimerQueue(time, LATENESS);
    List<Long> fired = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      new DeadlineTimer(queue, () -> fired.add(time.now())).arm(time.now() + 25_000 + i % 20);
    }

    time.advanceTo(time.now() + 30_000);

    assertThat(fired).hasSize(100).containsOnly(fired.get(0));
  }

  @Test
  void firesATimerThatIsArmedForThePastInALaterTurn() {
    List<Long> fired = new ArrayList<>();
    var timer = new DeadlineTimer(new TimerQueue(time, LATENESS), () -> fired.add(time.now()));
    long now = time.now();
    timer.arm(now - 5);
    assertThat(fired).isEmpty();

    time.advanceTo(now + 1);

    assertThat(fired).containsExactly(now + 1);
  }

  @Test
  void doesNotTurnForEverWhenATimerArmsItselfForThePast() {
    var queue = new TimerQueue(time, LATENESS);
    List<Long> fired = new ArrayList<>();
    DeadlineTimer[] own = new DeadlineTimer[1];
    own[0] =
        new DeadlineTimer(
            queue,
            () -> {
              fired.add(time.now());
              own[0].arm(0);
            });
    long now = time.now();
    own[0].arm(now + 1);

    time.advanceTo(now + 3);

    assertThat(fired).containsExactly(now + 1, now + 2, now + 3);
  }

  @Test
  void firesTheOthersAfterOneTimerHasFailed() {
    var queue = new TimerQueue(time, LATENESS);
    List<Long> fired = new ArrayList<>();
    long now = time.now();
    new DeadlineTimer(
            queue,
            () -> {
              throw new IllegalStateException("provoked");
            })
        .arm(now + 10);
    new DeadlineTimer(queue, () -> fired.add(time.now())).arm(now + 10);

    assertThatThrownBy(() -> time.advanceTo(now + 20)).hasMessage("provoked");
    time.advanceTo(now + 20);

    assertThat(fired).hasSize(1);
  }
}
