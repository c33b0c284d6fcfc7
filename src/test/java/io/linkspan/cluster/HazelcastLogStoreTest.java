package io.linkspan.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.linkspan.log.Appended;
import io.linkspan.log.LogBounds;
import io.linkspan.log.LogBounds.WhenFull;
import io.linkspan.log.LogPosition;
import io.linkspan.log.LogRead;
import io.linkspan.log.LogStore;
import io.linkspan.log.LogStoreContract;
import io.linkspan.log.NewEntry;
import io.linkspan.memory.MemoryBudget;
import io.linkspan.memory.MemoryUse;
import io.linkspan.memory.SharedMemoryAccount;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.TestMemory;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongPredicate;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The logs of two members on loopback, in one JVM. */
class HazelcastLogStoreTest extends LogStoreContract {

  private static final TestMembers MEMBERS = new TestMembers();
  private static final LogBounds ROOMY =
      new LogBounds(100, 10_000, Duration.ofSeconds(10), WhenFull.REFUSE);
  private static final long TOTAL = 1 << 30;

  private static final MemoryBudget BUDGET = TestMemory.budget();
  private static HazelcastCluster one;
  private static HazelcastCluster two;
  private static LogStore ofOne;
  private static LogStore ofTwo;

  @BeforeAll
  static void start() {
    one = MEMBERS.join("one");
    two = MEMBERS.join("two");
    ofOne = one.logs(new SharedMemoryAccount(BUDGET), TOTAL);
    ofTwo = two.logs(new SharedMemoryAccount(TestMemory.budget()), TOTAL);
  }

  @AfterAll
  static void end() {
    TestGateway.await(Future.join(one.vertx().close(), two.vertx().close()));
  }

  /** Returns a store that appends at one member; each member expires the logs that lie there. */
  @Override
  protected LogStore store() {
    return new BothMembers(ofOne, ofTwo);
  }

  private static NewEntry entry(String text) {
    return new NewEntry(ByteString.copyFromUtf8(text), Long.MAX_VALUE);
  }

  @Test
  void bothMembersAppendToOneLogAndReadAll() {
    Appended first = TestGateway.await(ofOne.append("user:both", List.of(entry("a")), ROOMY, 0));
    Appended second = TestGateway.await(ofTwo.append("user:both", List.of(entry("b")), ROOMY, 0));

    assertThat(second.epoch()).isEqualTo(first.epoch());
    for (LogStore store : List.of(ofOne, ofTwo)) {
      var page =
          (LogRead.Page) TestGateway.await(store.read("user:both", LogPosition.START, 9, 99, 0));
      assertThat(page.entries())
          .extracting(entry -> entry.message().toStringUtf8())
          .containsExactly("a", "b");
    }
  }

  @Test
  void theLogsOfAMemberThatIsKilledAreAtTheOther() {
    HazelcastCluster third = MEMBERS.join("three");
    LogStore ofThird = third.logs(new SharedMemoryAccount(TestMemory.budget()), TOTAL);
    Map<String, Appended> appended = new HashMap<>();
    for (int i = 0; i < 50; i++) {
      String log = "user:killed-" + i;
      appended.put(log, TestGateway.await(ofThird.append(log, List.of(entry("a")), ROOMY, 0)));
      TestGateway.await(ofThird.append(log, List.of(entry("b")), ROOMY, 0));
    }
    // Its Vert.x is not closed: it would leave a cluster that it is not in.
    third.hazelcast().getLifecycleService().terminate();

    appended.forEach(
        (log, first) -> {
          var page = (LogRead.Page) TestGateway.await(ofOne.read(log, LogPosition.START, 9, 99, 0));
          assertThat(page.epoch()).isEqualTo(first.epoch());
          assertThat(page.entries())
              .extracting(entry -> entry.message().toStringUtf8())
              .containsExactly("a", "b");
        });
  }

  @Test
  void aMemberIsChargedForWhatLiesThere() {
    // After a member was killed its logs arrive at the others one by one.
    awaitCharge(Long.MAX_VALUE, bytes -> bytes == 0);
    for (int i = 0; i < 50; i++) {
      TestGateway.await(
          ofOne.append("user:charged-" + i, List.of(entry("x".repeat(1_000))), ROOMY, 1_000));
    }
    awaitCharge(0, bytes -> bytes > 1_000);

    for (int i = 0; i < 50; i++) {
      TestGateway.await(ofOne.delete("user:charged-" + i));
    }
    awaitCharge(0, bytes -> bytes == 0);
  }

  private static void awaitCharge(long now, LongPredicate fits) {
    Awaitility.await()
        .atMost(Duration.ofMinutes(2))
        .until(
            () -> {
              TestGateway.await(ofOne.expire(now));
              TestGateway.await(ofTwo.expire(now));
              return fits.test(BUDGET.charged(MemoryUse.LOGS));
            });
  }

  /** Appends and reads at one member in turn, and lets both expire what lies there. */
  private record BothMembers(LogStore one, LogStore two) implements LogStore {
    @Override
    public Future<Void> start() {
      return Future.succeededFuture();
    }

    @Override
    public Future<Appended> append(String log, List<NewEntry> entries, LogBounds bounds, long now) {
      return one.append(log, entries, bounds, now);
    }

    @Override
    public Future<LogRead> read(
        String log, LogPosition from, int maxEntries, long maxBytes, long now) {
      return two.read(log, from, maxEntries, maxBytes, now);
    }

    @Override
    public Future<Integer> remove(String log, long epoch, Collection<Long> offsets) {
      return two.remove(log, epoch, offsets);
    }

    @Override
    public Future<Integer> trim(String log, LogPosition to) {
      return one.trim(log, to);
    }

    @Override
    public Future<Void> delete(String log) {
      return two.delete(log);
    }

    @Override
    public Future<Map<String, Integer>> expire(long now) {
      List<Future<Map<String, Integer>>> both = new ArrayList<>();
      both.add(one.expire(now));
      both.add(two.expire(now));
      return Future.all(both)
          .map(
              v -> {
                Map<String, Integer> sum = new HashMap<>();
                both.forEach(one -> one.result().forEach((k, n) -> sum.merge(k, n, Integer::sum)));
                return sum;
              });
    }

    @Override
    public Future<Void> close() {
      return Future.succeededFuture();
    }
  }
}
