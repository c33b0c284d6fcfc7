package io.linkspan.session;

import io.linkspan.connection.CloseReason;
import io.linkspan.time.DeadlineTimer;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Empties a shard whose node ends: clients are sent away in batches, and sessions that wait for
 * their client go to other nodes. Used only on the shard's event loop.
 */
final class Drain {

  private static final Logger LOG = LoggerFactory.getLogger(Drain.class);

  /**
   * Longer than the others take to learn where its last session went; milliseconds. What is on its
   * way here until then is passed on.
   */
  private static final long LINGER = 1_000;

  private final Shard shard;
  private final DeadlineTimer timer;
  private final Promise<Void> done = Promise.promise();
  private boolean started;
  private int batch;
  private long pause;
  private long deadline;

  /** Until when this shard passes on what still comes; 0 while there are sessions. */
  private long lingersUntil;

  Drain(Vertx vertx, Shard shard) {
    this.shard = shard;
    timer = new DeadlineTimer(vertx, this::next);
  }

  /**
   * Begins. A client that waits for an acknowledgement, or is waited for, has until {@code
   * patience} has passed.
   *
   * @param batch clients that are sent away at once
   * @param pause between two batches
   * @return done when no session is left
   */
  Future<Void> start(int batch, Duration pause, Duration patience) {
    started = true;
    this.batch = batch;
    this.pause = pause.toMillis();
    deadline = DeadlineTimer.now() + patience.toMillis();
    next();
    return done.future();
  }

  boolean hasStarted() {
    return started;
  }

  void stop() {
    timer.cancel();
  }

  /** The session waits for its client, and is not to wait here. */
  void away(Session session) {
    if (started) {
      handOver(session, shard.replication().heirs().iterator());
    }
  }

  /** A session is gone; it may have been the last one. */
  void gone() {
    if (!started || !shard.sessions().isEmpty()) {
      return;
    }
    long now = DeadlineTimer.now();
    if (lingersUntil == 0) {
      lingersUntil = shard.relocation().hasMoved() ? now + LINGER : now;
    }
    if (now >= lingersUntil) {
      done.tryComplete();
    } else {
      timer.arm(lingersUntil);
    }
  }

  private void next() {
    long now = DeadlineTimer.now();
    boolean patient = now < deadline;
    int asked = 0;
    for (Session session : List.copyOf(shard.sessions())) {
      if (session.link() == null) {
        away(session);
      } else if (!patient) {
        session.close(CloseReason.GOING_AWAY);
      } else if (!session.leaving() && asked++ < batch) {
        session.goAway();
      }
    }
    gone();
    if (!shard.sessions().isEmpty() && patient) {
      timer.arm(Math.min(now + pause, deadline));
    }
  }

  private void handOver(Session session, Iterator<String> heirs) {
    if (session.moved() || session.ended()) {
      return;
    }
    if (!heirs.hasNext()) {
      LOG.info("no other node takes session {}", session.id());
      session.close(CloseReason.GOING_AWAY);
      return;
    }
    shard
        .relocation()
        .handOver(session, heirs.next())
        .onSuccess(
            taken -> {
              if (!taken) {
                handOver(session, heirs);
              }
            });
  }
}
