package io.linkspan.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import io.linkspan.session.UserWindow.Ending;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DuplicateFilterTest {

  private static final long START = 10_000;
  private static final int MAX = 4;
  private static final long WINDOW = 1_000;

  private final UserWindow window = new UserWindow(MAX, WINDOW);
  private final List<Ending> told = new ArrayList<>();

  @Test
  void aRepetitionAfterTheEndingIsToldAtOnce() {
    UserWindow.Entry first = window.admit("a", START, told::add);
    assertThat(first).isNotNull();
    window.end(first, Ending.ACKNOWLEDGED);
    assertThat(told).isEmpty();
    assertThat(window.admit("a", START + 1, told::add)).isNull();
    assertThat(told).containsExactly(Ending.ACKNOWLEDGED);
  }

  @Test
  void aRepetitionBeforeTheEndingIsToldWithIt() {
    UserWindow.Entry first = window.admit("a", START, told::add);
    assertThat(window.admit("a", START, told::add)).isNull();
    assertThat(window.admit("a", START, told::add)).isNull();
    assertThat(told).isEmpty();
    var refusal = new Ending(new MessageException(ErrorCode.FORBIDDEN, "no"));
    window.end(first, refusal);
    assertThat(told).containsExactly(refusal, refusal);
  }

  @Test
  void aFloodOfRepetitionsIsBounded() {
    UserWindow.Entry first = window.admit("a", START, told::add);
    for (int i = 0; i < 1_000; i++) {
      window.admit("a", START, told::add);
    }
    window.end(first, Ending.ACKNOWLEDGED);
    assertThat(told).hasSizeLessThan(20);
  }

  @Test
  void whatIsOlderThanTheWindowIsNew() {
    window.end(window.admit("a", START, told::add), Ending.ACKNOWLEDGED);
    assertThat(window.admit("a", START + WINDOW, told::add)).isNull();
    assertThat(window.admit("a", START + WINDOW + 1, told::add)).isNotNull();
  }

  @Test
  void whatHasNotEndedIsNoLessADuplicateForItsAge() {
    window.admit("a", START, told::add);
    assertThat(window.admit("a", START + 10 * WINDOW, told::add)).isNull();
  }

  @Test
  void theOldestMakesRoomButStillTellsThoseWhoWait() {
    UserWindow.Entry oldest = window.admit("0", START, told::add);
    window.admit("0", START, told::add);
    for (int i = 1; i <= MAX; i++) {
      window.end(window.admit("" + i, START, told::add), Ending.ACKNOWLEDGED);
    }
    assertThat(window.admit("0", START, told::add)).isNotNull();
    window.end(oldest, Ending.ACKNOWLEDGED);
    assertThat(told).containsExactly(Ending.ACKNOWLEDGED);
  }

  @Test
  void theWindowOutlivesTheSessionUnlessNobodyCanReturn() {
    DuplicateFilter filter = filter(1);
    remember(filter, "alice", true);
    UserWindow again = filter.acquire("alice");
    assertThat(again.admit("x", now(), told::add)).isNull();
    filter.release("alice", again, true);
    remember(filter, "anonymous", false);
    assertThat(filter.acquire("anonymous").admit("x", now(), told::add)).isNotNull();
    // Room for one only: bob's takes the place of alice's.
    remember(filter, "bob", true);
    assertThat(filter.acquire("alice").admit("x", now(), told::add)).isNotNull();
    assertThat(filter.acquire("bob").admit("x", now(), told::add)).isNull();
  }

  @Test
  void sessionsOfOneUserShareAWindow() {
    DuplicateFilter filter = filter(1);
    UserWindow one = filter.acquire("alice");
    assertThat(filter.acquire("alice")).isSameAs(one);
    filter.release("alice", one, true);
    assertThat(filter.acquire("alice")).isSameAs(one);
  }

  private static void remember(DuplicateFilter filter, String user, boolean mayReturn) {
    UserWindow window = filter.acquire(user);
    window.end(window.admit("x", now(), ending -> {}), Ending.ACKNOWLEDGED);
    filter.release(user, window, mayReturn);
  }

  private static DuplicateFilter filter(int users) {
    return new DuplicateFilter(
        new DeliveryConfig(
            Duration.ofSeconds(1), Duration.ofSeconds(1), 1, MAX, Duration.ofMinutes(2), users));
  }

  private static long now() {
    return io.linkspan.connection.DeadlineTimer.now();
  }
}
