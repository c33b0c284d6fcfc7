package io.linkspan.session.transfer;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.testing.VirtualTime;
import io.linkspan.wire.SessionState;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DrainTest {

  private static final Duration PAUSE = Duration.ofMillis(100);
  private static final Duration PATIENCE = Duration.ofSeconds(1);
  private static final Duration LONG_PATIENCE = Duration.ofSeconds(20);

  /** A session with or without a link; one that is busy leaves only when the test says so. */
  private final class FakeSession implements Drain.DrainableSession {
    final String id;
    boolean away;
    boolean busy;
    boolean resumable;
    boolean leaving;
    String movedTo;
    boolean ended;

    FakeSession(String id, boolean away) {
      this.id = id;
      this.away = away;
      owned.add(this);
    }

    void claim() {
      movedTo = "c";
      owned.remove(this);
      drain.removed(this);
    }

    void end() {
      ended = true;
      owned.remove(this);
      drain.removed(this);
    }

    @Override
    public boolean isAway() {
      return away;
    }

    @Override
    public boolean isLeaving() {
      return leaving;
    }

    @Override
    public void goAway() {
      leaving = true;
      asked.add(id);
      if (resumable) {
        away = true;
        drain.detached(this);
      } else if (!busy) {
        end();
      }
    }

    @Override
    public void closeGoingAway() {
      closed.add(id);
      end();
    }

    @Override
    public String id() {
      return id;
    }

    @Override
    public boolean admits(String user, String secret) {
      return false;
    }

    @Override
    public boolean hasMoved() {
      return movedTo != null;
    }

    @Override
    public boolean hasEnded() {
      return ended;
    }

    @Override
    public String movedTo() {
      return movedTo;
    }

    @Override
    public SessionState depart(String taker) {
      throw new AssertionError("the transfer does that");
    }

    @Override
    public Future<Void> flush() {
      return Future.succeededFuture();
    }
  }

  /** The shard: heirs take what they are offered, unless they refuse or do not answer. */
  private final class FakeHost implements Drain.Host {
    @Override
    public List<? extends Drain.DrainableSession> sessions() {
      return owned;
    }

    @Override
    public List<String> heirs() {
      return heirs;
    }

    @Override
    public Future<Boolean> handOver(Drain.DrainableSession session, String taker) {
      offered.add(session.id() + "→" + taker);
      FakeSession one = (FakeSession) session;
      if (slow != null) {
        return slow.future();
      }
      if (refusing.contains(taker)) {
        return Future.succeededFuture(false);
      }
      one.movedTo = taker;
      owned.remove(one);
      drain.removed(one);
      return Future.succeededFuture(true);
    }

    @Override
    public boolean hasMoved() {
      return moved;
    }

    @Override
    public boolean awaitsConfirmation() {
      return unconfirmed;
    }
  }

  private final VirtualTime time = new VirtualTime();
  private final List<FakeSession> owned = new ArrayList<>();
  private final List<String> heirs = new ArrayList<>(List.of("b", "c"));
  private final Set<String> refusing = new HashSet<>();
  private final List<String> asked = new ArrayList<>();
  private final List<String> closed = new ArrayList<>();
  private final List<String> offered = new ArrayList<>();
  private Promise<Boolean> slow;
  private boolean moved;
  private boolean unconfirmed;
  private final Drain drain = new Drain(time, new FakeHost());

  private Future<Void> start(int batch) {
    return drain.start(batch, PAUSE, PATIENCE);
  }

  @Test
  void anEmptyShardIsDrainedAtOnce() {
    assertThat(drain.hasStarted()).isFalse();
    assertThat(start(10).isComplete()).isTrue();
    assertThat(drain.hasStarted()).isTrue();
  }

  @Test
  void clientsAreSentAwayInBatches() {
    for (int i = 0; i < 5; i++) {
      new FakeSession("s" + i, false);
    }
    Future<Void> done = start(2);
    assertThat(asked).containsExactly("s0", "s1");
    time.advance(PAUSE.toMillis());
    assertThat(asked).containsExactly("s0", "s1", "s2", "s3");
    assertThat(done.isComplete()).isFalse();
    time.advance(PAUSE.toMillis());
    assertThat(done.isComplete()).isTrue();
    assertThat(closed).isEmpty();
  }

  @Test
  void aBusySessionIsAskedOnceAndMayFinish() {
    FakeSession busy = new FakeSession("s", false);
    busy.busy = true;
    Future<Void> done = start(10);
    time.advance(500);
    assertThat(asked).containsExactly("s");
    busy.end();
    assertThat(done.isComplete()).isTrue();
    assertThat(closed).isEmpty();
  }

  @Test
  void aBusySessionIsClosedWhenPatienceIsOver() {
    new FakeSession("s", false).busy = true;
    Future<Void> done = start(10);
    time.advance(PATIENCE.toMillis() - 1);
    assertThat(closed).isEmpty();
    time.advance(1);
    assertThat(closed).containsExactly("s");
    assertThat(done.isComplete()).isTrue();
  }

  @Test
  void sessionsThatWaitForTheirClientsAreHandedOverInBatches() {
    new FakeSession("s", true);
    new FakeSession("t", true);
    Future<Void> done = start(1);
    assertThat(offered).containsExactly("s→b");
    time.advance(PAUSE.toMillis());
    assertThat(offered).containsExactly("s→b", "t→b");
    assertThat(done.isComplete()).isTrue();
    assertThat(closed).isEmpty();
  }

  @Test
  void theNextBatchIsSmallerByTheSessionsThatNoOtherNodeHasClaimed() {
    for (int i = 0; i < 6; i++) {
      new FakeSession("s" + i, false).resumable = true;
    }
    drain.start(2, PAUSE, LONG_PATIENCE);
    time.advance(PAUSE.toMillis());
    assertThat(asked).containsExactly("s0", "s1");
    owned.get(0).claim();
    time.advance(PAUSE.toMillis());
    assertThat(asked).containsExactly("s0", "s1", "s2");
    assertThat(offered).isEmpty();
  }

  @Test
  void clientsThatDoNotReconnectDoNotKeepOthersFromBeingSentAwayInTime() {
    for (int i = 0; i < 100; i++) {
      new FakeSession("s" + i, false).resumable = true;
    }
    heirs.clear();
    heirs.add("b");
    slow = Promise.promise();
    drain.start(1, PAUSE, LONG_PATIENCE);
    time.advance(LONG_PATIENCE.toMillis() - Drain.RETURN_TIME);
    assertThat(asked).hasSize(100);
  }

  @Test
  void aSessionIsHandedOverWhenNoOtherNodeClaimsIt() {
    FakeSession session = new FakeSession("s", false);
    session.resumable = true;
    Future<Void> done = drain.start(1, PAUSE, LONG_PATIENCE);
    time.advance(Drain.RETURN_TIME - 1);
    assertThat(offered).isEmpty();
    time.advance(1);
    assertThat(offered).containsExactly("s→b");
    assertThat(done.isComplete()).isTrue();
  }

  @Test
  void aShardWithoutHeirsDoesNotWaitForOtherNodesToClaimItsSessions() {
    heirs.clear();
    new FakeSession("s", false).resumable = true;
    assertThat(drain.start(1, PAUSE, LONG_PATIENCE).isComplete()).isTrue();
    assertThat(closed).containsExactly("s");
  }

  @Test
  void aSessionThatNoOtherNodeConfirmsIsOfferedAgain() {
    FakeSession session = new FakeSession("s", true);
    unconfirmed = true;
    slow = Promise.promise();
    Future<Void> done = start(1);
    owned.remove(session);
    time.advance(2 * PATIENCE.toMillis());
    assertThat(done.isComplete()).isFalse();
    owned.add(session);
    unconfirmed = false;
    slow = null;
    time.advance(PATIENCE.toMillis());
    assertThat(session.movedTo).isEqualTo("b");
    assertThat(done.isComplete()).isTrue();
  }

  @Test
  void anHeirThatRefusesIsFollowedByTheNextOne() {
    refusing.add("b");
    new FakeSession("s", true);
    start(1);
    assertThat(offered).containsExactly("s→b", "s→c");
    assertThat(closed).isEmpty();
  }

  @Test
  void aSessionThatNoHeirTakesEnds() {
    refusing.addAll(heirs);
    new FakeSession("s", true);
    Future<Void> done = start(1);
    assertThat(closed).containsExactly("s");
    assertThat(done.isComplete()).isTrue();
  }

  @Test
  void aSessionThatLosesItsLinkDuringTheDrainIsHandedOver() {
    FakeSession session = new FakeSession("s", false);
    session.busy = true;
    drain.detached(session);
    assertThat(offered).isEmpty();
    start(1);
    session.away = true;
    drain.detached(session);
    time.advance(PATIENCE.toMillis() / 4);
    assertThat(offered).isEmpty();
    time.advance(PAUSE.toMillis());
    assertThat(offered).containsExactly("s→b");
  }

  @Test
  void anAnswerThatComesWhenTheSessionHasEndedOffersItToNobody() {
    slow = Promise.promise();
    FakeSession session = new FakeSession("s", true);
    start(1);
    session.end();
    slow.complete(false);
    assertThat(offered).containsExactly("s→b");
    assertThat(closed).isEmpty();
  }

  @Test
  void whatStillArrivesIsForwardedForAWhileAfterTheLastSessionMoved() {
    moved = true;
    new FakeSession("s", true);
    Future<Void> done = start(1);
    time.advance(Drain.FORWARD_TIME - 1);
    assertThat(done.isComplete()).isFalse();
    time.advance(1);
    assertThat(done.isComplete()).isTrue();
  }

  @Test
  void aStoppedDrainLeavesNoTimer() {
    new FakeSession("s", false).busy = true;
    start(1);
    drain.stop();
    assertThat(time.nextDeadline()).isEqualTo(Long.MAX_VALUE);
  }
}
