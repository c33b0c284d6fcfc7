package io.linkspan.bench.board;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.linkspan.bench.board.DeliveryCount.Sent;
import io.linkspan.testing.ClientLog;
import io.linkspan.testing.ClientLog.Absence;
import io.linkspan.testing.ClientLog.Arrival;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Counting what arrived, what arrived twice, and how long the messages of an absence took. */
class DeliveryCountTest {

  private static ClientLog client(String user, List<Arrival> arrivals, Absence... absences) {
    return new ClientLog(user, true, arrivals, List.of(absences), 0, 0, 0, 0);
  }

  @Test
  void aBroadcastIsExpectedByAllAndADirectMessageByOne() {
    List<Sent> sent = List.of(new Sent("b", null, 1), new Sent("d", "u0", 2));
    var count =
        DeliveryCount.of(
            sent,
            List.of(
                client("u0", List.of(new Arrival("b", 2), new Arrival("d", 3))),
                client("u1", List.of())));

    assertThat(count.expected()).isEqualTo(3);
    assertThat(count.delivered()).isEqualTo(2);
    assertThat(count.percent()).isCloseTo(66.7, within(0.1));
  }

  @Test
  void aSecondArrivalIsDoubledAndNotDelivered() {
    var count =
        DeliveryCount.of(
            List.of(new Sent("b", null, 1)),
            List.of(client("u0", List.of(new Arrival("b", 2), new Arrival("b", 3)))));

    assertThat(count.delivered()).isEqualTo(1);
    assertThat(count.doubled()).isEqualTo(1);
  }

  @Test
  void messagesOfOthersAndUnknownOnesDoNotCount() {
    var count =
        DeliveryCount.of(
            List.of(new Sent("d", "u1", 1)),
            List.of(client("u0", List.of(new Arrival("d", 2), new Arrival("warm-up", 2)))));

    assertThat(count.delivered()).isZero();
    assertThat(count.doubled()).isZero();
  }

  @Test
  void aReplayIsMeasuredFromTheAttemptToReconnect() {
    List<Sent> sent =
        List.of(
            new Sent("before", null, 9), new Sent("away", null, 15), new Sent("after", null, 41));
    var count =
        DeliveryCount.of(
            sent,
            List.of(
                client(
                    "u0",
                    List.of(
                        new Arrival("before", 33),
                        new Arrival("away", 35),
                        new Arrival("after", 42)),
                    new Absence(10, 30, 32))));

    assertThat(count.delivered()).isEqualTo(3);
    assertThat(count.replays()).containsExactly(5);
    assertThat(count.replay(0.99)).isEqualTo(5);
  }

  @Test
  void withoutMessagesAllAreDeliveredAndNoReplayIsKnown() {
    var count = DeliveryCount.of(List.of(), List.of(client("u0", List.of())));

    assertThat(count.percent()).isEqualTo(100);
    assertThat(count.replay(0.5)).isNaN();
  }

  @Test
  void percentilesAreValuesThatOccurred() {
    double[] sorted = {1, 2, 3, 4};

    assertThat(DeliveryCount.percentile(sorted, 0.5)).isEqualTo(3);
    assertThat(DeliveryCount.percentile(sorted, 0.99)).isEqualTo(4);
    assertThat(DeliveryCount.percentile(sorted, 1)).isEqualTo(4);
  }
}
