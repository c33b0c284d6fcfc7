package io.linkspan.transport.enet;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class WaitingWritesTest {

  private static final long START = 1_000;

  private static final class Peer implements WaitingWrites.Peer {
    boolean writable;
    boolean ended;

    @Override
    public boolean isWritable() {
      return writable;
    }

    @Override
    public boolean hasEnded() {
      return ended;
    }
  }

  private final WaitingWrites waiting = new WaitingWrites();
  private final Peer peer = new Peer();
  private final List<String> ran = new ArrayList<>();

  /** Lets the next look happen, and returns when it was. */
  private long look() {
    long now = waiting.nextDeadline();
    waiting.advanceTo(now);
    return now;
  }

  @Test
  void anActionRunsOnceWhenItsPeerIsWritable() {
    waiting.add(peer, () -> ran.add("a"), START);
    assertThat(look()).isGreaterThan(START);
    assertThat(ran).isEmpty();
    peer.writable = true;
    look();
    assertThat(ran).containsExactly("a");
    assertThat(waiting.nextDeadline()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void nothingIsLookedAtBeforeItsTime() {
    peer.writable = true;
    waiting.add(peer, () -> ran.add("a"), START);
    waiting.advanceTo(waiting.nextDeadline() - 1);
    assertThat(ran).isEmpty();
  }

  @Test
  void anActionOfAPeerThatHasLeftIsDropped() {
    peer.writable = true;
    peer.ended = true;
    waiting.add(peer, () -> ran.add("a"), START);
    look();
    assertThat(ran).isEmpty();
    assertThat(waiting.nextDeadline()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void anActionMayWaitAgain() {
    peer.writable = true;
    waiting.add(
        peer,
        () -> {
          ran.add("a");
          waiting.add(peer, () -> ran.add("b"), START);
        },
        START);
    look();
    assertThat(ran).containsExactly("a");
    look();
    assertThat(ran).containsExactly("a", "b");
  }
}
