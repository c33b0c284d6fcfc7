package io.linkspan.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import io.linkspan.delivery.DeliveryScope;
import io.linkspan.session.SimulatedCluster.Client;
import io.linkspan.session.SimulatedCluster.NodeProcess;
import io.linkspan.testing.RecordingCallback;
import org.junit.jupiter.api.Test;

/** A stream ends once for its client, also when two nodes end it or continue it. */
class NothingFollowsTheEndOfAStreamTest {

  private final SimulatedCluster cluster = new SimulatedCluster(1, 0, 3);
  private final Client alice = cluster.new Client("alice");

  private String deliver(Message.Builder part, String stream, String eventId) {
    return deliver(cluster.nodes.get(0), part, stream, eventId);
  }

  private String deliver(NodeProcess node, Message.Builder part, String stream, String eventId) {
    Message message =
        part.setTo("user:alice")
            .setEventId(eventId)
            .setReplyTo("request")
            .putHeaders(Headers.STREAM, stream)
            .build();
    var outcome = new RecordingCallback();
    node.run(() -> node.shard.route(message, DeliveryScope.ACKNOWLEDGED, all -> outcome));
    cluster.time.advance(2_000);
    return outcome.outcome();
  }

  private static Message.Builder end(String code) {
    return Message.newBuilder().putHeaders(Headers.STREAM_END, code);
  }

  @Test
  void partsAndAnotherEndAreRefused() {
    alice.connect();
    cluster.time.advance(1_000);

    assertThat(deliver(Message.newBuilder(), "one", "one.0")).isEqualTo("client");
    assertThat(deliver(end("unavailable"), "one", "one.lost")).isEqualTo("client");
    assertThat(deliver(Message.newBuilder(), "one", "one.1")).isEqualTo("no-such-recipient");
    assertThat(deliver(end("complete"), "one", "one.2")).isEqualTo("no-such-recipient");
    assertThat(deliver(Message.newBuilder(), "two", "two.0")).isEqualTo("client");

    assertThat(alice.inOrder).containsExactly("one.0", "one.lost", "two.0");
  }

  @Test
  void theEndIsKnownWhereTheSessionContinuesFromItsCopy() {
    alice.connect();
    cluster.time.advance(1_000);
    assertThat(deliver(end("complete"), "one", "one.0")).isEqualTo("client");
    NodeProcess lost = alice.node();
    cluster.crash(lost);
    alice.loseLink();
    cluster.time.advance(20_000);

    NodeProcess from = cluster.nodes.stream().filter(NodeProcess::isUp).findFirst().orElseThrow();
    assertThat(deliver(from, end("unavailable"), "one", "one.lost")).isEqualTo("no-such-recipient");
    assertThat(deliver(from, Message.newBuilder(), "two", "two.0")).isEqualTo("client");
    assertThat(alice.notRecovered).isZero();
  }

  @Test
  void theLatestEndsAreKnown() {
    alice.connect();
    cluster.time.advance(1_000);
    for (int i = 0; i < 40; i++) {
      assertThat(deliver(end("complete"), "s" + i, i + ".end")).isEqualTo("client");
    }
    assertThat(deliver(Message.newBuilder(), "s39", "39.1")).isEqualTo("no-such-recipient");
    assertThat(deliver(Message.newBuilder(), "s8", "8.1")).isEqualTo("no-such-recipient");
  }
}
