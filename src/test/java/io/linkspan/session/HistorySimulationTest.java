package io.linkspan.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.api.ReservedTypes;
import io.linkspan.delivery.DeliveryCallback;
import io.linkspan.delivery.DeliveryScope;
import io.linkspan.delivery.GroupRequests;
import io.linkspan.log.LogPosition;
import io.linkspan.log.LogStore;
import io.linkspan.log.MemoryLogStore;
import io.linkspan.memory.MemoryUse;
import io.linkspan.memory.SharedMemoryAccount;
import io.linkspan.session.SimulatedCluster.Client;
import io.linkspan.session.SimulatedCluster.NodeProcess;
import io.linkspan.testing.TestMemory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/**
 * Sessions of real shards get the history of a group in one order, without gap and double, while
 * two nodes send and others crash, freeze or lose their links. The repetition is the seed.
 */
class HistorySimulationTest {

  private static final int NODES = 4;
  private static final String GROUP = "room";

  private final LogStore store =
      new MemoryLogStore(new SharedMemoryAccount(TestMemory.budget()), 1 << 30);
  private final List<Member> members = new ArrayList<>();

  /** EventIds that were accepted. */
  private final Map<String, Integer> accepted = new HashMap<>();

  private SimulatedCluster cluster;
  private boolean sending = true;
  private int sent;

  /** A client that records the positions of what it gets. */
  private final class Member {
    final Client client;

    /** EventIds by the offset after them. */
    final TreeMap<Long, String> received = new TreeMap<>();

    long last = -1;
    int gaps;

    /** Whether it has asked for all that was kept, and has the answer. */
    boolean joined;

    Member(String user) {
      client = cluster.new Client(user);
      client.watcher = this::receive;
      members.add(this);
    }

    private void receive(Message message) {
      if (message.getType().equals(ReservedTypes.HISTORY_GAP)) {
        gaps++;
        return;
      }
      String text = Headers.get(message, Headers.POSITION);
      if (text == null || message.getType().equals(GroupRequests.JOIN)) {
        return;
      }
      LogPosition position = LogPosition.parse(text);
      if (client.received.contains(message.getEventId())) {
        // It is sent again until it is acknowledged.
        assertThat(received).as(client.user).containsEntry(position.offset(), message.getEventId());
        return;
      }
      if (!client.groups.isEmpty()) {
        // A late one may have become a member by a request whose answer was lost.
        assertThat(position.offset()).as("next at %s", client.user).isGreaterThan(last);
        last = position.offset();
      }
      received.put(position.offset(), message.getEventId());
    }
  }

  private void begin(RepetitionInfo seed) {
    cluster = new SimulatedCluster(seed.getCurrentRepetition(), 0, NODES, store);
    for (int i = 0; i < 6; i++) {
      Member member = new Member("user" + i);
      member.client.groups = List.of(GROUP);
      member.client.connect();
    }
    cluster.time.advance(2_000);
    assertThat(members).allMatch(member -> member.client.isConnected());
    produce(NODES - 1, 0);
    produce(NODES - 2, 0);
  }

  /** A service on one node sends to the group, one Message after the other. */
  private void produce(int node, int number) {
    cluster.time.schedule(
        20 + cluster.random.nextInt(60),
        () -> {
          if (sending) {
            send(cluster.nodes.get(node), node + "-" + number);
            produce(node, number + 1);
          }
        });
  }

  private void send(NodeProcess from, String eventId) {
    sent += from.isUp() ? 1 : 0;
    Message message =
        Message.newBuilder()
            .setEventId(eventId)
            .setFrom("service")
            .setTo("group:" + GROUP)
            .putHeaders(Headers.HISTORY, "3600")
            .build();
    from.run(
        () ->
            from.shard.route(
                message,
                DeliveryScope.ACCEPTED,
                complete ->
                    new DeliveryCallback() {
                      @Override
                      public void delivered(By by, Message reply) {
                        accepted.merge(eventId, 1, Integer::sum);
                      }

                      @Override
                      public void failed(MessageException failure) {}
                    }));
  }

  private void end() {
    cluster.time.advance(20_000);
    sending = false;
    cluster.time.advance(120_000);
    // A last Message shows what is missing before it.
    send(cluster.nodes.get(NODES - 1), "last");
    cluster.time.advance(10_000);
    assertThat(accepted).hasSizeGreaterThan(sent / 2).containsKey("last");
    for (Member member : members) {
      assertThat(member.client.isConnected()).as(member.client.user).isTrue();
      assertThat(member.client.notRecovered).isZero();
      assertThat(member.gaps).as("gaps at %s", member.client.user).isZero();
      long first = member.received.firstKey();
      if (member.client.groups.isEmpty()) {
        assertThat(member.joined).isTrue();
        assertThat(first).isOne();
      }
      assertThat(member.received)
          .as("without a gap at %s", member.client.user)
          .hasSize((int) (member.received.lastKey() - first + 1));
      assertThat(member.received).isEqualTo(members.get(0).received.tailMap(first));
    }
    assertThat(members.get(0).received.values()).containsAll(accepted.keySet());
    assertNothingIsCharged();
  }

  private void assertNothingIsCharged() {
    members.forEach(member -> member.client.leave());
    cluster.time.advance(600_000);
    for (NodeProcess node : cluster.nodes) {
      if (!node.crashed) {
        for (MemoryUse use : MemoryUse.values()) {
          assertThat(node.memory.charged(use)).as("%s at %s", use, node.id).isZero();
        }
      }
    }
  }

  /** A client comes later, and asks for all that was kept. */
  private void comeLater(int number) {
    Member late = new Member("late" + number);
    late.client.connect();
    cluster.time.schedule(1_000 + cluster.random.nextInt(300), () -> ask(late));
  }

  /** Asks until there is an answer: a request may be lost with its link. */
  private void ask(Member late) {
    if (late.joined) {
      return;
    }
    cluster.time.schedule(1_000, () -> ask(late));
    if (!late.client.isConnected()) {
      return;
    }
    late.client.send(
        Message.newBuilder()
            .setEventId("join")
            .setType(GroupRequests.JOIN)
            .setBody(GROUP)
            .putHeaders(Headers.SINCE, "0:0")
            .build(),
        new Receipt() {
          @Override
          public void accepted(String eventId) {
            late.joined = true;
          }

          @Override
          public void refused(String eventId, MessageException why) {}
        });
  }

  private List<Client> clientsOf(NodeProcess node) {
    return members.stream()
        .map(member -> member.client)
        .filter(client -> client.node() == node)
        .toList();
  }

  @RepeatedTest(10)
  void linksThatBreakOften(RepetitionInfo seed) {
    begin(seed);
    for (int i = 0; i < 30; i++) {
      if (i % 10 == 0) {
        comeLater(i);
      }
      members.get(cluster.random.nextInt(members.size())).client.loseLink();
      cluster.time.advance(cluster.random.nextInt(500));
    }
    end();
  }

  @RepeatedTest(10)
  void aCrashedNode(RepetitionInfo seed) {
    begin(seed);
    comeLater(0);
    comeLater(1);
    cluster.time.advance(1_000 + cluster.random.nextInt(300));
    NodeProcess node = cluster.nodes.get(cluster.random.nextInt(NODES - 2));
    List<Client> clients = clientsOf(node);
    cluster.crash(node);
    clients.forEach(client -> cluster.time.schedule(20, client::loseLink));
    end();
  }

  @RepeatedTest(10)
  void aCrashedNodeThatSends(RepetitionInfo seed) {
    begin(seed);
    NodeProcess node = cluster.nodes.get(NODES - 2);
    List<Client> clients = clientsOf(node);
    cluster.crash(node);
    clients.forEach(client -> cluster.time.schedule(20, client::loseLink));
    end();
  }

  @RepeatedTest(10)
  void aNodeThatIsFrozen(RepetitionInfo seed) {
    begin(seed);
    NodeProcess node = cluster.nodes.get(cluster.random.nextInt(NODES - 2));
    List<Client> clients = clientsOf(node);
    cluster.freeze(node, 4_000 + cluster.random.nextInt(20_000));
    clients.forEach(client -> cluster.time.schedule(4_000, client::loseLink));
    end();
  }
}
