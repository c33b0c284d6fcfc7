package io.linkspan.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.testing.RecordingCallback;
import org.junit.jupiter.api.Test;

class PendingRepliesTest {

  private static final long START = 1_000;
  private static final long TIMEOUT = 100;

  private final PendingReplies pending = new PendingReplies(TIMEOUT);

  @Test
  void aTicketIsRedeemedOnce() {
    var callback = new RecordingCallback();
    long ticket = pending.issue(callback, START);
    assertThat(pending.isPending(ticket)).isTrue();
    assertThat(pending.redeem(ticket)).isSameAs(callback);
    assertThat(pending.redeem(ticket)).isNull();
    assertThat(pending.isPending(ticket)).isFalse();
    assertThat(pending.redeem(12_345)).isNull();
  }

  @Test
  void noNumberIsIssuedTwice() {
    long first = pending.issue(new RecordingCallback(), START);
    pending.redeem(first);
    assertThat(pending.issue(new RecordingCallback(), START)).isNotEqualTo(first);
  }

  @Test
  void aTicketThatNobodyRedeemsFailsWhenItsTimeIsOver() {
    var early = new RecordingCallback();
    var late = new RecordingCallback();
    pending.issue(early, START);
    pending.issue(late, START + 10);
    assertThat(pending.nextDeadline()).isEqualTo(START + TIMEOUT);
    pending.expire(START + TIMEOUT - 1);
    assertThat(early.outcome()).isNull();
    pending.expire(START + TIMEOUT);
    assertThat(early.outcome()).isEqualTo("timeout");
    assertThat(late.outcome()).isNull();
    assertThat(pending.nextDeadline()).isEqualTo(START + 10 + TIMEOUT);
    pending.expire(START + 10 + TIMEOUT);
    assertThat(late.outcome()).isEqualTo("timeout");
    assertThat(pending.nextDeadline()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void aCallbackThatFailsMayIssueTheNextTicket() {
    var next = new RecordingCallback();
    pending.issue(
        new DeliveryCallback() {
          @Override
          public void delivered(By by, Message reply) {
            throw new AssertionError("it fails");
          }

          @Override
          public void failed(MessageException failure) {
            pending.issue(next, START + TIMEOUT);
          }
        },
        START);
    pending.expire(START + TIMEOUT);
    assertThat(pending.size()).isEqualTo(1);
    assertThat(next.outcome()).isNull();
  }

  @Test
  void someAreTakenInTheirOrderAndTheOthersStay() {
    var a = new RecordingCallback();
    var b = new RecordingCallback();
    var c = new RecordingCallback();
    pending.issue(a, START);
    long ticket = pending.issue(b, START);
    pending.issue(c, START);
    assertThat(pending.take(callback -> callback != b)).containsExactly(a, c);
    assertThat(pending.isPending(ticket)).isTrue();
    assertThat(pending.takeAll()).containsExactly(b);
    assertThat(pending.size()).isZero();
  }
}
