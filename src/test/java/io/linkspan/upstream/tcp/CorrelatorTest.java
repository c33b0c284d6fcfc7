package io.linkspan.upstream.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.upstream.tcp.Correlator.Match;
import org.junit.jupiter.api.Test;

/** Tests which attempt an answer is matched to. */
class CorrelatorTest {

  private final Correlator<String> byName = new Correlator<>(false);
  private final Correlator<String> inOrder = new Correlator<>(true);

  @Test
  void answerMatchesTheAttemptItNamesOnce() {
    assertThat(byName.add("alice", "1", "a")).isEqualTo("1");
    assertThat(byName.add("alice", "2", "b")).isEqualTo("2");
    assertThat(byName.answered("2")).isEqualTo(new Match<>("b", "2"));
    assertThat(byName.answered("2")).isNull();
    assertThat(byName.answered("3")).isNull();
    assertThat(byName.answered("")).isNull();
    assertThat(byName.answered("1")).isEqualTo(new Match<>("a", "1"));
    assertThat(byName.size()).isZero();
  }

  @Test
  void answersInOrderMatchTheOldestAttempt() {
    inOrder.add("alice", "1", "a");
    inOrder.add("bob", "2", "b");
    assertThat(inOrder.answered("2")).isEqualTo(new Match<>("a", "1"));
    assertThat(inOrder.answered("")).isEqualTo(new Match<>("b", "2"));
    assertThat(inOrder.answered("")).isNull();
  }

  @Test
  void sameEventIdOfTwoUsersIsDistinguishedOnTheWire() {
    assertThat(byName.add("alice", "1", "a")).isEqualTo("1");
    assertThat(byName.add("bob", "1", "b")).isEqualTo("1~bob");
    assertThat(byName.add("bob", "1", "again")).isEqualTo("1~bob~bob");
    assertThat(byName.answered("1~bob")).isEqualTo(new Match<>("b", "1"));
    assertThat(byName.answered("1")).isEqualTo(new Match<>("a", "1"));
    assertThat(byName.answered("1~bob~bob")).isEqualTo(new Match<>("again", "1"));
  }

  @Test
  void lateAnswerNeverMatchesAnotherUsersMessage() {
    byName.add("alice", "1", "a");
    byName.abandon("a");
    assertThat(byName.size()).isZero();
    assertThat(byName.add("bob", "1", "b")).isEqualTo("1~bob");
    assertThat(byName.answered("1")).isNull();
    assertThat(byName.answered("1~bob")).isEqualTo(new Match<>("b", "1"));
    // The late answer has arrived; the eventId is free again.
    assertThat(byName.add("bob", "1", "c")).isEqualTo("1");
  }

  @Test
  void lateAnswerMatchesARetryOfItsMessage() {
    byName.add("alice", "1", "a");
    byName.abandon("a");
    assertThat(byName.add("alice", "1", "again")).isEqualTo("1");
    assertThat(byName.answered("1")).isEqualTo(new Match<>("again", "1"));
  }

  @Test
  void numberOfExpectedLateAnswersIsBounded() {
    for (int i = 0; i <= 1000; i++) {
      String attempt = "a" + i;
      byName.add("alice", "" + i, attempt);
      byName.abandon(attempt);
    }
    assertThat(byName.add("bob", "0", "b")).isEqualTo("0");
    assertThat(byName.add("bob", "1", "c")).isEqualTo("1~bob");
  }

  @Test
  void takeAllReturnsUnansweredAttemptsInOrder() {
    byName.add("alice", "2", "a");
    byName.add("alice", "1", "b");
    byName.add("bob", "3", "c");
    byName.abandon("c");
    assertThat(byName.takeAll()).containsExactly("a", "b");
    assertThat(byName.takeAll()).isEmpty();
    // A new link starts without the state of the previous one.
    assertThat(byName.add("alice", "3", "d")).isEqualTo("3");
  }
}
