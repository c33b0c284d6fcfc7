package io.linkspan.session;

import io.linkspan.admission.Identity;
import io.linkspan.api.Message;
import io.linkspan.api.ReservedTypes;
import io.linkspan.connection.CloseReason;
import io.linkspan.connection.Outgoing;
import io.linkspan.delivery.MessageDefaults;
import io.linkspan.time.DeadlineTimer;
import io.linkspan.time.Scheduler;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;

/**
 * Notifies clients before their identities end, and closes their links at the end. Used only on the
 * shard's event loop.
 */
final class IdentityExpiry {

  /**
   * The next step of one session.
   *
   * @param at when it is due, on the scheduler's clock
   * @param number distinguishes steps that are due at the same time
   * @param last whether the client needs no notice any more
   */
  private record Step(long at, long number, Session session, boolean last) {}

  private static final Comparator<Step> ORDER =
      Comparator.comparingLong(Step::at).thenComparingLong(Step::number);

  /** The clock of identities may be set meanwhile; so it is read again after this time. */
  private static final long LONGEST_WAIT = 60 * 60 * 1_000L;

  private final Scheduler scheduler;
  private final MessageDefaults defaults;
  private final long notice;
  private final DeadlineTimer timer;
  private final NavigableSet<Step> steps = new TreeSet<>(ORDER);
  private final Map<Session, Step> bySession = new HashMap<>();
  private long lastNumber;

  IdentityExpiry(Scheduler scheduler, MessageDefaults defaults, Duration notice) {
    this.scheduler = scheduler;
    this.defaults = defaults;
    this.notice = notice.toMillis();
    timer = new DeadlineTimer(scheduler, this::onTimer);
  }

  /** Watches the identity that a linked session has now, in place of the one that it had. */
  void watch(Session session) {
    forget(session);
    Identity identity = session.identity();
    if (identity != null && identity.expires()) {
      boolean last = notice == 0 || !session.client().wantsNotices();
      add(session, last ? identity.expiresAt() : identity.expiresAt() - notice, last);
    }
  }

  /** Ends the watch of a session that has no link any more. */
  void forget(Session session) {
    Step step = bySession.remove(session);
    if (step != null) {
      steps.remove(step);
    }
  }

  /** Ends all watches. */
  void stop() {
    timer.cancel();
    steps.clear();
    bySession.clear();
  }

  /** Returns how many sessions are watched. */
  int size() {
    return steps.size();
  }

  private void add(Session session, long wallTime, boolean last) {
    long wait = Math.min(LONGEST_WAIT, Math.max(0, wallTime - scheduler.wallTime()));
    var step = new Step(scheduler.now() + wait, ++lastNumber, session, last);
    steps.add(step);
    bySession.put(session, step);
    timer.arm(step.at());
  }

  private void onTimer() {
    long now = scheduler.now();
    while (!steps.isEmpty() && steps.first().at() <= now) {
      Step due = steps.first();
      forget(due.session());
      advance(due.session(), due.last());
    }
    if (!steps.isEmpty()) {
      timer.arm(steps.first().at());
    }
  }

  private void advance(Session session, boolean last) {
    if (!session.isIdentified()) {
      return;
    }
    long end = session.identity().expiresAt();
    long left = end - scheduler.wallTime();
    if (left <= 0) {
      session.close(CloseReason.UNAUTHENTICATED);
    } else if (last) {
      add(session, end, true);
    } else if (left > notice) {
      add(session, end - notice, false);
    } else {
      add(session, end, true);
      session.client().link().deliver(new Outgoing(noticeOf(end, left)));
    }
  }

  private Message noticeOf(long end, long left) {
    JsonObject body =
        new JsonObject()
            .put("expiresAt", Instant.ofEpochMilli(end).toString())
            .put("expiresAfterMs", left);
    return defaults
        .fill(
            Message.newBuilder()
                .setType(ReservedTypes.AUTH)
                .setContentType("application/json")
                .setBody(body.encode()))
        .build();
  }
}
