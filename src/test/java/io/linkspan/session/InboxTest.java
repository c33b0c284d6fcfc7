package io.linkspan.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.memory.SharedMemoryAccount;
import io.linkspan.metrics.Latency;
import io.linkspan.metrics.LatencySnapshot;
import io.linkspan.testing.TestMemory;
import io.linkspan.wire.ShardCall;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class InboxTest {

  private static final int IN_FLIGHT = 2;
  private static final int WAITING = 3;
  private static final int WAITING_BYTES = 1_000;

  /** The client that owns the inbox. */
  private static final class FakeClient implements Inbox.Client {
    final Set<String> awaited = new HashSet<>();
    final List<String> acknowledged = new ArrayList<>();
    final List<Message> replies = new ArrayList<>();
    final List<ErrorCode> refusals = new ArrayList<>();
    boolean hasRoom = true;
    int idle;

    @Override
    public boolean awaits(Message answer) {
      return awaited.contains(answer.getReplyTo());
    }

    @Override
    public void answered(String eventId, Message reply) {
      acknowledged.add(eventId);
    }

    @Override
    public void refused(ErrorCode why) {
      refusals.add(why);
    }

    @Override
    public boolean reply(Message answer, int channel) {
      if (hasRoom) {
        replies.add(answer);
      }
      return hasRoom;
    }

    @Override
    public void idle() {
      idle++;
    }
  }

  private SimulatedShard parts = parts(0);
  private final FakeClient client = new FakeClient();
  private final DuplicateWindow duplicates =
      new DuplicateWindow(100, 60_000, new SharedMemoryAccount(TestMemory.budget()));
  private final List<String> outcomes = new ArrayList<>();
  private final Receipt receipt =
      new Receipt() {
        @Override
        public void accepted(String eventId) {
          outcomes.add(eventId + " accepted");
        }

        @Override
        public void refused(String eventId, MessageException why) {
          outcomes.add(eventId + " " + why.code().code());
        }
      };
  private Inbox inbox = inbox();

  private static SimulatedShard parts(int messageRate) {
    return new SimulatedShard(
        SimulatedShard.limits(messageRate, IN_FLIGHT, WAITING, WAITING_BYTES),
        exchange -> exchange.accepted());
  }

  private Inbox inbox() {
    return new Inbox(client, SimulatedShard.sender("s", "alice"), parts.inbox, duplicates);
  }

  private static Message.Builder message(String eventId) {
    return Message.newBuilder().setEventId(eventId).setTo("service:x").setType("t");
  }

  private void receive(String... eventIds) {
    for (String eventId : eventIds) {
      inbox.receive(message(eventId).build(), receipt);
    }
  }

  private List<String> withServices() {
    return parts.withServices.stream().map(exchange -> exchange.message().getEventId()).toList();
  }

  private void accept(String eventId) {
    parts.withServices.stream()
        .filter(exchange -> exchange.message().getEventId().equals(eventId))
        .findAny()
        .orElseThrow()
        .accepted();
  }

  @Test
  void theTimeUntilAServiceHasAcceptedAMessageIsMeasured() {
    receive("a", "b", "waits");
    parts.time.advanceTo(parts.time.now() + 20);
    accept("a");
    parts.time.advanceTo(parts.time.now() + 10);
    accept("waits");
    LatencySnapshot measured = parts.latencies.snapshot(Latency.HAND_OVER);
    assertThat(measured.count()).isEqualTo(2);
    assertThat(measured.sumSeconds()).isEqualTo(0.05);
  }

  @Test
  void theTimeOfMessagesThatAreRefusedIsNotMeasured() {
    receive("a");
    parts.withServices.get(0).failed(new MessageException(ErrorCode.TIMEOUT, "late"));
    inbox.receive(message("b").setTo("nowhere:x").build(), receipt);
    assertThat(outcomes).hasSize(2);
    assertThat(parts.latencies.snapshot(Latency.HAND_OVER).count()).isZero();
  }

  @Test
  void aMessageIsDispatchedWithItsSenderAndItsOutcomeIsReported() {
    receive("a");
    assertThat(parts.withServices.get(0).message().getFrom()).isEqualTo("alice");
    assertThat(inbox.isIdle()).isFalse();
    accept("a");
    assertThat(outcomes).containsExactly("a accepted");
    assertThat(inbox.isIdle()).isTrue();
  }

  @Test
  void moreThanMayBeInFlightWaitsInItsOrder() {
    receive("a", "b", "c", "d");
    assertThat(withServices()).containsExactly("a", "b");
    assertThat(parts.metrics.waiting.sum()).isEqualTo(2);
    accept("b");
    assertThat(withServices()).containsExactly("a", "b", "c");
    accept("a");
    accept("c");
    accept("d");
    assertThat(withServices()).containsExactly("a", "b", "c", "d");
    assertThat(outcomes).containsExactly("b accepted", "a accepted", "c accepted", "d accepted");
    assertThat(parts.metrics.waiting.sum()).isZero();
    assertThat(parts.metrics.inFlight.sum()).isZero();
  }

  @Test
  void whatWaitsIsBoundedInMessagesAndBytes() {
    receive("a", "b", "c", "d", "e", "f");
    assertThat(outcomes).containsExactly("f queue-full");
    accept("a");
    accept("b");
    inbox.receive(message("g").setBody("x".repeat(WAITING_BYTES)).build(), receipt);
    assertThat(outcomes).contains("g queue-full");
  }

  @Test
  void anAnswerBypassesWhatWaitsForIt() {
    client.awaited.add("question");
    receive("a", "b", "c");
    inbox.receive(
        Message.newBuilder().setEventId("answer").setReplyTo("question").build(), receipt);
    assertThat(client.acknowledged).containsExactly("question");
    assertThat(outcomes).containsExactly("answer accepted");
    assertThat(withServices()).containsExactly("a", "b");
  }

  @Test
  void theAnswerOfAServiceIsSentAfterTheAcknowledgement() {
    receive("a");
    parts.withServices.get(0).answered(Message.newBuilder().setBody("yes").build());
    assertThat(outcomes).containsExactly("a accepted");
    assertThat(client.replies).singleElement().extracting(Message::getReplyTo).isEqualTo("a");
  }

  @Test
  void anAnswerWithoutRoomIsDroppedAndItsMessageAcknowledged() {
    client.hasRoom = false;
    receive("a");
    parts.withServices.get(0).answered(Message.newBuilder().setBody("yes").build());
    assertThat(outcomes).containsExactly("a accepted");
    assertThat(client.replies).isEmpty();
    assertThat(parts.metrics.unanswerable.count()).isEqualTo(1);
    receive("a");
    assertThat(outcomes).containsExactly("a accepted", "a accepted");
  }

  @Test
  void aMessageThatIsSentAgainIsNotDispatchedAgainAndReceivesTheSameOutcome() {
    receive("a", "a");
    assertThat(withServices()).containsExactly("a");
    accept("a");
    receive("a");
    assertThat(outcomes).containsExactly("a accepted", "a accepted", "a accepted");
    assertThat(withServices()).containsExactly("a");
    assertThat(parts.metrics.duplicates.count()).isEqualTo(2);
  }

  @Test
  void groupRequestsAndMessagesWithoutAnIdMayRepeat() {
    for (int i = 0; i < 2; i++) {
      inbox.receive(Message.newBuilder().setEventId("1").setType("join_group").build(), receipt);
      receive("");
    }
    assertThat(outcomes).containsExactly("1 accepted", "1 accepted");
    assertThat(withServices()).doesNotHaveDuplicates().hasSize(2);
  }

  @Test
  void aNameThatIsTooLongIsMalformed() {
    String tooLong = "x".repeat(Inbox.MAX_NAME + 1);
    inbox.receive(message(tooLong).build(), receipt);
    inbox.receive(message("a").setTo(tooLong).build(), receipt);
    inbox.receive(message("b").setType(tooLong).build(), receipt);
    inbox.receive(message("c").setReplyTo(tooLong).build(), receipt);
    assertThat(outcomes).hasSize(4).allMatch(outcome -> outcome.endsWith(" malformed"));
    assertThat(client.refusals).hasSize(4).containsOnly(ErrorCode.MALFORMED);
    inbox.receive(message("x".repeat(Inbox.MAX_NAME)).build(), receipt);
    assertThat(withServices()).hasSize(1);
  }

  @Test
  void aClientThatSendsTooFastIsRefusedUntilTimeHasPassed() {
    parts = parts(1);
    inbox = inbox();
    receive("a", "b");
    assertThat(outcomes).containsExactly("b rate-limited");
    parts.time.advance(1_000);
    receive("c");
    assertThat(withServices()).containsExactly("a", "c");
  }

  @Test
  void whileOwnershipIsNotCertainEverythingWaits() {
    parts.certain = false;
    receive("a", "b");
    assertThat(withServices()).isEmpty();
    parts.certain = true;
    inbox.takeWaiting();
    assertThat(withServices()).containsExactly("a", "b");
  }

  // ------------------------------------------------------------------ the end of a link

  @Test
  void aClosedInboxTakesNothingAndIsIdleWhenNothingIsInFlight() {
    receive("a");
    inbox.close();
    receive("b");
    assertThat(withServices()).containsExactly("a");
    assertThat(client.idle).isZero();
    accept("a");
    assertThat(client.idle).isEqualTo(1);
    assertThat(withServices()).containsExactly("a");
  }

  @Test
  void whatWaitsIsDroppedWithTheLink() {
    receive("a", "b", "c");
    inbox.dropWaiting();
    accept("a");
    accept("b");
    assertThat(withServices()).containsExactly("a", "b");
    assertThat(parts.metrics.waiting.sum()).isZero();
  }

  @Test
  void theOutcomeOfWhatWasInFlightIsReportedToTheShardThatHasTheSession() {
    receive("a", "b", "c");
    inbox.moved(SimulatedShard.OTHER);
    accept("a");
    parts.time.advance(100);
    assertThat(withServices()).containsExactly("a", "b");
    assertThat(parts.calls)
        .singleElement()
        .satisfies(
            call -> {
              assertThat(call.getCallCase()).isEqualTo(ShardCall.CallCase.ENDED);
              assertThat(call.getEnded().getUser()).isEqualTo("alice");
              assertThat(call.getEnded().getSeen().getOpen()).isFalse();
            });
  }

  @Test
  void aSessionThatStaysTakesMessagesAgain() {
    inbox.moved(SimulatedShard.OTHER);
    inbox.movedBack();
    receive("a");
    accept("a");
    parts.time.advance(100);
    assertThat(outcomes).containsExactly("a accepted");
    assertThat(parts.calls).isEmpty();
  }

  @Test
  void whatAFencedSessionHasInFlightIsAbandoned() {
    receive("a", "b", "c");
    inbox.fence();
    assertThat(inbox.isFenced()).isTrue();
    assertThat(parts.withServices).allMatch(exchange -> exchange.isAbandoned());
    accept("a");
    assertThat(withServices()).containsExactly("a", "b");
  }

  // -------------------------------------------------------------------------- flush

  @Test
  void anIdleInboxIsFlushedAtOnce() {
    assertThat(inbox.flush().succeeded()).isTrue();
  }

  @Test
  void aFlushWaitsForServicesThatHaveNotAnswered() {
    receive("a", "b");
    Future<Void> flushed = inbox.flush();
    accept("a");
    assertThat(flushed.isComplete()).isFalse();
    accept("b");
    assertThat(flushed.succeeded()).isTrue();
  }

  @Test
  void aFlushWaitsForTheLanesOfOtherClients() {
    parts.directory.enter("t", "bob", SimulatedShard.SHARD);
    parts.directory.delay = () -> 100;
    inbox.receive(message("a").setTo("bob").build(), receipt);
    Future<Void> flushed = inbox.flush();
    parts.time.advance(50);
    assertThat(flushed.isComplete()).isFalse();
    parts.time.advance(100);
    assertThat(flushed.succeeded()).isTrue();
    assertThat(parts.delivered).hasSize(1);
    assertThat(outcomes).containsExactly("a accepted");
  }
}
