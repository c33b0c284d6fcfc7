package io.linkspan.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Addresses;
import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.delivery.DeliveryCallback;
import io.linkspan.delivery.DeliveryScope;
import io.linkspan.delivery.GroupRequests;
import io.linkspan.log.LogStore;
import io.linkspan.log.MemoryLogStore;
import io.linkspan.memory.MemoryUse;
import io.linkspan.memory.SharedMemoryAccount;
import io.linkspan.session.SimulatedCluster.Client;
import io.linkspan.session.SimulatedCluster.NodeProcess;
import io.linkspan.testing.TestMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/**
 * Sessions of real shards follow a streamed answer while nodes crash, freeze or lose their links,
 * and get each part once, in order and with the end. The repetition is the seed.
 */
class FollowSimulationTest {

  private static final int NODES = 4;
  private static final int PARTS = 150;
  private static final String STREAM = "4711";

  private final LogStore store =
      new MemoryLogStore(new SharedMemoryAccount(TestMemory.budget()), 1 << 30);
  private final List<Follower> followers = new ArrayList<>();
  private SimulatedCluster cluster;
  private int appended;

  /** A session of the user for whom the stream is, on any node. */
  private final class Follower {
    final Client client = cluster.new Client("alice");
    final List<Integer> parts = new ArrayList<>();
    String end;

    Follower() {
      client.watcher = this::receive;
      followers.add(this);
    }

    private void receive(Message message) {
      if (Headers.get(message, Headers.STREAM) == null
          || client.received.contains(message.getEventId())) {
        return; // the answer to its request, or sent again until it is acknowledged
      }
      assertThat(end).as("end of %s before %s", client, message).isNull();
      end = Headers.get(message, Headers.STREAM_END);
      int number = Integer.parseInt(message.getHeadersOrThrow(Headers.STREAM_OFFSET));
      assertThat(number).as("next at %s", client).isEqualTo(parts.size());
      if (end == null) {
        parts.add(number);
      }
    }

    /** Asks until there is an answer: a request may be lost with its link. */
    void follow() {
      if (!parts.isEmpty()) {
        return;
      }
      cluster.time.schedule(1_000, this::follow);
      if (client.isConnected()) {
        client.send(
            Message.newBuilder()
                .setEventId("follow")
                .setType(GroupRequests.FOLLOW)
                .putHeaders(Headers.STREAM, STREAM)
                .build(),
            new Receipt() {
              @Override
              public void accepted(String eventId) {}

              @Override
              public void refused(String eventId, MessageException why) {}
            });
      }
    }
  }

  private void begin(RepetitionInfo seed) {
    cluster = new SimulatedCluster(seed.getCurrentRepetition(), 0, NODES, store);
    for (int i = 0; i < 5; i++) {
      Follower follower = new Follower();
      follower.client.connect();
      cluster.time.schedule(2_000 + cluster.random.nextInt(10_000), follower::follow);
    }
    cluster.time.advance(2_000);
    assertThat(followers).allMatch(follower -> follower.client.isConnected());
    write(0, false);
  }

  /** Appends a part after the one before it, and again until it is known that the log has it. */
  private void write(int number, boolean repeated) {
    if (number > PARTS) {
      return;
    }
    Message.Builder part =
        Message.newBuilder()
            .setEventId(STREAM + '.' + number)
            .setFrom("service")
            .setReplyTo("request")
            .setTo("group:" + Addresses.groupOfStream(STREAM, "alice"))
            .putHeaders(Headers.STREAM, STREAM)
            .putHeaders(Headers.STREAM_OFFSET, Integer.toString(number))
            .putHeaders(Headers.HISTORY, "3600");
    if (number == PARTS) {
      part.putHeaders(Headers.STREAM_END, "complete");
    }
    if (repeated) {
      part.putHeaders(Headers.STREAM_REPEATED, "true");
    }
    NodeProcess node = cluster.nodes.get(NODES - 1 - cluster.random.nextInt(2));
    var outcome =
        new DeliveryCallback() {
          @Override
          public void delivered(By by, Message reply) {
            appended++;
            cluster.time.schedule(1 + cluster.random.nextInt(100), () -> write(number + 1, false));
          }

          @Override
          public void failed(MessageException failure) {
            cluster.time.schedule(500, () -> write(number, true));
          }
        };
    node.run(() -> node.shard.route(part.build(), DeliveryScope.ACCEPTED, complete -> outcome));
  }

  private void end() {
    cluster.time.advance(240_000);
    assertThat(appended).isEqualTo(PARTS + 1);
    for (Follower follower : followers) {
      assertThat(follower.end).as("end at %s", follower.client).isEqualTo("complete");
      assertThat(follower.parts).isEqualTo(IntStream.range(0, PARTS).boxed().toList());
    }
    for (NodeProcess node : cluster.nodes) {
      assertThat(node.crashed || node.memory.charged(MemoryUse.GROUPS) == 0)
          .as("nobody follows the stream that has ended at %s", node.id)
          .isTrue();
    }
  }

  private List<Client> clientsOf(NodeProcess node) {
    return followers.stream()
        .map(follower -> follower.client)
        .filter(client -> client.node() == node)
        .toList();
  }

  @RepeatedTest(10)
  void linksThatBreakOften(RepetitionInfo seed) {
    begin(seed);
    for (int i = 0; i < 30; i++) {
      followers.get(cluster.random.nextInt(followers.size())).client.loseLink();
      cluster.time.advance(cluster.random.nextInt(500));
    }
    end();
  }

  @RepeatedTest(10)
  void aCrashedNode(RepetitionInfo seed) {
    begin(seed);
    cluster.time.advance(2_000 + cluster.random.nextInt(4_000));
    NodeProcess node = cluster.nodes.get(cluster.random.nextInt(NODES - 2));
    List<Client> clients = clientsOf(node);
    cluster.crash(node);
    clients.forEach(client -> cluster.time.schedule(20, client::loseLink));
    end();
  }

  @RepeatedTest(10)
  void aNodeThatIsFrozen(RepetitionInfo seed) {
    begin(seed);
    cluster.time.advance(1_000 + cluster.random.nextInt(4_000));
    NodeProcess node = cluster.nodes.get(cluster.random.nextInt(NODES - 2));
    List<Client> clients = clientsOf(node);
    cluster.freeze(node, 4_000 + cluster.random.nextInt(20_000));
    clients.forEach(client -> cluster.time.schedule(4_000, client::loseLink));
    end();
  }
}
