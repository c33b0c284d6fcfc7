package io.linkspan.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import io.linkspan.delivery.DeliveryConfig;
import io.linkspan.memory.MemoryBudget;
import io.linkspan.memory.SharedMemoryAccount;
import io.linkspan.session.DuplicateWindow.Outcome;
import io.linkspan.testing.TestMemory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class DuplicateFilterTest {

  private static final long START = 10_000;
  private static final int MAX = 4;
  private static final long WINDOW = 1_000;

  private final MemoryBudget budget = TestMemory.budget();
  private final SharedMemoryAccount memory = new SharedMemoryAccount(budget);
  private final DuplicateWindow window = new DuplicateWindow(MAX, WINDOW, memory);
  private final List<Outcome> told = new ArrayList<>();
  private final DuplicateWindow.Repetitions tell = (eventId, receipt, outcome) -> told.add(outcome);

  @Test
  void aRepetitionAfterTheOutcomeReceivesItAtOnce() {
    DuplicateWindow.Entry first = window.admit("a", START, null, tell);
    assertThat(first).isNotNull();
    window.end(first, Outcome.ACKNOWLEDGED);
    assertThat(told).isEmpty();
    assertThat(window.admit("a", START + 1, null, tell)).isNull();
    assertThat(told).containsExactly(Outcome.ACKNOWLEDGED);
  }

  @Test
  void aRepetitionBeforeTheOutcomeReceivesItLater() {
    DuplicateWindow.Entry first = window.admit("a", START, null, tell);
    assertThat(window.admit("a", START, null, tell)).isNull();
    assertThat(window.admit("a", START, null, tell)).isNull();
    assertThat(told).isEmpty();
    var refusal = Outcome.of(new MessageException(ErrorCode.FORBIDDEN, "no"));
    window.end(first, refusal);
    assertThat(told).containsExactly(refusal, refusal);
  }

  @Test
  void aFloodOfRepetitionsIsBounded() {
    DuplicateWindow.Entry first = window.admit("a", START, null, tell);
    for (int i = 0; i < 1_000; i++) {
      window.admit("a", START, null, tell);
    }
    window.end(first, Outcome.ACKNOWLEDGED);
    assertThat(told).hasSizeLessThan(20);
  }

  @Test
  void anEventIdOlderThanTheWindowIsNew() {
    window.end(window.admit("a", START, null, tell), Outcome.ACKNOWLEDGED);
    assertThat(window.admit("a", START + WINDOW, null, tell)).isNull();
    assertThat(window.admit("a", START + WINDOW + 1, null, tell)).isNotNull();
  }

  @Test
  void aPendingMessageIsADuplicateAtAnyAge() {
    window.admit("a", START, null, tell);
    assertThat(window.admit("a", START + 10 * WINDOW, null, tell)).isNull();
  }

  @Test
  void anEvictedEntryStillReportsItsOutcome() {
    DuplicateWindow.Entry oldest = window.admit("0", START, null, tell);
    window.admit("0", START, null, tell);
    for (int i = 1; i <= MAX; i++) {
      window.end(window.admit("" + i, START, null, tell), Outcome.ACKNOWLEDGED);
    }
    assertThat(window.admit("0", START, null, tell)).isNotNull();
    window.end(oldest, Outcome.ACKNOWLEDGED);
    assertThat(told).containsExactly(Outcome.ACKNOWLEDGED);
  }

  @Test
  void theWindowOutlivesTheSessionUnlessItIsAnonymous() {
    DuplicateFilter filter = filter(1);
    remember(filter, "alice", true);
    DuplicateWindow again = filter.acquire("alice");
    assertThat(again.admit("x", now(), null, tell)).isNull();
    filter.release("alice", true, now());
    remember(filter, "anonymous", false);
    assertThat(filter.acquire("anonymous").admit("x", now(), null, tell)).isNotNull();
    // Room for one only: bob's takes the place of alice's.
    remember(filter, "bob", true);
    assertThat(filter.acquire("alice").admit("x", now(), null, tell)).isNotNull();
    assertThat(filter.acquire("bob").admit("x", now(), null, tell)).isNull();
  }

  @Test
  void sessionsOfOneUserShareAWindow() {
    DuplicateFilter filter = filter(1);
    DuplicateWindow one = filter.acquire("alice");
    assertThat(filter.acquire("alice")).isSameAs(one);
    filter.release("alice", true, now());
    assertThat(filter.acquire("alice")).isSameAs(one);
  }

  /** A window as simple as it can be, to compare with. */
  private static final class Model {
    private record Known(long at, boolean ended) {}

    private final LinkedHashMap<String, Known> entries = new LinkedHashMap<>();
    private final int max;
    private final long window;

    Model(int max, long window) {
      this.max = max;
      this.window = window;
    }

    boolean isFirst(String id, long now) {
      Known known = entries.get(id);
      if (known != null && !(known.ended() && now - known.at() > window)) {
        return false;
      }
      entries.remove(id);
      var oldest = entries.values().iterator();
      while (oldest.hasNext()) {
        Known next = oldest.next();
        if (entries.size() < max && !(next.ended() && now - next.at() > window)) {
          break;
        }
        oldest.remove();
      }
      entries.put(id, new Known(now, false));
      return true;
    }

    void end(String id) {
      entries.computeIfPresent(id, (key, known) -> new Known(known.at(), true));
    }
  }

  @RepeatedTest(200)
  void theWindowBehavesLikeASimpleModel(RepetitionInfo seed) {
    Random random = new Random(seed.getCurrentRepetition());
    // An expired entry behind one that has not ended keeps its place in the ring, and counts; so
    // the two are the same where either the bound or the age is what makes room.
    boolean byAge = random.nextBoolean();
    int max = byAge ? 4_000 : 1 + random.nextInt(40);
    long kept = byAge ? WINDOW : 1L << 40;
    int ids = 1 + random.nextInt(150);
    DuplicateWindow tested = new DuplicateWindow(max, kept, memory);
    Model model = new Model(max, kept);
    Map<String, DuplicateWindow.Entry> inFlight = new HashMap<>();
    long now = START;
    for (int step = 0; step < 2_000; step++) {
      now += random.nextInt(30);
      String id = "event-" + random.nextInt(ids);
      DuplicateWindow.Entry entry = tested.admit(id, now, null, tell);
      assertThat(entry != null).as("step " + step).isEqualTo(model.isFirst(id, now));
      if (entry != null) {
        inFlight.put(id, entry);
      }
      String ended = "event-" + random.nextInt(ids);
      if (inFlight.containsKey(ended)) {
        tested.end(inFlight.remove(ended), Outcome.ACKNOWLEDGED);
        model.end(ended);
      }
    }
  }

  private static void remember(DuplicateFilter filter, String user, boolean mayReturn) {
    DuplicateWindow window = filter.acquire(user);
    window.end(
        window.admit("x", now(), null, (eventId, receipt, outcome) -> {}), Outcome.ACKNOWLEDGED);
    filter.release(user, mayReturn, now());
  }

  private DuplicateFilter filter(int users) {
    return new DuplicateFilter(
        new DeliveryConfig(
            Duration.ofSeconds(1), Duration.ofSeconds(1), 1, MAX, Duration.ofMinutes(2), users),
        memory);
  }

  private static long now() {
    return io.linkspan.time.DeadlineTimer.now();
  }
}
