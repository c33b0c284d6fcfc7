package io.linkspan.session.transfer;

import io.linkspan.time.DeadlineTimer;
import io.linkspan.time.RepeatedFailure;
import io.linkspan.time.Scheduler;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Empties a shard whose node is stopping: clients are sent away in batches, and sessions without a
 * link are handed over to other nodes. Used only on the shard's event loop.
 *
 * <p>A client that was sent away usually connects to another node at once, which then claims the
 * session. Its session is handed over only if that has not happened after {@link #RETURN_TIME}:
 * otherwise it would move twice. The next batch is smaller by the sessions that are still waited
 * for, so that clients are not sent away faster than the other nodes take them.
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

    /** Returns the sessions that the shard owns now, not a copy. */
    Collection<? extends DrainableSession> sessions();

    /** Returns the shards that may take over its sessions, the best first. */
    List<String> heirs();

    /** Hands a session over; completes with whether it was taken. */
    Future<Boolean> handOver(DrainableSession session, String taker);

    /** Returns whether sessions have moved to other shards recently. */
    boolean hasMoved();

    /** Returns whether it is not known yet of some sessions that they are at other shards. */
    boolean awaitsConfirmation();
  }

  private static final Logger LOG = LoggerFactory.getLogger(Drain.class);
  private static final RepeatedFailure NOT_TAKEN =
      new RepeatedFailure(LOG, Level.INFO, "no other node takes a session");

  /**
   * Longer than the other shards take to learn where the last session went; what arrives until then
   * is forwarded. Milliseconds.
   */
  static final long FORWARD_TIME = 1_000;

  /**
   * How long a session waits for another node to claim it before it is handed over, and how long a
   * client that was sent away makes the next batches smaller. Milliseconds.
   */
  static final long RETURN_TIME = 3_000;

  /** The part of the patience that {@link #RETURN_TIME} may take at most. */
  private static final int PATIENCE_PER_RETURN = 4;

  /** Between two looks at whether other shards have confirmed all sessions; milliseconds. */
  private static final long CONFIRM_PAUSE = 100;

  private final Scheduler scheduler;
  private final Host host;
  private final DeadlineTimer timer;

  /**
   * Sessions that were sent away or offered to another node, and until when they are waited for.
   */
  private final Map<DrainableSession, Long> moving = new HashMap<>();

  private final Promise<Void> done = Promise.promise();
  private boolean started;
  private int batch;
  private long pause;
  private long startedAt;
  private long deadline;
  private long sessionsAtStart;
  private long returnTime;

  /** Sessions that were offered to other nodes, which have not answered. */
  private int offers;

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
   * @param batch clients that are sent away at once, at most
   * @param pause between two batches
   * @return completes when no session is left
   */
  public Future<Void> start(int batch, Duration pause, Duration patience) {
    started = true;
    this.batch = batch;
    this.pause = pause.toMillis();
    startedAt = scheduler.now();
    deadline = startedAt + patience.toMillis();
    sessionsAtStart = host.sessions().size();
    returnTime = Math.min(RETURN_TIME, patience.toMillis() / PATIENCE_PER_RETURN);
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

  /** A session has lost its link: another node may claim it, or it is handed over later. */
  public void detached(DrainableSession session) {
    if (!started) {
      return;
    }
    long now = scheduler.now();
    List<String> heirs = host.heirs();
    if (heirs.isEmpty() || now >= deadline) {
      handOver(session, heirs.iterator());
    } else {
      moving.put(session, now + returnTime);
    }
  }

  /** A session is no longer here; it may have been the last one. */
  public void removed(DrainableSession session) {
    moving.remove(session);
    endIfEmpty();
  }

  private void endIfEmpty() {
    if (!started || !host.sessions().isEmpty()) {
      return;
    }
    long now = scheduler.now();
    if (host.awaitsConfirmation()) {
      timer.arm(now + CONFIRM_PAUSE);
      return;
    }
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
    List<? extends DrainableSession> sessions = List.copyOf(host.sessions());
    int left = patient ? batch(sessions, now) : 0;
    for (DrainableSession session : sessions) {
      if (session.isAway()) {
        if (!patient || (moving.containsKey(session) ? isOverdue(session, now) : left-- > 0)) {
          handOver(session, host.heirs().iterator());
        }
      } else if (!patient) {
        session.closeGoingAway();
      } else if (!session.isLeaving() && left-- > 0) {
        moving.put(session, now + returnTime);
        session.goAway();
      }
    }
    endIfEmpty();
    if (!host.sessions().isEmpty()) {
      timer.arm(patient ? Math.min(now + pause, deadline) : now + RETURN_TIME);
    }
  }

  /** Returns how many sessions may be sent away or offered now. */
  private int batch(List<? extends DrainableSession> sessions, long now) {
    int waitedFor = offers + (int) moving.values().stream().filter(until -> until > now).count();
    long untouched =
        sessions.stream().filter(one -> !one.isLeaving() && !moving.containsKey(one)).count();
    // All are sent away in time, however slow the other nodes are.
    long end = deadline - returnTime;
    long planned = now < end ? sessionsAtStart * (end - now) / (end - startedAt) : 0;
    return (int) Math.min(batch, Math.max(batch - waitedFor, untouched - planned));
  }

  private boolean isOverdue(DrainableSession session, long now) {
    return moving.get(session) <= now;
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
    offers++;
    host.handOver(session, heirs.next())
        .onComplete(
            taken -> {
              offers--;
              if (!taken) {
                handOver(session, heirs);
              }
            },
            failure -> offers--);
  }
}
