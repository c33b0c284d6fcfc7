package io.linkspan.session.transfer;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.delivery.DeliveryScope;
import io.linkspan.routing.Recipient;
import io.linkspan.session.transfer.IncomingTransfers.Arrival;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class IncomingTransfersTest {

  private static final Recipient USER = Recipient.of("user:alice");
  private static final Recipient SESSION = Recipient.ofSession("s");
  private static final int MAX_HELD = 10_000;

  private final IncomingTransfers incoming = new IncomingTransfers();
  private final List<Integer> ran = new ArrayList<>();

  private Arrival of(Recipient recipient) {
    return incoming.of(recipient, DeliveryScope.ACKNOWLEDGED);
  }

  @Test
  void whatIsForTheUserOrTheSessionWaits() {
    assertThat(of(USER)).isNull();
    Arrival arrival = incoming.expect("alice", "s");
    assertThat(of(USER)).isSameAs(arrival);
    assertThat(of(SESSION)).isSameAs(arrival);
    assertThat(of(Recipient.of("user:bob"))).isNull();
    assertThat(of(Recipient.ofSession("t"))).isNull();
    incoming.end(arrival);
    assertThat(of(USER)).isNull();
    assertThat(of(SESSION)).isNull();
  }

  @Test
  void whatIsForAnotherSessionOfTheUserAloneDoesNotWait() {
    Arrival arrival = incoming.expect("alice", "s");
    assertThat(incoming.of(USER, DeliveryScope.ACKNOWLEDGED.only("t"))).isNull();
    assertThat(incoming.of(USER, DeliveryScope.ACKNOWLEDGED.only("s"))).isSameAs(arrival);
  }

  @Test
  void aGroupDoesNotWait() {
    incoming.expect("alice", "s");
    assertThat(of(Recipient.of("group:alice"))).isNull();
    assertThat(of(Recipient.of("service:s"))).isNull();
    assertThat(of(Recipient.of(""))).isNull();
  }

  @Test
  void theEndRunsInOrderWhatWasHeld() {
    Arrival arrival = incoming.expect("alice", "s");
    for (int i = 0; i < 5; i++) {
      int number = i;
      assertThat(arrival.hold(() -> ran.add(number))).isTrue();
    }
    assertThat(ran).isEmpty();
    incoming.end(arrival);
    assertThat(ran).containsExactly(0, 1, 2, 3, 4);
    incoming.end(arrival);
    assertThat(ran).hasSize(5);
  }

  @Test
  void whatIsHeldIsBounded() {
    Arrival arrival = incoming.expect("alice", "s");
    for (int i = 0; i < MAX_HELD; i++) {
      assertThat(arrival.hold(() -> ran.add(0))).isTrue();
    }
    assertThat(arrival.hold(() -> ran.add(1))).isFalse();
    incoming.end(arrival);
    assertThat(ran).hasSize(MAX_HELD).doesNotContain(1);
  }

  @Test
  void ofTwoTransfersOfOneUserTheFirstIsWaitedForAndThenTheSecond() {
    Arrival first = incoming.expect("alice", "s");
    Arrival second = incoming.expect("alice", "t");
    first.hold(() -> of(USER).hold(() -> ran.add(1)));
    assertThat(of(USER)).isSameAs(first);
    incoming.end(first);
    assertThat(ran).isEmpty();
    assertThat(of(USER)).isSameAs(second);
    assertThat(of(SESSION)).isNull();
    incoming.end(second);
    assertThat(ran).containsExactly(1);
  }

  @Test
  void twoAttemptsForOneSessionEndIndependently() {
    Arrival first = incoming.expect("alice", "s");
    Arrival second = incoming.expect("alice", "s");
    incoming.end(second);
    assertThat(of(SESSION)).isSameAs(first);
    incoming.end(first);
    assertThat(of(SESSION)).isNull();
  }
}
