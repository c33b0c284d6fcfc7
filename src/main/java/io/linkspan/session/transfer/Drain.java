package io.linkspan.session.transfer;

import io.linkspan.time.DeadlineTimer;
import io.linkspan.time.RepeatedFailure;
import io.linkspan.time.Scheduler;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Empties a shard whose node is stopping: clients are sent away in batches, and sessions without a
 * link are handed over to other nodes. Used only on the shard's event loop.
 */
public final class Drain {

  /** A session as the drain sees it. */
  public interface DrainableSession extends TransferableSession {

    /** Returns whether it has no link. */
    boolean isAway();

    /** Returns whether {@link #goAway} was called. */
    boolean isLeaving();

    /** Takes no further Messages and closes the link as soon as nothing is in flight. */
    void goAway();

    /** Closes the link, or ends the session if it has none, as going-away. */
    void closeGoingAway();
  }

  /** The shard that is drained. */
  public interface Host {

    /** Returns the sessions that the shard owns. */
    List<? extends DrainableSession> sessions();

    /** Returns whether the shard owns no session. */
    boolean isEmpty();

    /** Returns the shards that may take over its sessions, the best first. */
    List<String> heirs();

    /** Hands a session over; completes with whether it was taken. */
    Future<Boolean> handOver(DrainableSession session, String taker);

    /** Returns whether sessions have moved to other shards recently. */
    boolean hasMoved();
  }

  private static final Logger LOG = LoggerFactory.getLogger(Drain.class);
  private static final RepeatedFailure NOT_TAKEN =
      new RepeatedFailure(LOG, Level.INFO, "no other node takes a session");

  /**
   * Longer than the other shards take to learn where the last session went; what arrives until then
   * is forwarded. Milliseconds.
   */
  static final long FORWARD_TIME = 1_000;

  private final Scheduler scheduler;
  private final Host host;
  private final DeadlineTimer timer;
  private final Promise<Void> done = Promise.promise();
  private boolean started;
  private int batch;
  private long pause;
  private long deadline;

  /** Time until which this shard forwards what still arrives; 0 while it has sessions. */
  private long forwardsUntil;

  /** Creates the drain of one shard. */
  public Drain(Scheduler scheduler, Host host) {
    this.scheduler = scheduler;
    this.host = host;
    timer = new DeadlineTimer(scheduler, this::next);
  }

  /**
   * Starts to drain. A client with Messages in flight may finish them until {@code patience} has
   * passed.
   *
   * @param batch clients that are sent away at once
   * @param pause between two batches
   * @return completes when no session is left
   */
  public Future<Void> start(int batch, Duration pause, Duration patience) {
    started = true;
    this.batch = batch;
    this.pause = pause.toMillis();
    deadline = scheduler.now() + patience.toMillis();
    next();
    return done.future();
  }

  /** Returns whether the drain has started. */
  public boolean hasStarted() {
    return started;
  }

  /** Ends the timer. */
  public void stop() {
    timer.cancel();
  }

  /** A session has lost its link: hands it over, if the shard is being drained. */
  public void detached(DrainableSession session) {
    if (started) {
      handOver(session, host.heirs().iterator());
    }
  }

  /** A session is no longer here; it may have been the last one. */
  public void removed() {
    if (!started || !host.isEmpty()) {
      return;
    }
    long now = scheduler.now();
    if (forwardsUntil == 0) {
      forwardsUntil = host.hasMoved() ? now + FORWARD_TIME : now;
    }
    if (now >= forwardsUntil) {
      done.tryComplete();
    } else {
      timer.arm(forwardsUntil);
    }
  }

  private void next() {
    long now = scheduler.now();
    boolean patient = now < deadline;
    int asked = 0;
    for (DrainableSession session : List.copyOf(host.sessions())) {
      if (session.isAway()) {
        detached(session);
      } else if (!patient) {
        session.closeGoingAway();
      } else if (!session.isLeaving() && asked++ < batch) {
        session.goAway();
      }
    }
    removed();
    if (!host.isEmpty() && patient) {
      timer.arm(Math.min(now + pause, deadline));
    }
  }

  private void handOver(DrainableSession session, Iterator<String> heirs) {
    if (session.hasMoved() || session.hasEnded()) {
      return;
    }
    if (!heirs.hasNext()) {
      NOT_TAKEN.add(session.id());
      session.closeGoingAway();
      return;
    }
    host.handOver(session, heirs.next())
        .onSuccess(
            taken -> {
              if (!taken) {
                handOver(session, heirs);
              }
            });
  }
}
