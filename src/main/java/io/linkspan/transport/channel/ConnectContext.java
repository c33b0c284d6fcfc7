package io.linkspan.transport.channel;

import io.linkspan.admission.ConnectPolicy;
import io.linkspan.admission.DrainLatch;
import io.linkspan.connection.Connection;
import io.linkspan.session.Attachment;
import io.linkspan.session.Session;
import io.linkspan.session.Shard;
import io.linkspan.time.TimerQueue;
import io.vertx.core.Future;

/**
 * Serves the new clients of one event loop.
 *
 * @param policy decides whether they connect
 * @param shard where their sessions begin
 * @param timers of the connections of the event loop
 */
public record ConnectContext(ConnectPolicy policy, Shard shard, TimerQueue timers) {

  /** Returns the latch that holds back the drain of the event loop. */
  public DrainLatch latch() {
    return policy.latch();
  }

  /** Opens the session of a client whose link names no offsets. */
  public Future<Session> open(Connection link, ConnectPolicy.Admitted client) {
    return shard.open(
        link,
        client.identity(),
        Attachment.of(client.clientAcknowledges(), client.session())
            .withNotices(client.notices())
            .withDevice(client.device()));
  }
}
