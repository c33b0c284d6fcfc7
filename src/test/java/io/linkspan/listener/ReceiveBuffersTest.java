package io.linkspan.listener;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.RecvByteBufAllocator.ExtendedHandle;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.Test;

class ReceiveBuffersTest {

  private final EmbeddedChannel channel = new EmbeddedChannel();
  private final ExtendedHandle reads = ReceiveBuffers.SHARED.newHandle();

  /** Reads as an event loop does, and returns in how many reads. */
  private int turn(int arrived) {
    int count = 0;
    int left = arrived;
    reads.reset(channel.config());
    do {
      reads.attemptedBytesRead(reads.guess());
      reads.lastBytesRead(Math.min(left, reads.guess()));
      if (reads.lastBytesRead() == 0) {
        break;
      }
      left -= reads.lastBytesRead();
      reads.incMessagesRead(1);
      count++;
    } while (reads.continueReading());
    reads.readComplete();
    return count;
  }

  @Test
  void theFirstBufferHoldsARequest() {
    assertThat(reads.guess()).isEqualTo(2_048);
  }

  @Test
  void aBufferThatIsFilledIsFollowedByALargerOne() {
    assertThat(turn(2_048 + 30_000)).isEqualTo(2);
    assertThat(reads.guess()).isEqualTo(32_768);
    assertThat(turn(32_768 + 65_536 + 10)).isEqualTo(3);
    assertThat(reads.guess()).isEqualTo(ReceiveBuffers.MOST);
  }

  @Test
  void buffersGrowAndShrinkWithinBounds() {
    for (int i = 0; i < 20; i++) {
      turn(10_000_000);
    }
    assertThat(reads.guess()).isEqualTo(ReceiveBuffers.MOST);
    for (int i = 0; i < 100; i++) {
      turn(1);
    }
    assertThat(reads.guess()).isEqualTo(ReceiveBuffers.LEAST);
  }

  @Test
  void oneSmallTurnLeavesTheSize() {
    for (int i = 0; i < 10; i++) {
      turn(10);
      turn(1_500);
    }
    assertThat(reads.guess()).isEqualTo(2_048);
  }

  @Test
  void aTurnReadsSixteenTimesAtMost() {
    assertThat(turn(10_000_000)).isEqualTo(ReceiveBuffers.READS_IN_ONE_TURN);
  }

  @Test
  void aHandlerThatWantsNoMoreEndsTheTurn() {
    channel.config().setAutoRead(false);
    assertThat(turn(10_000_000)).isEqualTo(1);
  }

  @Test
  void aTurnWithoutBytesEnds() {
    assertThat(turn(0)).isZero();
    assertThat(reads.continueReading()).isFalse();
  }
}
