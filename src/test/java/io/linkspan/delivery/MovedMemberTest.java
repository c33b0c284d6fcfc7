package io.linkspan.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.directory.ShardAddress;
import io.linkspan.testing.RecordingCallback;
import io.linkspan.testing.SimulatedBus;
import io.linkspan.testing.SimulatedDirectory;
import io.linkspan.testing.SimulatedNodes;
import io.linkspan.testing.TestMemory;
import io.linkspan.testing.VirtualTime;
import io.linkspan.wire.ShardCall;
import io.linkspan.wire.ShardReply;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MovedMemberTest {

  private static final String HERE = ShardAddress.of("a", 0);
  private static final String THERE = ShardAddress.of("b", 0);

  /** The shard that the member has moved to. */
  private static final class Taker implements SimulatedBus.Endpoint {
    final List<String> sessions = new ArrayList<>();
    DeliveryCallback callback;

    @Override
    public void deliver(Message message, DeliveryScope scope, DeliveryCallback callback) {
      sessions.add(scope.only());
      this.callback = callback;
    }

    @Override
    public Future<ShardReply> answer(ShardCall call) {
      return SimulatedBus.reply(true);
    }
  }

  private final VirtualTime time = new VirtualTime();
  private final SimulatedBus bus = new SimulatedBus(time, 1);
  private final SimulatedDirectory directory = new SimulatedDirectory(time);
  private final SimulatedNodes nodes = new SimulatedNodes(6_000, "a", "b");
  private final ShardSender sender =
      new ShardSender(bus.from(HERE), time, nodes, HERE, TestMemory.budget().newAccount(), 600_000);
  private final Taker taker = new Taker();
  private final RecordingCallback whole = new RecordingCallback();

  @BeforeEach
  void connect() {
    bus.open(THERE, taker);
    bus.answer(
        HERE,
        call -> {
          sender.settle(call.getSettle());
          return null;
        });
  }

  private void forward() {
    Message message = Message.newBuilder().setEventId("m").setTo("group:team").build();
    MovedMember.forward(sender, directory, "s", THERE, message, whole);
    time.advance(100);
  }

  @Test
  void theMemberGetsTheMessageWhereItIs() {
    forward();
    assertThat(taker.sessions).containsExactly("s");
    taker.callback.delivered(By.TRANSPORT, null);
    time.advance(100);
    assertThat(whole.outcome()).isEqualTo("transport");
  }

  @Test
  void aMemberThatHasEndedNeedsNoMessage() {
    forward();
    taker.callback.notHere("it is not here");
    time.advance(100);
    assertThat(whole.outcome()).isEqualTo("transport");
  }

  @Test
  void aMemberThatIsBeingMovedMayHaveMissedTheMessage() {
    directory.enter("s", "alice", THERE);
    forward();
    taker.callback.notHere("it is not here");
    time.advance(100);
    assertThat(whole.outcome()).isEqualTo("unavailable");
  }

  @Test
  void withoutTheDirectoryAMemberMayHaveMissedTheMessage() {
    directory.failing = true;
    forward();
    taker.callback.notHere("it is not here");
    time.advance(100);
    assertThat(whole.outcome()).isEqualTo("unavailable");
  }

  @Test
  void theLossOfTheNodeOfAMemberFailsTheMessage() {
    forward();
    sender.nodeLost(nodes.remove("b"));
    assertThat(whole.outcome()).isEqualTo("timeout");
  }

  @Test
  void aShardThatCannotBeReachedFailsTheMessage() {
    bus.close(THERE);
    forward();
    assertThat(whole.outcome()).isEqualTo("timeout");
  }
}
