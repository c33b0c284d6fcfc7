package io.linkspan.session;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.connection.CloseReason;
import io.linkspan.connection.Connection;
import io.linkspan.connection.DeadlineTimer;
import io.linkspan.connection.Outgoing;
import io.linkspan.routing.Recipient;
import io.linkspan.routing.RoutingTable;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The sessions of one event loop. Everything in it happens on that loop; the other loops and nodes
 * reach it at its bus address.
 */
public final class Shard {

  /** What all shards of a node have in common. */
  public record Shared(
      String node,
      SessionConfig session,
      DeliveryConfig delivery,
      LimitsConfig limits,
      RoutingTable routes,
      SessionDirectory directory,
      DuplicateFilter duplicates,
      SessionMetrics metrics) {}

  private static final class Drain {
    final int batch;
    final long pause;
    final long deadline;
    final Promise<Void> done = Promise.promise();

    Drain(int batch, long pause, long deadline) {
      this.batch = batch;
      this.pause = pause;
      this.deadline = deadline;
    }
  }

  private static final String ADDRESS_PREFIX = "linkspan.shard.";
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int SESSION_ID_BYTES = 12;

  private final Shared shared;
  private final String address;
  private final String eventIdPrefix;
  private final Context context;
  private final Courier courier;
  private final Dispatcher dispatcher;
  private final Memberships memberships;
  private final SessionEvents events;
  private final AckTimeouts timeouts;
  private final DeadlineTimer timer;
  private final DeadlineTimer drainTimer;
  private final Map<String, Session> sessions = new LinkedHashMap<>();
  private final Map<String, List<Session>> byUser = new HashMap<>();
  private long assignedEventIds;
  private long stampedAt;
  private String stamp = "";
  private Drain drain;

  /** To be made on the event loop that it will live on. */
  public Shard(Vertx vertx, int index, Shared shared) {
    this.shared = shared;
    address = addressOf(shared.node(), index);
    eventIdPrefix = shared.node() + '-' + index + '-';
    context = vertx.getOrCreateContext();
    events = new SessionEvents(vertx.eventBus(), shared.node());
    timeouts = new AckTimeouts(shared.delivery().ackTimeout().toMillis());
    timer = new DeadlineTimer(vertx, this::onTimeout);
    drainTimer = new DeadlineTimer(vertx, this::drainBatch);
    courier = new Courier(vertx.eventBus(), shared.directory(), this, shared.delivery());
    memberships =
        new Memberships(shared.directory(), events, address, shared.session().maxGroups());
    dispatcher = new Dispatcher(vertx, shared.routes(), courier, memberships);
  }

  /** Bus address of a shard, given its node and its index on it. */
  public static String addressOf(String node, int index) {
    return ADDRESS_PREFIX + node + '.' + index;
  }

  /** The node that a shard is on, given its bus address. */
  static String nodeOf(String address) {
    return address.substring(ADDRESS_PREFIX.length(), address.lastIndexOf('.'));
  }

  /**
   * Begins the session of a new connection.
   *
   * @param clientAcknowledges whether the client's application acknowledges each Message; else
   *     writing to the link is enough
   * @return the session; it does not end before {@link Session#linkClosed} is called, also when the
   *     link is gone by now. Fails with {@code rate-limited} when the user has too many.
   */
  public Future<Session> open(Connection link, Identity identity, boolean clientAcknowledges) {
    byte[] id = new byte[SESSION_ID_BYTES];
    RANDOM.nextBytes(id);
    String session = Base64.getUrlEncoder().withoutPadding().encodeToString(id);
    var ref = new SessionRef(session, identity.user(), address);
    return shared
        .directory()
        .add(ref)
        .compose(all -> makeRoom(ref, all))
        .map(v -> begin(new Session(this, ref, link, identity, clientAcknowledges)));
  }

  /**
   * Closes all connections as going-away, in batches; a client that waits for an acknowledgement,
   * or is waited for, has until {@code patience} has passed.
   *
   * @return done when no session is left
   */
  public Future<Void> drain(int batch, Duration pause, Duration patience) {
    drain = new Drain(batch, pause.toMillis(), DeadlineTimer.now() + patience.toMillis());
    drainBatch();
    return drain.done.future();
  }

  /** Ends what outlives the sessions. */
  public void stop() {
    timer.cancel();
    drainTimer.cancel();
  }

  public String address() {
    return address;
  }

  Courier courier() {
    return courier;
  }

  Dispatcher dispatcher() {
    return dispatcher;
  }

  Memberships memberships() {
    return memberships;
  }

  DuplicateFilter duplicates() {
    return shared.duplicates();
  }

  LimitsConfig limits() {
    return shared.limits();
  }

  DeliveryConfig delivery() {
    return shared.delivery();
  }

  SessionMetrics metrics() {
    return shared.metrics();
  }

  String node() {
    return shared.node();
  }

  /** Null when it is not here. */
  Session session(String id) {
    return sessions.get(id);
  }

  Collection<Session> sessions() {
    return sessions.values();
  }

  Outbox newOutbox(Connection link, boolean clientAcknowledges) {
    return new Outbox(
        shared.session(),
        shared.delivery().maxAttempts(),
        timeouts,
        link,
        clientAcknowledges,
        shared.metrics());
  }

  /** Runs on this shard's loop: at once when called there. */
  void run(Runnable action) {
    if (Vertx.currentContext() == context) {
      action.run();
    } else {
      context.runOnContext(v -> action.run());
    }
  }

  /** Fills in eventId and createAt where the sender left them empty. */
  Message.Builder stamp(Message.Builder message) {
    if (message.getEventId().isEmpty()) {
      message.setEventId(eventIdPrefix + Long.toString(++assignedEventIds, Character.MAX_RADIX));
    }
    if (message.getCreateAt().isEmpty()) {
      message.setCreateAt(timestamp());
    }
    return message;
  }

  /** Delivers to those of the recipient's sessions that are here. */
  void deliver(Recipient recipient, Message message, Terms terms, Settlement settlement) {
    switch (recipient.kind()) {
      case USER -> deliver(byUser.get(recipient.name()), recipient, message, terms, settlement);
      case SESSION -> {
        Session session = sessions.get(recipient.name());
        deliver(session == null ? null : List.of(session), recipient, message, terms, settlement);
      }
      case GROUP -> deliverToGroup(recipient.name(), message, terms, settlement);
      case SERVICE, UNADDRESSED -> settlement.failed(Courier.noSuchRecipient(recipient));
    }
  }

  /** To be called after a delivery was sent: its time-out may be the first one. */
  void armTimeouts() {
    timer.arm(timeouts.nextDeadline());
  }

  void left(Session session, String group) {
    memberships.remove(session, group);
  }

  void closed(Session session, CloseReason reason) {
    sessions.remove(session.id());
    byUser.computeIfPresent(
        session.user(), (user, all) -> all.remove(session) && all.isEmpty() ? null : all);
    shared.directory().remove(session.ref());
    shared.metrics().sessions.decrement();
    events.disconnected(session, reason);
    if (drain != null && sessions.isEmpty()) {
      drain.done.tryComplete();
    }
  }

  private Future<Void> makeRoom(SessionRef ref, List<SessionRef> all) {
    SessionConfig config = shared.session();
    int excess = all.size() - config.maxPerUser();
    if (config.maxPerUser() == 0 || excess <= 0) {
      return Future.succeededFuture();
    }
    if (config.onExcess() == SessionConfig.OnExcess.REPLACE) {
      for (SessionRef oldest : all.subList(0, excess)) {
        ShardMailbox.close(context.owner().eventBus(), oldest, CloseReason.REPLACED);
      }
      return Future.succeededFuture();
    }
    shared.directory().remove(ref);
    return Future.failedFuture(
        new MessageException(
            ErrorCode.RATE_LIMITED,
            ref.user() + " has " + config.maxPerUser() + " sessions already"));
  }

  private Session begin(Session session) {
    sessions.put(session.id(), session);
    byUser.computeIfAbsent(session.user(), user -> new ArrayList<>(1)).add(session);
    shared.metrics().sessions.increment();
    events.connected(session);
    return session;
  }

  private static void deliver(
      List<Session> recipients,
      Recipient recipient,
      Message message,
      Terms terms,
      Settlement settlement) {
    if (recipients == null) {
      settlement.failed(Courier.noSuchRecipient(recipient));
      return;
    }
    var outgoing = new Outgoing(message);
    Settlement first =
        recipients.size() == 1 ? settlement : new FirstOf(settlement, recipients.size());
    // A copy: a session that can not take it may end here.
    for (Session session : List.copyOf(recipients)) {
      if (!terms.acceptedIsEnough()) {
        session.deliver(outgoing, first);
      } else if (session.deliver(outgoing, null)) {
        first.delivered(By.TRANSPORT, null);
      } else if (session.ended()) {
        first.failed(Courier.noSuchRecipient(recipient));
      } else {
        first.failed(new MessageException(ErrorCode.QUEUE_FULL, "the recipient has no room"));
      }
    }
  }

  private void deliverToGroup(String group, Message message, Terms terms, Settlement settlement) {
    var outgoing = new Outgoing(message);
    int full = 0;
    // A copy: a session that can not take it may end here.
    for (Session member : memberships.of(group).toArray(Session[]::new)) {
      boolean meant = !member.id().equals(terms.except());
      if (meant && !member.deliver(outgoing, null) && !member.ended()) {
        full++;
      }
    }
    if (full == 0) {
      settlement.delivered(By.TRANSPORT, null);
    } else {
      settlement.failed(
          new MessageException(
              ErrorCode.QUEUE_FULL, full + " members of the group had no room for it"));
    }
  }

  private void onTimeout() {
    long now = DeadlineTimer.now();
    for (Delivery due; (due = timeouts.poll(now)) != null; ) {
      due.outbox.due(due, now);
    }
    armTimeouts();
  }

  private String timestamp() {
    long now = System.currentTimeMillis();
    if (now != stampedAt) {
      stampedAt = now;
      stamp = Instant.ofEpochMilli(now).toString();
    }
    return stamp;
  }

  private void drainBatch() {
    long now = DeadlineTimer.now();
    boolean patient = now < drain.deadline;
    int asked = 0;
    for (Session session : List.copyOf(sessions.values())) {
      if (!patient) {
        session.link().close(CloseReason.GOING_AWAY);
      } else if (!session.leaving() && asked++ < drain.batch) {
        session.goAway();
      }
    }
    if (sessions.isEmpty()) {
      drain.done.tryComplete();
    } else if (patient) {
      drainTimer.arm(Math.min(now + drain.pause, drain.deadline));
    }
  }
}
