package io.linkspan.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.delivery.DeliveryCallback;
import io.linkspan.delivery.DeliveryScope;
import io.linkspan.log.LogPosition;
import io.linkspan.log.LogRead;
import io.linkspan.log.LogStore;
import io.linkspan.log.MemoryLogStore;
import io.linkspan.memory.SharedMemoryAccount;
import io.linkspan.session.SimulatedCluster.Client;
import io.linkspan.session.SimulatedCluster.NodeProcess;
import io.linkspan.testing.RecordingCallback;
import io.linkspan.testing.TestMemory;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** Mailboxes of a simulated cluster. The repetition is the seed. */
class MailboxSimulationTest {

  private final LogStore store =
      new MemoryLogStore(new SharedMemoryAccount(TestMemory.budget()), 1 << 30);

  /** EventIds in the order in which they were sent, of those that were accepted. */
  private final Set<String> accepted = new LinkedHashSet<>();

  private final List<String> sent = new ArrayList<>();
  private final List<MessageException> failures = new ArrayList<>();

  private SimulatedCluster cluster(long seed) {
    return new SimulatedCluster(seed, 0, 3, store);
  }

  private static Message message(String id, String ttl) {
    Message.Builder message =
        Message.newBuilder().setTo("user:alice").setFrom("service:shop").setEventId(id);
    return ttl == null ? message.build() : message.putHeaders(Headers.TTL, ttl).build();
  }

  private void send(NodeProcess from, String id) {
    sent.add(id);
    send(from, message(id, "3600"), DeliveryScope.ACCEPTED, new Acceptance(id));
  }

  private static void send(
      NodeProcess from, Message message, DeliveryScope scope, DeliveryCallback callback) {
    from.run(() -> from.shard.route(message, scope, complete -> callback));
  }

  private final class Acceptance implements DeliveryCallback {
    private final String id;

    Acceptance(String id) {
      this.id = id;
    }

    @Override
    public void delivered(By by, Message reply) {
      accepted.add(id);
    }

    @Override
    public void failed(MessageException failure) {
      failures.add(failure);
    }
  }

  private static List<String> ids(int count) {
    return IntStream.range(0, count).mapToObj(i -> "m" + i).toList();
  }

  @Test
  void messagesToAUserWithoutASessionAreDeliveredInOrderAtTheNextConnect() {
    SimulatedCluster cluster = cluster(1);
    ids(250).forEach(id -> send(cluster.nodes.get(0), id));
    cluster.time.advance(5_000);
    assertThat(accepted).containsExactlyElementsOf(ids(250));
    assertThat(cluster.notices)
        .extracting(notice -> notice.getString("eventId"))
        .containsExactlyElementsOf(ids(250));

    Client alice = cluster.new Client("alice");
    alice.connect();
    cluster.time.advance(10_000);

    assertThat(alice.inOrder).containsExactlyElementsOf(ids(250));
    Client later = cluster.new Client("alice");
    later.connect();
    cluster.time.advance(10_000);
    assertThat(later.inOrder).isEmpty();
  }

  @Test
  void withoutTheHeaderNothingIsKept() {
    SimulatedCluster cluster = cluster(1);
    for (String ttl : new String[] {null, "0", "", "-1", "soon"}) {
      var outcome = new RecordingCallback();
      send(cluster.nodes.get(0), message("m", ttl), DeliveryScope.ACCEPTED, outcome);
      cluster.time.advance(1_000);
      assertThat(outcome.outcome()).isEqualTo("no-such-recipient");
    }
  }

  @Test
  void aMessageIsDeliveredUntilItsTimeIsOverAndThenAnEventSaysSo() {
    SimulatedCluster cluster = cluster(1);
    NodeProcess node = cluster.nodes.get(0);
    send(node, message("short", "1"), DeliveryScope.ACCEPTED, new RecordingCallback());
    send(node, message("long", "60"), DeliveryScope.ACCEPTED, new RecordingCallback());
    cluster.time.advance(500);
    assertThat(store.expire(cluster.time.wallTime() + 30_000).result()).isNotEmpty();

    Client alice = cluster.new Client("alice");
    alice.connect();
    cluster.time.advance(10_000);

    assertThat(alice.inOrder).containsExactly("long");
  }

  @Test
  void whatIsSentWhileTheMailboxIsReadWaitsForIt() {
    SimulatedCluster cluster = cluster(1);
    ids(500).forEach(id -> send(cluster.nodes.get(0), id));
    cluster.time.advance(5_000);

    Client alice = cluster.new Client("alice");
    alice.connect();
    for (int i = 0; i < 200; i++) {
      send(
          cluster.nodes.get(i % 3),
          message("new" + i, null),
          DeliveryScope.ACCEPTED,
          new RecordingCallback());
      cluster.time.advance(1);
    }
    cluster.time.advance(20_000);

    assertThat(alice.inOrder.subList(0, 500)).containsExactlyElementsOf(ids(500));
    assertThat(alice.inOrder.size()).isGreaterThan(500);
  }

  @Test
  void aMailboxThatIsLargerThanTheOutboxIsDeliveredAsTheClientAcknowledges() {
    SimulatedCluster cluster = cluster(1);
    ids(1_500).forEach(id -> send(cluster.nodes.get(0), id));
    cluster.time.advance(20_000);

    Client alice = cluster.new Client("alice");
    alice.connect();
    cluster.time.advance(60_000);

    assertThat(alice.inOrder).containsExactlyElementsOf(ids(1_500));
  }

  @Test
  void aSenderThatWaitsForTheClientReceivesItsAcknowledgement() {
    SimulatedCluster cluster = cluster(1);
    var outcome = new RecordingCallback();
    send(cluster.nodes.get(0), message("m", "3600"), DeliveryScope.ACKNOWLEDGED, outcome);
    cluster.time.advance(5_000);
    assertThat(outcome.outcome()).isNull();

    Client alice = cluster.new Client("alice");
    alice.connect();
    cluster.time.advance(5_000);

    assertThat(outcome.outcome()).isEqualTo("client");
    assertThat(alice.inOrder).containsExactly("m");
  }

  @Test
  void aFullMailboxRefusesAndAnEventSaysSo() {
    SimulatedCluster cluster = cluster(1);
    ids(2_001).forEach(id -> send(cluster.nodes.get(0), id));
    cluster.time.advance(20_000);

    assertThat(accepted).hasSize(2_000);
    assertThat(failures).extracting(MessageException::code).containsOnly(ErrorCode.QUEUE_FULL);
    assertThat(cluster.events)
        .extracting(event -> event.getString("event"))
        .contains("mailbox-full");
  }

  @Test
  void anotherSessionGetsWhatOneThatIsAwayHasNotAcknowledged() {
    SimulatedCluster cluster = cluster(1);
    Client first = cluster.new Client("alice");
    first.connect();
    cluster.time.advance(1_000);
    first.stop();
    first.loseLink();
    cluster.time.advance(1_000);
    ids(20).forEach(id -> send(cluster.nodes.get(0), id));
    cluster.time.advance(5_000);
    assertThat(accepted).containsExactlyElementsOf(ids(20));

    Client second = cluster.new Client("alice");
    second.connect();
    cluster.time.advance(10_000);

    assertThat(second.inOrder).containsExactlyElementsOf(ids(20));
  }

  /** A sender that sends while its user connects, loses its link, and leaves. */
  @RepeatedTest(300)
  void nothingThatIsAcceptedIsLostOrOvertaken(RepetitionInfo seed) {
    SimulatedCluster cluster = cluster(seed.getCurrentRepetition());
    NodeProcess from = cluster.nodes.get(cluster.random.nextInt(3));
    List<String> received = new ArrayList<>();
    List<Client> clients = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      send(from, "m" + i);
      cluster.time.advance(cluster.random.nextInt(150));
      Client current = clients.isEmpty() ? null : clients.get(clients.size() - 1);
      switch (cluster.random.nextInt(8)) {
        case 0 -> {
          if (current != null) {
            current.leave();
          }
          Client next = cluster.new Client("alice");
          clients.add(next);
          next.connect();
        }
        case 1 -> {
          if (current != null) {
            current.loseLink();
          }
        }
        case 2 -> {
          if (current != null) {
            current.leave();
          }
        }
        default -> {
          // The client stays as it is.
        }
      }
    }
    cluster.time.advance(10_000);
    clients.forEach(Client::leave);
    cluster.time.advance(200_000);
    Client last = cluster.new Client("alice");
    clients.add(last);
    last.connect();
    cluster.time.advance(60_000);

    clients.forEach(client -> received.addAll(client.inOrder));
    Set<String> first = new LinkedHashSet<>(received);
    assertThat(first).as("received").containsAll(accepted);
    first.retainAll(accepted);
    assertThat(List.copyOf(first))
        .as("order of first receipts")
        .containsExactlyElementsOf(sent.stream().filter(accepted::contains).toList());
    assertThat(failures).extracting(MessageException::getMessage).isEmpty();
  }

  /**
   * A sender sends to a connected user, some with the header and some without; another one fills
   * the mailbox meanwhile.
   */
  @RepeatedTest(100)
  void keptMessagesAndOthersOfOneSenderStayInOrder(RepetitionInfo seed) {
    SimulatedCluster cluster = cluster(seed.getCurrentRepetition());
    NodeProcess from = cluster.nodes.get(cluster.random.nextInt(3));
    NodeProcess other = cluster.nodes.get(cluster.random.nextInt(3));
    Client alice = cluster.new Client("alice");
    alice.connect();
    cluster.time.advance(1_000);
    for (int i = 0; i < 200; i++) {
      String id = "m" + i;
      sent.add(id);
      send(
          from,
          message(id, cluster.random.nextBoolean() ? "3600" : null),
          DeliveryScope.ACCEPTED,
          new Acceptance(id));
      send(other, message("o" + i, "3600"), DeliveryScope.ACCEPTED, new RecordingCallback());
      cluster.time.advance(cluster.random.nextInt(20));
      if (cluster.random.nextInt(50) == 0) {
        alice.loseLink();
      }
    }
    cluster.time.advance(60_000);

    assertThat(failures).isEmpty();
    assertThat(accepted).hasSize(200);
    assertThat(alice.inOrder.stream().filter(sent::contains)).containsExactlyElementsOf(sent);
  }

  /** Those that the crash of the user's node has not made fail. */
  @RepeatedTest(100)
  void keptMessagesAndOthersStayInOrderWhenANodeCrashes(RepetitionInfo seed) {
    SimulatedCluster cluster = cluster(seed.getCurrentRepetition());
    NodeProcess from = cluster.nodes.get(0);
    Client alice = cluster.new Client("alice");
    alice.connect();
    cluster.time.advance(1_000);
    int crash = cluster.random.nextInt(40);
    for (int i = 0; i < 60; i++) {
      String id = "m" + i;
      sent.add(id);
      send(
          from,
          message(id, cluster.random.nextBoolean() ? "3600" : null),
          DeliveryScope.ACCEPTED,
          new Acceptance(id));
      cluster.time.advance(cluster.random.nextInt(100));
      if (i == crash) {
        NodeProcess lost = cluster.nodes.get(1 + cluster.random.nextInt(2));
        cluster.crash(lost);
        if (alice.node() == lost) {
          alice.loseLink();
        }
      }
    }
    cluster.time.advance(120_000);

    assertThat(alice.inOrder).containsAll(accepted);
    assertThat(alice.inOrder)
        .containsExactlyElementsOf(sent.stream().filter(alice.received::contains).toList());
  }

  /** A steady stream of kept Messages does not keep those back that are sent without the header. */
  @Test
  void messagesAreDeliveredWhileTheMailboxIsFilledAllTheTime() {
    SimulatedCluster cluster = cluster(1);
    Client alice = cluster.new Client("alice");
    alice.connect();
    cluster.time.advance(1_000);
    for (int i = 0; i < 300 && !alice.inOrder.contains("direct"); i++) {
      send(cluster.nodes.get(i % 2), "m" + i);
      if (i == 50) {
        send(
            cluster.nodes.get(2),
            message("direct", null),
            DeliveryScope.ACCEPTED,
            new RecordingCallback());
      }
      cluster.time.advance(1);
    }
    assertThat(alice.inOrder).contains("direct");
  }

  /** The node of the user's session crashes while messages with and without the header are sent. */
  @RepeatedTest(200)
  void nothingThatIsKeptIsLostOrOvertakenWhenANodeCrashes(RepetitionInfo seed) {
    SimulatedCluster cluster = cluster(seed.getCurrentRepetition());
    NodeProcess from = cluster.nodes.get(0);
    Client alice = cluster.new Client("alice");
    alice.connect();
    int crash = cluster.random.nextInt(40);
    for (int i = 0; i < 60; i++) {
      send(from, "m" + i);
      cluster.time.advance(cluster.random.nextInt(200));
      if (i == crash) {
        NodeProcess lost = cluster.nodes.get(1 + cluster.random.nextInt(2));
        cluster.crash(lost);
        if (alice.node() == lost) {
          alice.loseLink();
        }
      }
    }
    cluster.time.advance(120_000);

    assertThat(failures).isEmpty();
    assertThat(accepted).hasSize(60);
    assertThat(alice.inOrder).containsExactlyElementsOf(sent);
    assertThat(store.read("user:alice", LogPosition.START, 99, 9_999, cluster.time.wallTime()))
        .satisfies(
            read -> assertThat(((LogRead.Page) read.result()).entries()).as("the rest").isEmpty());
  }
}
