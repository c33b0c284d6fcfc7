package io.linkspan.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.bus.FlowWindow;
import io.linkspan.directory.Nodes;
import io.linkspan.directory.ShardAddress;
import io.linkspan.memory.MemoryBudget;
import io.linkspan.routing.Recipient;
import io.linkspan.testing.RecordingCallback;
import io.linkspan.testing.SimulatedBus;
import io.linkspan.testing.SimulatedNodes;
import io.linkspan.testing.TestMemory;
import io.linkspan.testing.VirtualTime;
import io.linkspan.wire.Flush;
import io.linkspan.wire.Settle;
import io.linkspan.wire.ShardCall;
import io.linkspan.wire.ShardReply;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ShardSenderTest {

  private static final String SELF = ShardAddress.of("a", 0);
  private static final String OTHER = ShardAddress.of("b", 0);
  private static final long TIMEOUT = 60_000;
  private static final Recipient BOB = Recipient.of("user:bob");

  /** A shard that records what arrives, and answers questions when the test lets it. */
  private static final class Receiver implements SimulatedBus.Endpoint {
    final List<String> arrived = new ArrayList<>();
    final List<DeliveryCallback> callbacks = new ArrayList<>();
    final List<Flush> questions = new ArrayList<>();
    Promise<ShardReply> gate;
    boolean knows = true;

    @Override
    public Future<ShardReply> answer(ShardCall call) {
      questions.add(call.getFlush());
      return gate == null ? SimulatedBus.reply(knows) : gate.future();
    }

    @Override
    public void deliver(Message message, DeliveryScope scope, DeliveryCallback callback) {
      arrived.add(message.getEventId());
      callbacks.add(callback);
    }
  }

  /** Callback of a delivery that a lost node takes along. */
  private static final class Way implements ShardSender.InFlight {
    final String address;
    final List<String> outcomes = new ArrayList<>();

    Way(String address) {
      this.address = address;
    }

    @Override
    public boolean isLostWith(Nodes.Node node) {
      return node.hosts(address);
    }

    @Override
    public void lost() {
      outcomes.add("lost");
    }

    @Override
    public void delivered(By by, Message reply) {
      outcomes.add(by.label());
    }

    @Override
    public void failed(MessageException failure) {
      outcomes.add(failure.code().code());
    }
  }

  private final VirtualTime time = new VirtualTime();
  private final SimulatedBus bus = new SimulatedBus(time, 1);
  private final SimulatedNodes nodes = new SimulatedNodes(6_000, "a", "b");
  private final Receiver receiver = new Receiver();
  private final MemoryBudget budget = TestMemory.budget();
  private final ShardSender sender =
      new ShardSender(bus.from(SELF), time, nodes, SELF, budget.newAccount(), TIMEOUT);

  ShardSenderTest() {
    bus.open(OTHER, receiver);
    bus.answer(
        SELF,
        call -> {
          sender.settle(call.getSettle());
          return null;
        });
  }

  private RecordingCallback send(String eventId) {
    var callback = new RecordingCallback();
    send(eventId, callback);
    return callback;
  }

  private void send(String eventId, DeliveryCallback callback) {
    sender.send(
        OTHER,
        Message.newBuilder().setEventId(eventId).setBody("x").build(),
        DeliveryScope.ACKNOWLEDGED,
        callback);
  }

  @Test
  void theOutcomeIsReportedWithItsReply() {
    RecordingCallback a = send("a");
    RecordingCallback b = send("b");
    time.advance(100);
    assertThat(receiver.arrived).containsExactly("a", "b");
    Message reply = Message.newBuilder().setBody("yes").build();
    receiver.callbacks.get(1).delivered(By.CLIENT, reply);
    receiver.callbacks.get(0).failed(new MessageException(ErrorCode.QUEUE_FULL, "full", 500));
    time.advance(100);
    assertThat(a.outcome()).isEqualTo("queue-full");
    assertThat(b.outcome()).isEqualTo("client");
    assertThat(b.reply()).isEqualTo(reply);
  }

  @Test
  void anOutcomeIsTakenOnce() {
    RecordingCallback a = send("a");
    time.advance(100);
    receiver.callbacks.get(0).notHere("moved");
    receiver.callbacks.get(0).delivered(By.CLIENT, null);
    time.advance(100);
    assertThat(a.outcome()).isEqualTo("not-here");
    sender.settle(Settle.newBuilder().setTicket(12_345).build());
  }

  @Test
  void whereNoOutcomeIsWantedThereIsNoTicket() {
    send("a", null);
    time.advance(100);
    assertThat(receiver.callbacks).containsExactly((DeliveryCallback) null);
    assertThat(time.nextDeadline()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void anOutcomeThatIsNeverReportedIsATimeout() {
    RecordingCallback a = send("a");
    time.advance(TIMEOUT - 1);
    assertThat(a.outcome()).isNull();
    time.advance(1);
    assertThat(a.outcome()).isEqualTo("timeout");
  }

  @Test
  void theEndOfTheShardFailsWhatIsPending() {
    RecordingCallback a = send("a");
    sender.stop();
    assertThat(a.outcome()).isEqualTo("timeout");
  }

  @Test
  void whatCannotBeWrittenIsNotThere() {
    bus.close(OTHER);
    assertThat(send("a").outcome()).isEqualTo("not-here");
  }

  @Test
  void theCallbackOfAThirdShardIsPassedOnAndNotCopied() {
    var remote = new RemoteCallback(bus.from(SELF), ShardAddress.of("c", 0), 7);
    send("a", remote);
    time.advance(100);
    assertThat(receiver.callbacks.get(0))
        .isInstanceOfSatisfying(
            RemoteCallback.class,
            passed -> {
              assertThat(passed.origin()).isEqualTo(remote.origin());
              assertThat(passed.ticket()).isEqualTo(7);
            });
  }

  @Test
  void anExportedCallbackThatReturnsIsTheOriginalAndConsumed() {
    var callback = new RecordingCallback();
    RemoteCallback exported = sender.export(callback);
    assertThat(sender.resolve(exported.origin(), exported.ticket())).isSameAs(callback);
    assertThat(sender.resolve(exported.origin(), exported.ticket())).isNull();
    assertThat(sender.resolve("", 0)).isNull();
    assertThat(sender.resolve(OTHER, 3)).isInstanceOf(RemoteCallback.class);
  }

  // --------------------------------------------------------------------- the window

  @Test
  void noMoreIsInFlightThanTheWindowHolds() {
    receiver.gate = Promise.promise();
    for (int i = 0; i < 3 * FlowWindow.MAX_MESSAGES; i++) {
      send("m" + i, null);
    }
    time.advance(500);
    assertThat(receiver.arrived).hasSize(FlowWindow.MAX_MESSAGES);
    SimulatedBus.reply(true).onComplete(receiver.gate);
    receiver.gate = null;
    time.advance(500);
    assertThat(receiver.arrived).hasSize(3 * FlowWindow.MAX_MESSAGES);
    for (int i = 0; i < receiver.arrived.size(); i++) {
      assertThat(receiver.arrived.get(i)).isEqualTo("m" + i);
    }
  }

  @Test
  void aQuestionThatIsNotAnsweredIsAskedAgain() {
    bus.silence(OTHER);
    for (int i = 0; i < FlowWindow.MAX_MESSAGES + 1; i++) {
      send("m" + i, null);
    }
    time.advance(5_000);
    bus.unsilence(OTHER);
    time.advance(3_000);
    assertThat(receiver.arrived).containsExactly("m" + FlowWindow.MAX_MESSAGES);
  }

  @Test
  void whatWaitsForTheWindowIsBounded() {
    receiver.gate = Promise.promise();
    for (int i = 0; i < FlowWindow.MAX_MESSAGES + FlowWindow.MAX_WAITING; i++) {
      send("m", null);
    }
    assertThat(send("one too many").outcome()).isEqualTo("queue-full");
    send("without an outcome", null);
  }

  @Test
  void aLostNodeTakesAlongWhatIsInFlightAndWhatWaits() {
    receiver.gate = Promise.promise();
    for (int i = 0; i < FlowWindow.MAX_MESSAGES; i++) {
      send("m", null);
    }
    var waiting = new Way(OTHER);
    send("waiting", waiting);
    var elsewhere = new Way(SELF);
    send("forwarded to another node since", elsewhere);
    bus.close(OTHER);
    sender.nodeLost(nodes.remove("b"));
    assertThat(waiting.outcomes).containsExactly("lost");
    assertThat(elsewhere.outcomes).isEmpty();
    time.advance(5_000);
    // What waited is not written any more, since its ticket is gone.
    assertThat(waiting.outcomes).hasSize(1);
    assertThat(receiver.arrived).doesNotContain("waiting");
  }

  // -------------------------------------------------------------------------- flush

  @Test
  void aFlushIsAnsweredWhenWhatWasSentBeforeHasArrived() {
    send("a", null);
    Future<Boolean> flushed = sender.flush(OTHER, BOB);
    assertThat(flushed.isComplete()).isFalse();
    time.advance(100);
    assertThat(flushed.result()).isTrue();
    assertThat(receiver.questions).extracting(Flush::getTo).containsExactly("user:bob");
  }

  @Test
  void aFlushWaitsForTheWindow() {
    receiver.gate = Promise.promise();
    for (int i = 0; i < FlowWindow.MAX_MESSAGES + 1; i++) {
      send("m" + i, null);
    }
    Future<Boolean> flushed = sender.flush(OTHER, BOB);
    time.advance(500);
    assertThat(flushed.isComplete()).isFalse();
    SimulatedBus.reply(true).onComplete(receiver.gate);
    receiver.gate = null;
    time.advance(500);
    assertThat(flushed.result()).isTrue();
    assertThat(receiver.arrived).hasSize(FlowWindow.MAX_MESSAGES + 1);
  }

  @Test
  void aShardThatDoesNotKnowIsAskedAgainForAWhile() {
    receiver.knows = false;
    bus.maxDelay = 200;
    Future<Boolean> flushed = sender.flush(OTHER, BOB);
    time.advance(4_000);
    assertThat(flushed.isComplete()).isFalse();
    assertThat(receiver.questions).hasSizeGreaterThan(5);
    time.advance(2_000);
    assertThat(flushed.result()).isFalse();
  }

  @Test
  void aSilentShardIsWaitedForUntilItsNodeHasLeft() {
    bus.silence(OTHER);
    Future<Boolean> flushed = sender.flush(OTHER, BOB);
    time.advance(2_500);
    assertThat(flushed.isComplete()).isFalse();
    nodes.remove("b");
    time.advance(1_000);
    assertThat(flushed.result()).isFalse();
  }

  @Test
  void aShardThatIsGoneConfirmsNothing() {
    bus.close(OTHER);
    Future<Boolean> flushed = sender.flush(OTHER, BOB);
    time.advance(10);
    assertThat(flushed.result()).isFalse();
  }

  @Test
  void askingOnceFailsWhenTheAnswerIsNotKnown() {
    receiver.knows = false;
    Future<Boolean> asked = sender.ask(OTHER, BOB, 2);
    time.advance(100);
    assertThat(asked.failed()).isTrue();
    assertThat(receiver.questions.get(0).getHops()).isEqualTo(2);
  }
}
