package io.linkspan.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.testing.RecordingCallback;
import org.junit.jupiter.api.Test;

class DeliveryCallbacksTest {

  private final MessageException full = new MessageException(ErrorCode.QUEUE_FULL, "full");
  private final MessageException late = new MessageException(ErrorCode.TIMEOUT, "late");

  private final RecordingCallback whole = new RecordingCallback();

  @Test
  void allSucceedsWhenThereIsNoPartLeft() {
    DeliveryCallback all = DeliveryCallbacks.all(whole, 3);
    all.delivered(By.CLIENT, null);
    all.delivered(By.TRANSPORT, null);
    assertThat(whole.outcome()).isNull();
    all.delivered(By.CLIENT, null);
    assertThat(whole.outcome()).isEqualTo("transport");
  }

  @Test
  void allFailsWithTheFirstFailureOnceAllPartsHaveEnded() {
    DeliveryCallback all = DeliveryCallbacks.all(whole, 3);
    all.failed(full);
    all.failed(late);
    assertThat(whole.outcome()).isNull();
    all.delivered(By.CLIENT, null);
    assertThat(whole.outcome()).isEqualTo("queue-full");
  }

  @Test
  void aShardThatDoesNotHaveItsPartFailsAll() {
    DeliveryCallback all = DeliveryCallbacks.all(whole, 2);
    all.notHere("it is elsewhere");
    all.delivered(By.CLIENT, null);
    assertThat(whole.outcome()).isEqualTo("unavailable");
  }

  @Test
  void anySucceedsWithTheFirstPartThatDoes() {
    DeliveryCallback any = DeliveryCallbacks.any(whole, 3);
    Message reply = Message.newBuilder().setBody("yes").build();
    any.failed(full);
    any.delivered(By.CLIENT, reply);
    assertThat(whole.outcome()).isEqualTo("client");
    assertThat(whole.reply()).isEqualTo(reply);
    any.delivered(By.CLIENT, null);
  }

  @Test
  void aFailureAfterTheSuccessOfAnotherPartChangesNothing() {
    DeliveryCallback any = DeliveryCallbacks.any(whole, 2);
    any.delivered(By.TRANSPORT, null);
    any.failed(full);
    assertThat(whole.outcome()).isEqualTo("transport");
  }

  @Test
  void anyFailsWithTheLastFailureWhenNoPartSucceeds() {
    DeliveryCallback any = DeliveryCallbacks.any(whole, 3);
    any.failed(full);
    any.notHere("another shard may have it");
    assertThat(whole.outcome()).isNull();
    any.failed(late);
    assertThat(whole.outcome()).isEqualTo("timeout");
  }

  @Test
  void anyOfOnePartIsThatPart() {
    DeliveryCallbacks.any(whole, 1).notHere("asked elsewhere");
    assertThat(whole.outcome()).isEqualTo("not-here");
  }

  @Test
  void bothReceiveTheOutcome() {
    var other = new RecordingCallback();
    DeliveryCallbacks.both(whole, other).delivered(By.CLIENT, Message.getDefaultInstance());
    assertThat(whole.outcome()).isEqualTo("client");
    assertThat(other.outcome()).isEqualTo("client");
    assertThat(other.reply()).isNotNull();
    var first = new RecordingCallback();
    var second = new RecordingCallback();
    DeliveryCallbacks.both(first, second).failed(late);
    assertThat(first.outcome()).isEqualTo("timeout");
    assertThat(second.outcome()).isEqualTo("timeout");
  }

  @Test
  void withoutAnyOtherMeaningNotHereIsNoSuchRecipient() {
    var codes = new java.util.ArrayList<ErrorCode>();
    new DeliveryCallback() {
      @Override
      public void delivered(By by, Message reply) {
        throw new AssertionError("it fails");
      }

      @Override
      public void failed(MessageException failure) {
        codes.add(failure.code());
      }
    }.notHere("bob is not connected");
    assertThat(codes).containsExactly(ErrorCode.NO_SUCH_RECIPIENT);
  }
}
