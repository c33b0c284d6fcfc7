package io.linkspan.session;

import io.linkspan.admission.Identity;
import io.linkspan.admission.LimitsConfig;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.connection.CloseReason;
import io.linkspan.connection.Connection;
import io.linkspan.connection.Outgoing;
import io.linkspan.directory.Nodes;
import io.linkspan.directory.SessionDirectory;
import io.linkspan.directory.SessionRef;
import io.linkspan.directory.ShardAddress;
import io.linkspan.routing.RoutingTable;
import io.linkspan.time.DeadlineTimer;
import io.linkspan.wire.SessionState;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.Collection;
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
      Nodes nodes,
      DuplicateFilter duplicates,
      SessionMetrics metrics) {}

  /**
   * Added to the time a shard needs to give up by itself, so that its answer is the one heard;
   * milliseconds.
   */
  private static final long SETTLE_MARGIN = 5_000;

  private final Shared shared;
  private final String address;
  private final Context context;
  private final RecipientRouter courier;
  private final Dispatcher dispatcher;
  private final Groups memberships;
  private final SessionEvents events;
  private final AckTimeouts timeouts;
  private final DeadlineTimer timer;
  private final Map<String, Session> sessions = new LinkedHashMap<>();

  private final ShardSender post;
  private final SessionTransfer relocation;
  private final Replicator replication;
  private final LocalDelivery local;
  private final AwaySessions away;
  private final PartitionGuard standing;
  private final MessageDefaults stamp;
  private final Drain drain;

  /** To be made on the event loop that it will live on. */
  public Shard(Vertx vertx, int index, Shared shared) {
    this.shared = shared;
    address = ShardAddress.of(shared.node(), index);
    stamp = new MessageDefaults(shared.node() + '-' + index + '-');
    context = vertx.getOrCreateContext();
    events = new SessionEvents(vertx.eventBus(), shared.node());
    timeouts = new AckTimeouts(shared.delivery().ackTimeout().toMillis());
    timer = new DeadlineTimer(vertx, this::onTimeout);
    local = new LocalDelivery(this);
    away = new AwaySessions(vertx, graceMs(), shared.metrics());
    standing = new PartitionGuard(this, shared.directory(), context);
    drain = new Drain(vertx, this);
    long deliveryTime = shared.delivery().ackTimeout().toMillis() * shared.delivery().maxAttempts();
    post = new ShardSender(vertx, this, deliveryTime + graceMs() + SETTLE_MARGIN);
    relocation =
        new SessionTransfer(
            vertx, this, shared.directory(), post, shared.delivery().requestTimeout().toMillis());
    replication =
        new Replicator(vertx, this, shared.nodes(), index, shared.session().replicas() > 0);
    shared.nodes().watch(standing);
    courier = new RecipientRouter(vertx, shared.directory(), this, post);
    memberships =
        new Groups(shared.directory(), events, replication, address, shared.session().maxGroups());
    dispatcher = new Dispatcher(vertx, this, shared.routes(), courier, memberships);
  }

  /**
   * Begins the session of a new connection, or takes up the one the client had.
   *
   * @return the session; it does not end before {@link Session#linkClosed} is called, also when the
   *     link is gone by now. Fails with {@code rate-limited} when the user has too many.
   */
  public Future<Session> open(Connection link, Identity identity, Attachment attachment) {
    if (standing.isOutcast()) {
      return Future.failedFuture(
          new MessageException(ErrorCode.UNAVAILABLE, "this node is cut off from the others"));
    }
    Token token = attachment.resumable() ? Token.parse(attachment.token()) : null;
    if (token == null) {
      return openNew(link, identity, attachment);
    }
    return relocation
        .take(token, identity.anonymous() ? "" : identity.user())
        .compose(
            before ->
                before == null
                    ? openNew(link, identity, attachment)
                    : Future.succeededFuture(resume(before, link, attachment)));
  }

  private Future<Session> openNew(Connection link, Identity identity, Attachment attachment) {
    var ref = new SessionRef(Token.newSession(), identity.user(), address);
    return shared
        .directory()
        .add(ref)
        .compose(all -> makeRoom(ref, all))
        .map(
            v -> {
              var session = new Session(this, ref, link, identity, attachment);
              enter(session);
              events.connected(session);
              announce(session, attachment);
              return session;
            });
  }

  private Session resume(SessionState before, Connection link, Attachment attachment) {
    Session session = admit(before, link, attachment);
    shared.metrics().resumed.increment();
    events.resumed(session);
    announce(session, attachment);
    session.attach(attachment);
    return session;
  }

  /** A session that was elsewhere is here. */
  private Session admit(SessionState before, Connection link, Attachment attachment) {
    var ref = new SessionRef(before.getSession(), before.getUser(), address);
    relocation.arrived(ref.session());
    var session = new Session(this, ref, link, before, attachment);
    enter(session);
    memberships.readmit(session);
    return session;
  }

  private void enter(Session session) {
    sessions.put(session.id(), session);
    local.add(session);
    shared.metrics().sessions.increment();
    session.entered();
  }

  /** The first thing a client hears that asked for a session. */
  private void announce(Session session, Attachment attachment) {
    if (!attachment.announce()) {
      return;
    }
    JsonObject body =
        new JsonObject()
            .put("session", session.token())
            .put("recovered", session.recovered())
            .put("expiresAfterMs", graceMs());
    Message told =
        stamp
            .on(
                Message.newBuilder()
                    .setType(Session.ANNOUNCEMENT)
                    .setContentType("application/json")
                    .setBody(body.encode()))
            .build();
    session.link().deliver(new Outgoing(told));
  }

  /**
   * Takes a session whose client is away.
   *
   * @param owner bus address of the shard that has it
   * @return false when it is somebody else's
   */
  Future<Boolean> adopt(SessionState state, String owner) {
    if (drain.hasStarted() || standing.isOutcast()) {
      return Future.succeededFuture(false);
    }
    var from = new SessionRef(state.getSession(), state.getUser(), owner);
    var to = new SessionRef(state.getSession(), state.getUser(), address);
    IncomingTransfers.Arrival arrival = relocation.expect(to.user(), to.session());
    return shared
        .directory()
        .move(from, to)
        .onSuccess(
            moved -> {
              if (moved) {
                Session session = admit(state, null, Attachment.of(true, ""));
                if (!state.getAway()) {
                  events.disconnected(session, CloseReason.CONNECTION_LOST);
                }
                away.add(session);
              }
            })
        .onComplete(v -> relocation.settle(arrival));
  }

  /** The owner of a session does not answer: if there is a copy, its holder is to have it. */
  void recall(String session, String owner) {
    replication.askFor(session, owner);
  }

  /**
   * Closes all connections as going-away, in batches; a client that waits for an acknowledgement,
   * or is waited for, has until {@code patience} has passed.
   *
   * @return done when no session is left
   */
  public Future<Void> drain(int batch, Duration pause, Duration patience) {
    return drain.start(batch, pause, patience);
  }

  /** Ends what outlives the sessions. */
  public void stop() {
    timer.cancel();
    drain.stop();
    away.stop();
    relocation.stop();
    replication.stop();
    post.stop();
  }

  public String address() {
    return address;
  }

  ShardSender post() {
    return post;
  }

  SessionTransfer relocation() {
    return relocation;
  }

  Replicator replication() {
    return replication;
  }

  RecipientRouter courier() {
    return courier;
  }

  Dispatcher dispatcher() {
    return dispatcher;
  }

  Groups memberships() {
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

  Nodes nodes() {
    return shared.nodes();
  }

  SessionMetrics metrics() {
    return shared.metrics();
  }

  String node() {
    return shared.node();
  }

  /** Whether another shard is on this node, where what a user has sent lately is known as well. */
  boolean sharesNodeWith(String other) {
    return ShardAddress.isOn(shared.node(), other);
  }

  /** How long a session waits for its client. */
  long graceMs() {
    return shared.session().grace().toMillis();
  }

  /** Null when it is not here. */
  Session session(String id) {
    return sessions.get(id);
  }

  Collection<Session> sessions() {
    return sessions.values();
  }

  Outbox newOutbox(Connection link, Outbox.Mode mode, boolean keeps, Outbox.Listener listener) {
    return new Outbox(
        shared.session(),
        shared.delivery().maxAttempts(),
        timeouts,
        link,
        mode,
        keeps,
        listener,
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

  /** What Messages without eventId and createAt get. */
  MessageDefaults stamp() {
    return stamp;
  }

  PartitionGuard standing() {
    return standing;
  }

  /** Delivers to sessions that are here. */
  LocalDelivery local() {
    return local;
  }

  /** To be called after a delivery was sent: its time-out may be the first one. */
  void armTimeouts() {
    timer.arm(timeouts.nextDeadline());
  }

  void left(Session session, String group) {
    memberships.remove(session, group);
  }

  /** The session has ended with its link. */
  void closed(Session session, CloseReason reason) {
    shared.directory().remove(session.ref());
    replication.dropped(session);
    leave(session);
    events.disconnected(session, reason);
  }

  /** The session has lost its link and waits for its client. */
  void away(Session session, CloseReason reason) {
    replication.away(session);
    events.disconnected(session, reason);
    away.add(session);
    drain.away(session);
  }

  /** The session has ended without its client. */
  void expired(Session session, CloseReason reason) {
    shared.directory().remove(session.ref());
    shared.metrics().expired.increment();
    replication.dropped(session);
    leave(session);
    events.expired(session, reason);
  }

  /** The session is another shard's. */
  void departed(Session session, boolean linked) {
    shared.directory().departs(session.ref());
    sessions.remove(session.id());
    shared.metrics().sessions.decrement();
    away.remove(session);
    if (linked) {
      events.disconnected(session, CloseReason.REPLACED);
    }
    drain.gone();
  }

  /** The session was another shard's for a while, as it turns out. */
  void fenced(Session session) {
    // Cut off, this node may have a directory of its own that still names it the owner.
    shared.directory().remove(session.ref());
    replication.dropped(session);
    leave(session);
  }

  /** The session did not go after all. */
  void stays(Session session) {
    sessions.put(session.id(), session);
    shared.metrics().sessions.increment();
    replication.put(session);
    away.add(session);
  }

  private void leave(Session session) {
    sessions.remove(session.id());
    local.remove(session);
    shared.metrics().sessions.decrement();
    away.remove(session);
    drain.gone();
  }

  /** Another shard has the session. */
  void fence(String id) {
    Session session = sessions.get(id);
    if (session != null) {
      session.fence();
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

  private void onTimeout() {
    long now = DeadlineTimer.now();
    for (PendingDelivery due; (due = timeouts.poll(now)) != null; ) {
      due.outbox.due(due, now);
    }
    armTimeouts();
  }
}
