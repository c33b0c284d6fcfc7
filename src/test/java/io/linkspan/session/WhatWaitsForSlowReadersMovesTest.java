package io.linkspan.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.admission.Identity;
import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import io.linkspan.api.SlowPolicy;
import io.linkspan.connection.CloseReason;
import io.linkspan.connection.Outgoing;
import io.linkspan.session.SimulatedCluster.NodeProcess;
import io.linkspan.testing.RecordingCallback;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/**
 * Tests what becomes of Messages that wait for a client that is away, when it resumes its session
 * at another node. The repetition is the seed.
 */
class WhatWaitsForSlowReadersMovesTest {

  private static final long A_WHILE = 20_000;

  /** A link that takes everything. */
  private static final class RecordingLink extends NoLink {
    final List<String> written = new ArrayList<>();

    @Override
    public boolean deliver(Outgoing message) {
      if (!message.message().getType().equals("session")) {
        written.add(message.message().getEventId());
      }
      return true;
    }
  }

  private SimulatedCluster cluster;
  private NodeProcess former;
  private NodeProcess taker;
  private Session session;

  private void begin(RepetitionInfo seed) {
    cluster = new SimulatedCluster(seed.getCurrentRepetition(), 0, 3);
    former = cluster.nodes.get(0);
    taker = cluster.nodes.get(1);
    session = open(former, new RecordingLink(), "");
    session.linkClosed(CloseReason.CONNECTION_LOST);
  }

  private Session open(NodeProcess node, RecordingLink link, String token) {
    Future<Session> opened =
        node.shard.open(link, new Identity("alice", false), Attachment.of(false, token));
    cluster.time.advance(A_WHILE);
    return opened.result();
  }

  private RecordingCallback latest(String key, String eventId) {
    return deliver(
        Message.newBuilder()
            .putHeaders(Headers.SLOW, SlowPolicy.LATEST.label())
            .putHeaders(Headers.SLOW_KEY, key)
            .setEventId(eventId)
            .build());
  }

  private RecordingCallback deliver(Message message) {
    var callback = new RecordingCallback();
    session.deliver(new Outgoing(message), callback);
    return callback;
  }

  @RepeatedTest(10)
  void theNewestOfEachKeyMovesWithTheSession(RepetitionInfo seed) {
    begin(seed);
    RecordingCallback older = latest("a", "a1");
    RecordingCallback other = latest("b", "b1");
    RecordingCallback newer = latest("a", "a2");
    String token = session.token();
    var link = new RecordingLink();
    assertThat(open(taker, link, token).recovered()).isTrue();
    assertThat(link.written).containsExactly("a2", "b1");
    assertThat(older.outcome()).isEqualTo("superseded");
    assertThat(other.outcome()).isEqualTo("transport");
    assertThat(newer.outcome()).isEqualTo("transport");

    // The former shard forwards what still arrives.
    RecordingCallback late = latest("a", "a3");
    cluster.time.advance(A_WHILE);
    assertThat(link.written).endsWith("a3");
    assertThat(late.outcome()).isEqualTo("transport");
  }

  @RepeatedTest(10)
  void aCrashLosesWhatWaitsAndNothingElse(RepetitionInfo seed) {
    begin(seed);
    deliver(Message.newBuilder().setEventId("queued").build());
    latest("a", "a1");
    cluster.time.advance(A_WHILE);
    String token = session.token();
    cluster.crash(former);
    cluster.time.advance(A_WHILE);
    var link = new RecordingLink();
    assertThat(open(taker, link, token).recovered()).isTrue();
    assertThat(link.written).containsExactly("queued");
  }
}
