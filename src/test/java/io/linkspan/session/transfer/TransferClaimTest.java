package io.linkspan.session.transfer;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.session.transfer.TransferClaim.Claim;
import io.linkspan.session.transfer.TransferClaim.Confirm;
import io.linkspan.session.transfer.TransferClaim.Confirmation;
import io.linkspan.session.transfer.TransferClaim.Enter;
import io.linkspan.session.transfer.TransferClaim.Find;
import io.linkspan.session.transfer.TransferClaim.Lost;
import io.linkspan.session.transfer.TransferClaim.Pause;
import io.linkspan.session.transfer.TransferClaim.Recall;
import io.linkspan.session.transfer.TransferClaim.Step;
import io.linkspan.session.transfer.TransferClaim.Verdict;
import io.linkspan.session.transfer.TransferClaim.Won;
import org.junit.jupiter.api.Test;

/** The steps of one claim; {@link SessionTransferTest} runs many of them against each other. */
class TransferClaimTest {

  private static final long START = 1_000;
  private static final long DEADLINE = START + 4_000;

  private final TransferClaim<String> claim = new TransferClaim<>(DEADLINE);

  private void enter() {
    claim.found("owner", START);
    claim.claimed(Verdict.GRANTED, "state", START);
  }

  @Test
  void aClaimThatIsGrantedIsEnteredAndConfirmed() {
    assertThat(claim.start()).isEqualTo(new Find());
    assertThat(claim.found("owner", START)).isInstanceOf(Claim.class);
    assertThat(claim.claimed(Verdict.GRANTED, "state", START)).isEqualTo(new Enter("owner", false));
    assertThat(claim.entered(true, START)).isInstanceOf(Confirm.class);
    assertThat(claim.confirmed(Confirmation.STANDS, START)).isEqualTo(new Won<>("state"));
  }

  @Test
  void withoutAnEntryTheSessionIsLostForCertain() {
    assertThat(claim.found(null, START)).isEqualTo(new Lost(true));
  }

  @Test
  void aDeniedClaimIsLostForCertain() {
    claim.found("owner", START);
    assertThat(claim.claimed(Verdict.DENIED, null, START)).isEqualTo(new Lost(true));
  }

  @Test
  void aSessionThatIsElsewhereIsLookedForAgainAfterGrowingPauses() {
    long last = 0;
    for (int i = 0; i < 5; i++) {
      claim.found("owner", START);
      Step step = claim.claimed(Verdict.ELSEWHERE, null, START);
      assertThat(step).isInstanceOf(Pause.class);
      assertThat(((Pause) step).millis()).isGreaterThan(last);
      last = ((Pause) step).millis();
      assertThat(claim.paused(START)).isEqualTo(new Find());
    }
  }

  @Test
  void anOwnerThatDoesNotAnswerIsReplacedByTheHolderOfAReplica() {
    claim.found("owner", START);
    assertThat(claim.claimed(Verdict.NO_ANSWER, null, START)).isEqualTo(new Recall("owner"));
    assertThat(claim.recalled(START)).isInstanceOf(Pause.class);
  }

  @Test
  void anEntryThatHasChangedIsLookedUpAgain() {
    enter();
    assertThat(claim.entered(false, START)).isInstanceOf(Pause.class);
  }

  @Test
  void aWithdrawnSessionIsGivenBackAndNotWon() {
    enter();
    claim.entered(true, START);
    assertThat(claim.confirmed(Confirmation.WITHDRAWN, START)).isEqualTo(new Enter("owner", true));
    assertThat(claim.returned(START)).isInstanceOf(Pause.class);
  }

  @Test
  void aFormerOwnerThatNeverConfirmsLosesTheSession() {
    enter();
    Step step = claim.entered(true, START);
    int asked = 0;
    while (step instanceof Confirm) {
      asked++;
      step = claim.confirmed(Confirmation.NO_ANSWER, START);
    }
    assertThat(step).isEqualTo(new Won<>("state"));
    assertThat(asked).isGreaterThan(1);
  }

  @Test
  void afterTheDeadlineNothingBeginsAgain() {
    claim.found("owner", START);
    Pause last = (Pause) claim.claimed(Verdict.ELSEWHERE, null, DEADLINE - 5);
    assertThat(last.millis()).isEqualTo(5);
    assertThat(claim.paused(DEADLINE)).isEqualTo(new Lost(false));
    assertThat(claim.found("owner", DEADLINE)).isEqualTo(new Lost(false));
    assertThat(claim.claimed(Verdict.ELSEWHERE, null, DEADLINE)).isEqualTo(new Lost(false));
  }

  @Test
  void aCallMayNotOutlastTheDeadline() {
    Claim step = (Claim) claim.found("owner", DEADLINE - 100);
    assertThat(step.timeout()).isEqualTo(100);
  }
}
