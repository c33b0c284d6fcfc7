package io.linkspan.session.transfer;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Message;
import org.junit.jupiter.api.Test;

class TransferDeduplicatorTest {

  private static final long START = 1_000;
  private static final long TIME = 30_000;
  private static final int MAX_ARRIVALS = 10_000;

  private final TransferDeduplicator arrivals = new TransferDeduplicator(START);

  private static Message message(String from, String eventId) {
    return Message.newBuilder().setFrom(from).setEventId(eventId).build();
  }

  @Test
  void aMessageThatArrivesTwiceIsRecognised() {
    assertThat(arrivals.isRepeated(message("alice", "1"), START)).isFalse();
    assertThat(arrivals.isRepeated(message("alice", "1"), START)).isTrue();
    assertThat(arrivals.isRepeated(message("alice", "2"), START)).isFalse();
  }

  @Test
  void twoSendersMayUseTheSameEventId() {
    assertThat(arrivals.isRepeated(message("alice", "1"), START)).isFalse();
    assertThat(arrivals.isRepeated(message("bob", "1"), START)).isFalse();
  }

  @Test
  void nothingIsRememberedOnceNothingIsForwardedAnyMore() {
    arrivals.add(message("alice", "1"));
    assertThat(arrivals.isRepeated(message("alice", "1"), START + TIME)).isTrue();
    assertThat(arrivals.isRepeated(message("alice", "1"), START + TIME + 1)).isFalse();
  }

  @Test
  void theOldestArrivalIsForgottenWhenThereAreTooMany() {
    for (int i = 0; i <= MAX_ARRIVALS; i++) {
      assertThat(arrivals.isRepeated(message("alice", "" + i), START)).isFalse();
    }
    assertThat(arrivals.isRepeated(message("alice", "1"), START)).isTrue();
    assertThat(arrivals.isRepeated(message("alice", "0"), START)).isFalse();
  }
}
