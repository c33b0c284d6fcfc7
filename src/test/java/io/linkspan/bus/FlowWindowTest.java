package io.linkspan.bus;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FlowWindowTest {

  private final FlowWindow window = new FlowWindow();

  private void send(int messages, int size) {
    for (int i = 0; i < messages; i++) {
      window.sent(size);
    }
  }

  @Test
  void asksOnceAQuarterIsInFlightAndNotAgainBeforeTheAnswer() {
    send(FlowWindow.MAX_MESSAGES / 4 - 1, 10);
    assertThat(window.asks()).isFalse();
    send(1, 10);
    assertThat(window.asks()).isTrue();
    send(1_000, 10);
    assertThat(window.asks()).isFalse();
    window.confirmed();
    assertThat(window.asks()).isTrue();
  }

  @Test
  void closesWhenTooMuchIsUnconfirmed() {
    send(FlowWindow.MAX_MESSAGES - 1, 10);
    assertThat(window.isOpen()).isTrue();
    send(1, 10);
    assertThat(window.isOpen()).isFalse();
  }

  @Test
  void countsBytesToo() {
    send(3, (int) (FlowWindow.MAX_BYTES / 4));
    assertThat(window.isOpen()).isTrue();
    assertThat(window.asks()).isTrue();
    send(1, (int) (FlowWindow.MAX_BYTES / 4));
    assertThat(window.isOpen()).isFalse();
    window.confirmed();
    assertThat(window.isOpen()).isTrue();
  }

  @Test
  void waitingMessagesAreSentInOrderWhileThereIsRoom() {
    send(FlowWindow.MAX_MESSAGES / 2, 10);
    assertThat(window.asks()).isTrue();
    send(FlowWindow.MAX_MESSAGES / 2, 10);
    List<Integer> gone = new ArrayList<>();
    for (int i = 0; i < FlowWindow.MAX_MESSAGES; i++) {
      int number = i;
      window.await(
          () -> {
            window.sent(10);
            gone.add(number);
          });
    }
    window.confirmed();
    assertThat(gone).hasSize(FlowWindow.MAX_MESSAGES / 2).isSorted();
    assertThat(window.waiting()).isEqualTo(FlowWindow.MAX_MESSAGES / 2);
    assertThat(window.isOpen()).isFalse();
    assertThat(window.asks()).isTrue();
    window.confirmed();
    assertThat(window.waiting()).isZero();
    assertThat(gone).hasSize(FlowWindow.MAX_MESSAGES).isSorted();
    assertThat(window.isOpen()).isTrue();
  }

  @Test
  void anUnansweredQuestionIsAskedAgain() {
    send(FlowWindow.MAX_MESSAGES, 10);
    assertThat(window.asks()).isTrue();
    window.unanswered();
    assertThat(window.isOpen()).isFalse();
    assertThat(window.asks()).isTrue();
  }
}
