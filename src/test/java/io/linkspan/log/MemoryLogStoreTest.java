package io.linkspan.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.linkspan.api.MessageException;
import io.linkspan.log.LogBounds.WhenFull;
import io.linkspan.memory.MemoryBudget;
import io.linkspan.memory.MemoryUse;
import io.linkspan.memory.SharedMemoryAccount;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.TestMemory;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The store in memory, and what it charges. */
class MemoryLogStoreTest extends LogStoreContract {

  private static final LogBounds ROOMY =
      new LogBounds(100, 10_000, Duration.ofSeconds(10), WhenFull.DROP_OLDEST);

  private final MemoryBudget budget = TestMemory.budget();
  private final LogStore store = new MemoryLogStore(new SharedMemoryAccount(budget), 5_000);

  private final LogStore roomy =
      new MemoryLogStore(new SharedMemoryAccount(TestMemory.budget()), 1 << 30);

  @Override
  protected LogStore store() {
    return roomy;
  }

  private void append(String log, int bytes) {
    var entry = new NewEntry(ByteString.copyFrom(new byte[bytes]), Long.MAX_VALUE);
    TestGateway.await(store.append(log, List.of(entry), ROOMY, 0));
  }

  @Test
  void chargesWhatItStoresAndGivesItBack() {
    append("a", 1_000);
    append("a", 1_000);
    append("b", 1_000);
    assertThat(budget.charged(MemoryUse.LOGS)).isGreaterThan(3_000);

    TestGateway.await(store.delete("a"));
    assertThat(budget.charged(MemoryUse.LOGS)).isBetween(1_000L, 2_000L);

    TestGateway.await(store.expire(100_000));
    assertThat(budget.charged(MemoryUse.LOGS)).isZero();
  }

  @Test
  void refusesToAppendWhenAllLogsTogetherHaveTheirBytes() {
    append("a", 2_500);
    append("b", 2_500);

    assertThatThrownBy(() -> append("c", 1)).isInstanceOf(MessageException.class);
    TestGateway.await(store.delete("a"));
    append("c", 1);
  }

  @Test
  void refusesToAppendWhileMemoryIsFull() {
    MemoryBudget little = TestMemory.budget(10_000);
    var account = new SharedMemoryAccount(little);
    account.change(MemoryUse.LINKS, 9_900);
    var full = new MemoryLogStore(account, 1 << 30);

    var entry = new NewEntry(ByteString.EMPTY, Long.MAX_VALUE);
    assertThat(full.append("a", List.of(entry), ROOMY, 0).failed()).isTrue();
  }
}
