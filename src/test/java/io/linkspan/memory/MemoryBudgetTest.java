package io.linkspan.memory;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class MemoryBudgetTest {

  private static final long LIMIT = 1_000_000;
  private static final int LOOPS = 2;

  private final AtomicLong direct = new AtomicLong();
  private final MemoryBudget budget =
      new MemoryBudget(new MemoryConfig(LIMIT, LIMIT, 70, 85, 95), LOOPS, direct::get);
  private final MemoryAccount first = budget.newAccount();
  private final MemoryAccount second = budget.newAccount();
  private final List<String> changes = new ArrayList<>();

  MemoryBudgetTest() {
    budget.listen((pool, from, to, used) -> changes.add(pool.name() + " " + from + " " + to));
  }

  /** Returns a number of bytes that is a percentage of the limit, and no chunk short of it. */
  private static long percent(int percent) {
    return LIMIT / 100 * percent;
  }

  @Test
  void theConsequencesComeInTheirOrder() {
    first.charge(MemoryUse.OUTBOX, percent(69));
    assertThat(budget.level()).isEqualTo(MemoryLevel.NORMAL);
    first.charge(MemoryUse.OUTBOX, percent(2));
    assertThat(budget.level()).isEqualTo(MemoryLevel.REFUSING);
    first.charge(MemoryUse.INBOX, percent(15));
    assertThat(budget.level()).isEqualTo(MemoryLevel.SHEDDING);
    first.charge(MemoryUse.INBOX, percent(10));
    assertThat(budget.level()).isEqualTo(MemoryLevel.FULL);
    assertThat(changes)
        .containsExactly("heap NORMAL REFUSING", "heap REFUSING SHEDDING", "heap SHEDDING FULL");
    assertThat(budget.charged(MemoryUse.OUTBOX)).isEqualTo(percent(71));
    assertThat(budget.charged(MemoryUse.INBOX)).isEqualTo(percent(25));
  }

  @Test
  void aLevelIsLeftSomewhatBelowItsMark() {
    first.charge(MemoryUse.OUTBOX, percent(71));
    for (int i = 0; i < 100; i++) {
      first.release(MemoryUse.OUTBOX, percent(4));
      assertThat(budget.level()).isEqualTo(MemoryLevel.REFUSING);
      first.charge(MemoryUse.OUTBOX, percent(4));
    }
    first.release(MemoryUse.OUTBOX, percent(8));
    assertThat(budget.level()).isEqualTo(MemoryLevel.NORMAL);
    assertThat(changes).containsExactly("heap NORMAL REFUSING", "heap REFUSING NORMAL");
  }

  @Test
  void oneChargeMayCrossSeveralLevels() {
    first.charge(MemoryUse.ASSEMBLY, percent(100));
    assertThat(budget.level()).isEqualTo(MemoryLevel.FULL);
    first.release(MemoryUse.ASSEMBLY, percent(100));
    assertThat(changes).containsExactly("heap NORMAL FULL", "heap FULL NORMAL");
    assertThat(budget.charged()).isZero();
  }

  @Test
  void theLoopsShareTheBudget() {
    first.charge(MemoryUse.OUTBOX, percent(50));
    second.charge(MemoryUse.OUTBOX, percent(46));
    assertThat(first.isAt(MemoryLevel.FULL)).isTrue();
    assertThat(second.isAt(MemoryLevel.FULL)).isTrue();
    second.release(MemoryUse.OUTBOX, percent(46));
    assertThat(first.level()).isEqualTo(MemoryLevel.NORMAL);
  }

  @Test
  void directMemoryIsMeasuredAfterSomeWrites() {
    direct.set(percent(86));
    first.writes(1_000);
    assertThat(budget.level()).isEqualTo(MemoryLevel.NORMAL);
    first.writes(100_000);
    assertThat(budget.level()).isEqualTo(MemoryLevel.SHEDDING);
    direct.set(percent(10));
    first.measure();
    assertThat(budget.level()).isEqualTo(MemoryLevel.NORMAL);
    assertThat(changes).containsExactly("direct NORMAL SHEDDING", "direct SHEDDING NORMAL");
  }

  @Test
  void theHigherLevelOfHeapAndDirectMemoryCounts() {
    direct.set(percent(96));
    budget.measure();
    first.charge(MemoryUse.OUTBOX, percent(75));
    assertThat(budget.level()).isEqualTo(MemoryLevel.FULL);
    direct.set(0);
    budget.measure();
    assertThat(budget.level()).isEqualTo(MemoryLevel.REFUSING);
  }

  @RepeatedTest(50)
  void nothingIsLeftOfRandomCharges(RepetitionInfo seed) {
    Random random = new Random(seed.getCurrentRepetition());
    List<MemoryAccount> accounts = List.of(first, second);
    List<MemoryUse> uses = List.of(MemoryUse.values());
    List<Runnable> releases = new ArrayList<>();
    for (int i = 0; i < 5_000; i++) {
      if (random.nextBoolean() && !releases.isEmpty()) {
        releases.remove(random.nextInt(releases.size())).run();
      } else {
        MemoryAccount account = accounts.get(random.nextInt(LOOPS));
        MemoryUse use = uses.get(random.nextInt(uses.size()));
        long bytes = random.nextInt(4_000);
        account.charge(use, bytes);
        releases.add(() -> account.release(use, bytes));
      }
      // What the loops hold in advance is a small part of the limit.
      assertThat(budget.heap().used())
          .isBetween(budget.charged(), budget.charged() + LOOPS * percent(2));
    }
    releases.forEach(Runnable::run);
    for (MemoryUse use : MemoryUse.values()) {
      assertThat(budget.charged(use)).as("seed %d, %s", seed.getCurrentRepetition(), use).isZero();
    }
    assertThat(budget.level()).isEqualTo(MemoryLevel.NORMAL);
  }

  @Test
  void theLimitsOfTheJvmApplyWhereNoneIsSet() {
    MemoryConfig config = new MemoryConfig(0, 0, 70, 85, 95).within(1_000, 4_000);
    assertThat(config.heap()).isEqualTo(500);
    assertThat(config.direct()).isEqualTo(3_000);
    config = new MemoryConfig(7, 8, 70, 85, 95).within(1_000, 4_000);
    assertThat(config.heap()).isEqualTo(7);
    assertThat(config.direct()).isEqualTo(8);
  }

  @Test
  void aMessageOfTinyPartsCostsMoreThanItsBytes() {
    Message.Builder tiny = Message.newBuilder();
    for (int i = 0; i < 1_000; i++) {
      tiny.putHeaders(Integer.toString(i), "");
    }
    Message one = tiny.build();
    Message whole = Message.newBuilder().setBody("x".repeat(one.getSerializedSize())).build();
    assertThat(MessageCost.of(one)).isGreaterThan(10L * one.getSerializedSize());
    assertThat(MessageCost.of(whole)).isLessThan(3L * whole.getSerializedSize());
    assertThat(MessageCost.full().code()).isEqualTo(ErrorCode.QUEUE_FULL);
    assertThat(MessageCost.full().retryAfterMs()).isPositive();
  }
}
