package io.linkspan.session.transfer;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.session.transfer.OutgoingTransfers.Departure;
import org.junit.jupiter.api.Test;

class OutgoingTransfersTest {

  private static final long START = 1_000;
  private static final long CONFIRM_TIME = 100;
  private static final long FORWARD_TIME = 1_000;

  private final OutgoingTransfers<String> outgoing =
      new OutgoingTransfers<>(CONFIRM_TIME, FORWARD_TIME);

  private void grant() {
    outgoing.add("s", "claim", "taker", "state", START);
  }

  @Test
  void aRepeatedClaimIsGrantedTheSameState() {
    grant();
    assertThat(outgoing.granted("s", "claim")).isEqualTo("state");
    assertThat(outgoing.granted("s", "claim")).isEqualTo("state");
    assertThat(outgoing.granted("s", "another claim")).isNull();
    assertThat(outgoing.granted("t", "claim")).isNull();
  }

  @Test
  void aConfirmedDepartureKeepsTheTakerAndNotTheState() {
    grant();
    assertThat(outgoing.confirm("s", "claim", START + 50)).isTrue();
    Departure<String> departure = outgoing.find("s");
    assertThat(departure.confirmed()).isTrue();
    assertThat(departure.taker()).isEqualTo("taker");
    assertThat(outgoing.granted("s", "claim")).isNull();
    // The answer may have been lost.
    assertThat(outgoing.confirm("s", "claim", START + 60)).isTrue();
    assertThat(outgoing.find("s").deadline()).isEqualTo(START + 50 + FORWARD_TIME);
  }

  @Test
  void aConfirmationThatIsTooLateOrOfAnotherClaimIsWithdrawn() {
    grant();
    assertThat(outgoing.confirm("s", "another claim", START)).isFalse();
    outgoing.remove("s");
    assertThat(outgoing.confirm("s", "claim", START)).isFalse();
  }

  @Test
  void aDepartureThatIsNotConfirmedInTimeIsOverdue() {
    grant();
    assertThat(outgoing.nextDeadline()).isEqualTo(START + CONFIRM_TIME);
    assertThat(outgoing.overdue(START + CONFIRM_TIME - 1)).isEmpty();
    assertThat(outgoing.overdue(START + CONFIRM_TIME))
        .containsExactly(outgoing.find("s"))
        .noneMatch(Departure::confirmed);
  }

  @Test
  void aDirectoryThatDoesNotAnswerPostponesTheDecision() {
    grant();
    Departure<String> departure = outgoing.overdue(START + CONFIRM_TIME).get(0);
    outgoing.postpone(departure, START + CONFIRM_TIME);
    assertThat(outgoing.isCurrent(departure)).isFalse();
    assertThat(outgoing.granted("s", "claim")).isEqualTo("state");
    assertThat(outgoing.nextDeadline()).isEqualTo(START + 2 * CONFIRM_TIME);
    // A decision on the former deadline comes too late to change anything.
    outgoing.postpone(departure, START + 10 * CONFIRM_TIME);
    assertThat(outgoing.find("s").deadline()).isEqualTo(START + 2 * CONFIRM_TIME);
  }

  @Test
  void aDepartureThatChangedWhileTheDirectoryWasAskedIsNotCurrent() {
    grant();
    Departure<String> asked = outgoing.find("s");
    assertThat(outgoing.isCurrent(asked)).isTrue();
    outgoing.confirm("s", "claim", START + 10);
    assertThat(outgoing.isCurrent(asked)).isFalse();
    outgoing.add("s", "next", "other", "newer", START + 20);
    assertThat(outgoing.isCurrent(asked)).isFalse();
    outgoing.remove("s");
    assertThat(outgoing.isCurrent(asked)).isFalse();
  }

  @Test
  void theNextDeadlineIsTheEarliestOfThoseThatAreLeft() {
    grant();
    outgoing.add("t", "claim", "taker", "state", START + 30);
    assertThat(outgoing.overdue(START + CONFIRM_TIME)).hasSize(1);
    outgoing.remove("s");
    assertThat(outgoing.nextDeadline()).isEqualTo(START + 30 + CONFIRM_TIME);
    assertThat(outgoing.overdue(START + 30 + CONFIRM_TIME)).hasSize(1);
    outgoing.remove("t");
    assertThat(outgoing.overdue(START + 10_000)).isEmpty();
    assertThat(outgoing.size()).isZero();
  }
}
