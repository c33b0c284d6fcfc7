package io.linkspan.listener;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.admission.LimitsConfig;
import io.linkspan.admission.Offences;
import io.linkspan.admission.PendingLinks;
import io.netty.channel.embedded.EmbeddedChannel;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A gate between a socket that accepts and event loops, both in virtual time. */
class AcceptGateTest {

  /** A connection whose event loop has turns when the test says so. */
  private static final class Accepted extends EmbeddedChannel {

    @Override
    public SocketAddress remoteAddress() {
      return new InetSocketAddress("192.0.2.1", 4_000);
    }

    void built() {
      pipeline().fireChannelRegistered();
    }

    void turnOfItsLoop() {
      runScheduledPendingTasks();
    }
  }

  private final PendingLinks links =
      new PendingLinks(() -> LimitsConfig.Pending.unlimited(Duration.ofSeconds(1)));
  private final AcceptGate gate = new AcceptGate(links, Offences.NONE, ProxyConfig.NONE);
  private final EmbeddedChannel server = new EmbeddedChannel(gate.acceptor());

  @BeforeEach
  void stopTheClock() {
    server.freezeTime();
  }

  @AfterEach
  void close() {
    server.finishAndReleaseAll();
  }

  private boolean accepts() {
    server.runPendingTasks();
    return server.config().isAutoRead();
  }

  /** Accepts connections until the gate pauses. */
  private List<Accepted> acceptAll() {
    List<Accepted> accepted = new ArrayList<>();
    while (accepts() && accepted.size() < 1_000) {
      Accepted next = new Accepted();
      accepted.add(next);
      server.writeInbound(next);
    }
    return accepted;
  }

  @Test
  void fewConnectionsAreBuiltAtATime() {
    assertThat(acceptAll()).hasSizeBetween(2, 8);
  }

  @Test
  void anEventLoopReadsFromItsClientsBeforeMoreConnectionsArrive() {
    List<Accepted> accepted = acceptAll();
    for (Accepted connection : accepted) {
      connection.built();
    }
    assertThat(accepts()).as("in the turn that builds them").isFalse();
    accepted.forEach(Accepted::turnOfItsLoop);
    assertThat(accepts()).as("a turn later").isTrue();
  }

  @Test
  void noMoreAreBuiltThanBeforeWhenAnEventLoopHasHadATurn() {
    List<Accepted> accepted = acceptAll();
    for (Accepted connection : accepted) {
      connection.built();
      connection.turnOfItsLoop();
    }
    assertThat(acceptAll()).hasSameSizeAs(accepted);
  }

  @Test
  void connectionsShareTheChoiceOfTheirReceiveBuffers() {
    ReceiveBuffers shared = ReceiveBuffers.SHARED;
    assertThat(acceptAll())
        .isNotEmpty()
        .allMatch(one -> one.pipeline().channel().config().getRecvByteBufAllocator() == shared);
  }

  @Test
  void connectionsThatEndMakeRoom() {
    List<Accepted> accepted = acceptAll();
    accepted.forEach(connection -> connection.pipeline().removeFirst());
    assertThat(accepts()).isTrue();
    assertThat(links.size()).isZero();
  }

  @Test
  void aStalledEventLoopDelaysTheOthersOnly() {
    int batch = acceptAll().size();
    server.advanceTimeBy(99, TimeUnit.MILLISECONDS);
    server.runScheduledPendingTasks();
    assertThat(accepts()).isFalse();
    server.advanceTimeBy(1, TimeUnit.MILLISECONDS);
    server.runScheduledPendingTasks();
    assertThat(acceptAll()).hasSize(batch);
  }

  @Test
  void anEventLoopThatWasStalledLeavesNoHigherLimit() {
    List<Accepted> accepted = acceptAll();
    server.advanceTimeBy(100, TimeUnit.MILLISECONDS);
    server.runScheduledPendingTasks();
    for (Accepted connection : accepted) {
      connection.built();
      connection.turnOfItsLoop();
    }
    assertThat(acceptAll()).hasSameSizeAs(accepted);
  }
}
