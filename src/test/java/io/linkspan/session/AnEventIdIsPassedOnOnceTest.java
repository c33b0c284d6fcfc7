package io.linkspan.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.admission.Identity;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.connection.CloseReason;
import io.linkspan.connection.Connection;
import io.linkspan.connection.Outgoing;
import io.linkspan.session.SimulatedCluster.NodeProcess;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/**
 * Tests that an eventId that a user sends twice is passed on once, also from sessions on several
 * nodes. The repetition is the seed.
 */
class AnEventIdIsPassedOnOnceTest {

  private static final int SEEDS = 20;

  private SimulatedCluster cluster;

  /** A link of one of alice's devices. */
  private final class Device implements Connection {
    final List<String> outcomes = new ArrayList<>();
    private final Session session;

    Device(NodeProcess node, String token) {
      Future<Session> opened =
          node.shard.open(this, new Identity("alice", false), Attachment.of(true, token));
      cluster.time.advance(500);
      session = opened.result();
    }

    void send(String eventId) {
      session.receive(
          Message.newBuilder().setEventId(eventId).setTo("service:x").build(),
          new Receipt() {
            @Override
            public void accepted(String id) {
              outcomes.add(id + " accepted");
            }

            @Override
            public void refused(String id, MessageException why) {
              outcomes.add(id + " " + why.code().code());
            }
          });
      cluster.time.advance(100);
    }

    void end(CloseReason reason) {
      session.linkClosed(reason);
      cluster.time.advance(500);
    }

    @Override
    public String transport() {
      return "simulated";
    }

    @Override
    public String remote() {
      return "alice:1";
    }

    @Override
    public long lastReceived() {
      return cluster.time.now();
    }

    @Override
    public boolean deliver(Outgoing message) {
      return true;
    }

    @Override
    public void close(CloseReason reason, long retryAfterMs) {
      session.linkClosed(reason);
    }
  }

  private void begin(RepetitionInfo seed) {
    cluster = new SimulatedCluster(seed.getCurrentRepetition(), 0, 3);
    cluster.time.advance(1_000);
  }

  private NodeProcess node(int index) {
    return cluster.nodes.get(index);
  }

  private List<String> passedOn() {
    return cluster.served.stream().map(exchange -> exchange.message().getEventId()).toList();
  }

  @RepeatedTest(SEEDS)
  void deviceThatConnectsLaterRepeatsTheOutcome(RepetitionInfo seed) {
    begin(seed);
    Device phone = new Device(node(0), "");
    phone.send("1");
    Device laptop = new Device(node(1), "");
    laptop.send("1");
    laptop.send("2");
    Device tablet = new Device(node(2), null);
    tablet.send("1");
    tablet.send("2");
    assertThat(laptop.outcomes).containsExactly("1 accepted", "2 accepted");
    assertThat(tablet.outcomes).containsExactly("1 accepted", "2 accepted");
    assertThat(passedOn()).containsExactly("1", "2");
  }

  @RepeatedTest(SEEDS)
  void devicesThatAreConnectedHearOfEachOther(RepetitionInfo seed) {
    begin(seed);
    List<Device> devices = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      devices.add(new Device(node(i), ""));
    }
    for (int i = 0; i < 3; i++) {
      String eventId = "from" + i;
      for (int j = 0; j < 3; j++) {
        devices.get((i + j) % 3).send(eventId);
      }
    }
    assertThat(passedOn()).containsExactly("from0", "from1", "from2");
    assertThat(devices).allMatch(device -> device.outcomes.size() == 3);
  }

  @RepeatedTest(SEEDS)
  void repetitionReceivesTheOutcomeThatComesLater(RepetitionInfo seed) {
    begin(seed);
    cluster.accepting = false;
    Device phone = new Device(node(0), "");
    phone.send("1");
    Device laptop = new Device(node(1), "");
    laptop.send("1");
    phone.send("2");
    laptop.send("2");
    assertThat(laptop.outcomes).isEmpty();
    cluster.served.get(0).failed(new MessageException(ErrorCode.FORBIDDEN, "no"));
    cluster.served.get(1).accepted();
    cluster.time.advance(100);
    assertThat(laptop.outcomes).containsExactly("1 forbidden", "2 accepted");
    assertThat(phone.outcomes).containsExactly("1 forbidden", "2 accepted");
    assertThat(passedOn()).containsExactly("1", "2");
  }

  @RepeatedTest(SEEDS)
  void userThatReturnsWithoutTokenIsRecognised(RepetitionInfo seed) {
    begin(seed);
    cluster.accepting = false;
    // The first session waits for its client, the others end with their links.
    for (String token : new String[] {"", null, null}) {
      cluster.served.clear();
      Device before = new Device(node(0), token);
      before.send("with " + token + cluster.time.now());
      String eventId = passedOn().get(0);
      before.end(CloseReason.CONNECTION_LOST);
      Device after = new Device(node(1), token);
      after.send(eventId);
      cluster.served.get(0).accepted();
      cluster.time.advance(100);
      assertThat(after.outcomes).containsExactly(eventId + " accepted");
      assertThat(passedOn()).hasSize(1);
      after.end(CloseReason.NORMAL);
    }
  }

  @RepeatedTest(SEEDS)
  void sessionThatResumesOnAnotherNodeIsFollowedThere(RepetitionInfo seed) {
    begin(seed);
    Device phone = new Device(node(0), "");
    Device laptop = new Device(node(1), "");
    phone.end(CloseReason.CONNECTION_LOST);
    Device again = new Device(node(2), phone.session.token());
    assertThat(again.session.recovered()).isTrue();
    again.send("1");
    laptop.send("1");
    laptop.send("2");
    again.send("2");
    assertThat(passedOn()).containsExactly("1", "2");
  }

  @RepeatedTest(SEEDS)
  void nodeThatDoesNotAnswerDelaysConnectOnly(RepetitionInfo seed) {
    begin(seed);
    new Device(node(0), "").send("1");
    node(0).frozen = true;
    Future<Session> opened =
        node(1).shard.open(new NoLink(), new Identity("alice", false), Attachment.of(true, ""));
    cluster.time.advance(900);
    assertThat(opened.isComplete()).isFalse();
    cluster.time.advance(200);
    assertThat(opened.succeeded()).isTrue();
  }

  @RepeatedTest(SEEDS)
  void userOnOneNodeCostsNoCall(RepetitionInfo seed) {
    begin(seed);
    cluster.calls.clear();
    Device phone = new Device(node(0), null);
    Device laptop = new Device(node(0), null);
    phone.send("1");
    laptop.send("1");
    laptop.send("2");
    assertThat(cluster.calls).isEmpty();
    assertThat(passedOn()).containsExactly("1", "2");
  }

  @RepeatedTest(SEEDS)
  void nodeThatTheUserHasLeftReceivesNothingMore(RepetitionInfo seed) {
    begin(seed);
    Device phone = new Device(node(0), null);
    Device laptop = new Device(node(1), null);
    laptop.end(CloseReason.NORMAL);
    phone.send("1");
    cluster.calls.clear();
    phone.send("2");
    assertThat(cluster.calls).isEmpty();
  }
}
