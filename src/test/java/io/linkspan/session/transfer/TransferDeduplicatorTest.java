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
    assertThat(arrivals.add(message("alice", "1"))).isTrue();
    assertThat(arrivals.add(message("alice", "1"))).isFalse();
    assertThat(arrivals.add(message("alice", "2"))).isTrue();
  }

  @Test
  void twoSendersMayUseTheSameEventId() {
    assertThat(arrivals.add(message("alice", "1"))).isTrue();
    assertThat(arrivals.add(message("bob", "1"))).isTrue();
  }

  @Test
  void itIsOverWhenNothingIsForwardedAnyMore() {
    assertThat(arrivals.isOver(START + TIME)).isFalse();
    assertThat(arrivals.isOver(START + TIME + 1)).isTrue();
  }

  @Test
  void theOldestArrivalIsForgottenWhenThereAreTooMany() {
    for (int i = 0; i <= MAX_ARRIVALS; i++) {
      assertThat(arrivals.add(message("alice", "" + i))).isTrue();
    }
    assertThat(arrivals.add(message("alice", "1"))).isFalse();
    assertThat(arrivals.add(message("alice", "0"))).isTrue();
  }
}
