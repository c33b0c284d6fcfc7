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
import io.linkspan.session.wire.SessionState;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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

  private static final class Drain {
    final int batch;
    final long pause;
    final long deadline;
    final Promise<Void> done = Promise.promise();

    /** Until when this shard passes on what still comes; 0 while there are sessions. */
    long lingersUntil;

    Drain(int batch, long pause, long deadline) {
      this.batch = batch;
      this.pause = pause;
      this.deadline = deadline;
    }
  }

  private static final Logger LOG = LoggerFactory.getLogger(Shard.class);

  /** Longer than it takes to find the other nodes again, if they are still there; milliseconds. */
  private static final long MAX_OUTCAST = 60_000;

  /**
   * Longer than the others take to learn where its last session went; milliseconds. What is on its
   * way here until then is passed on.
   */
  private static final long LINGER = 1_000;

  /** What is not known by then is taken to be as it was; milliseconds. */
  private static final long RECLAIM_TIMEOUT = 10_000;

  /** For nodes that have found each other to enter all that they have; milliseconds. */
  private static final long SETTLE_TIME = 5_000;

  private static final String ADDRESS_PREFIX = "linkspan.shard.";

  /**
   * Added to the time a shard needs to give up by itself, so that its answer is the one heard;
   * milliseconds.
   */
  private static final long SETTLE_MARGIN = 5_000;

  private static final Terms ACCEPTED = new Terms(null, null, true);

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

  /** With those that have moved away lately: what comes for them is passed on. */
  private final Map<String, List<Session>> byUser = new HashMap<>();

  /** Sessions without a link and when each is over; all wait equally long, so they are in order. */
  private final Map<Session, Long> away = new LinkedHashMap<>();

  private final Post post;
  private final Relocation relocation;
  private final Replication replication;
  private final DeadlineTimer graceTimer;
  private long assignedEventIds;
  private long stampedAt;
  private String stamp = "";
  private Drain drain;

  /** Until when other nodes may yet enter in the directory what they have. */
  private long unsettledUntil;

  /** How often the directory is being asked what is still this shard's. */
  private int reclaims;

  /** Until when nobody is let in, as the other nodes go on without this one; 0: everybody is. */
  private long outcastUntil;

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
    graceTimer = new DeadlineTimer(vertx, this::onGraceOver);
    long deliveryTime = shared.delivery().ackTimeout().toMillis() * shared.delivery().maxAttempts();
    post = new Post(vertx, this, deliveryTime + graceMs() + SETTLE_MARGIN);
    relocation =
        new Relocation(
            vertx, this, shared.directory(), post, shared.delivery().requestTimeout().toMillis());
    replication =
        new Replication(vertx, this, shared.nodes(), index, shared.session().replicas() > 0);
    shared.nodes().watch(new NodeListener());
    courier = new Courier(vertx, shared.directory(), this, post);
    memberships =
        new Memberships(
            shared.directory(), events, replication, address, shared.session().maxGroups());
    dispatcher = new Dispatcher(vertx, this, shared.routes(), courier, memberships);
  }

  /** Bus address of a shard, given its node and its index on it. */
  public static String addressOf(String node, int index) {
    return addressPrefix(node) + index;
  }

  /** What the bus addresses of a node's shards begin with. */
  static String addressPrefix(String node) {
    return ADDRESS_PREFIX + node + '.';
  }

  /** A shard's index on its node, given its bus address. */
  static int indexOf(String address) {
    return Integer.parseInt(address, address.lastIndexOf('.') + 1, address.length(), 10);
  }

  /** The node that a shard is on, given its bus address. */
  static String nodeOf(String address) {
    return address.substring(ADDRESS_PREFIX.length(), address.lastIndexOf('.'));
  }

  /**
   * Begins the session of a new connection, or takes up the one the client had.
   *
   * @return the session; it does not end before {@link Session#linkClosed} is called, also when the
   *     link is gone by now. Fails with {@code rate-limited} when the user has too many.
   */
  public Future<Session> open(Connection link, Identity identity, Attachment attachment) {
    if (isOutcast()) {
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
    byUser.computeIfAbsent(session.user(), user -> new ArrayList<>(1)).add(session);
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
        stamp(
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
    if (drain != null || isOutcast()) {
      return Future.succeededFuture(false);
    }
    var from = new SessionRef(state.getSession(), state.getUser(), owner);
    var to = new SessionRef(state.getSession(), state.getUser(), address);
    Arrivals.Arrival arrival = relocation.expect(to.user(), to.session());
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
                waitForClient(session);
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
    drain = new Drain(batch, pause.toMillis(), DeadlineTimer.now() + patience.toMillis());
    drainBatch();
    return drain.done.future();
  }

  /** Ends what outlives the sessions. */
  public void stop() {
    timer.cancel();
    drainTimer.cancel();
    graceTimer.cancel();
    relocation.stop();
    replication.stop();
    post.stop();
  }

  public String address() {
    return address;
  }

  Post post() {
    return post;
  }

  Relocation relocation() {
    return relocation;
  }

  Replication replication() {
    return replication;
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
    return other.startsWith(addressPrefix(shared.node()));
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

  /** Delivers to those of the recipient's sessions that are here, or are about to be. */
  void deliver(Recipient recipient, Message message, Terms terms, Settlement settlement) {
    if (relocation.holds(recipient, message, terms, settlement)) {
      return;
    }
    if (terms.only() != null) {
      deliver(only(terms.only()), recipient, message, terms, settlement);
      return;
    }
    switch (recipient.kind()) {
      case USER -> deliver(byUser.get(recipient.name()), recipient, message, terms, settlement);
      case SESSION -> deliver(only(recipient.name()), recipient, message, terms, settlement);
      case GROUP -> deliverToGroup(recipient.name(), message, terms, settlement);
      case SERVICE, CHANNEL, UNADDRESSED -> settlement.failed(Courier.noSuchRecipient(recipient));
    }
  }

  /** The recipient's sessions that are here, and those that have moved away lately. */
  Collection<Session> sessionsOf(Recipient recipient) {
    return switch (recipient.kind()) {
      case USER -> byUser.getOrDefault(recipient.name(), List.of());
      case GROUP -> memberships.of(recipient.name());
      case SESSION -> {
        List<Session> session = only(recipient.name());
        yield session == null ? List.of() : session;
      }
      case SERVICE, CHANNEL, UNADDRESSED -> List.of();
    };
  }

  private List<Session> only(String id) {
    Session session = sessions.get(id);
    if (session == null) {
      session = relocation.moved(id);
    }
    return session == null ? null : List.of(session);
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
    waitForClient(session);
    if (drain != null) {
      handOver(session);
    }
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
    noLongerAway(session);
    if (linked) {
      events.disconnected(session, CloseReason.REPLACED);
    }
    endIfDrained();
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
    waitForClient(session);
  }

  /** The session is elsewhere, and nothing is under way to it here. */
  void forget(Session session) {
    byUser.computeIfPresent(
        session.user(), (user, all) -> all.remove(session) && all.isEmpty() ? null : all);
  }

  private void leave(Session session) {
    sessions.remove(session.id());
    forget(session);
    shared.metrics().sessions.decrement();
    noLongerAway(session);
    endIfDrained();
  }

  private void waitForClient(Session session) {
    long over = DeadlineTimer.now() + graceMs();
    away.put(session, over);
    shared.metrics().away.increment();
    graceTimer.arm(over);
  }

  private void noLongerAway(Session session) {
    if (away.remove(session) != null) {
      shared.metrics().away.decrement();
    }
  }

  private void onGraceOver() {
    long now = DeadlineTimer.now();
    while (!away.isEmpty()) {
      Map.Entry<Session, Long> next = away.entrySet().iterator().next();
      if (next.getValue() > now) {
        graceTimer.arm(next.getValue());
        return;
      }
      next.getKey().expire(null);
    }
  }

  /** This node ends and the session waits for its client: another node is to have it. */
  private void handOver(Session session) {
    handOver(session, replication.heirs().iterator());
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
    relocation
        .handOver(session, heirs.next())
        .onSuccess(
            taken -> {
              if (!taken) {
                handOver(session, heirs);
              }
            });
  }

  /** Sees whether what is here is still this shard's, after it could not be reached. */
  void reclaim() {
    reclaims++;
    Map<SessionRef, Set<String>> owned = new HashMap<>();
    for (Session session : sessions.values()) {
      owned.put(session.ref(), Set.copyOf(session.groups()));
    }
    shared
        .directory()
        .reclaim(owned)
        .onSuccess(others -> others.forEach(ref -> fence(ref.session())))
        .timeout(RECLAIM_TIMEOUT, TimeUnit.MILLISECONDS)
        .onComplete(
            v -> {
              if (--reclaims == 0) {
                List.copyOf(sessions.values()).forEach(Session::goOn);
              }
            });
  }

  /** The other nodes went on without this one: what could be taken over has been. */
  void fenceAll() {
    outcastUntil = DeadlineTimer.now() + MAX_OUTCAST;
    for (Session session : List.copyOf(sessions.values())) {
      if (session.token() != null) {
        session.fence();
      }
    }
  }

  /** Whether the other nodes go on without this one, as far as it knows. */
  private boolean isOutcast() {
    return outcastUntil > 0 && DeadlineTimer.now() < outcastUntil;
  }

  /** Whether the directory knows all that there is: who is in it nowhere may be somewhere. */
  boolean isSettled() {
    return unsettledUntil == 0 || DeadlineTimer.now() >= unsettledUntil;
  }

  /**
   * Whether what clients and others ask may be done at once. Not so after this loop has stood
   * still: others may have taken over what it has, and it is being found out.
   *
   * @param now on the clock of {@link DeadlineTimer#now}
   */
  boolean isCertain(long now) {
    replication.wake(now);
    return reclaims == 0;
  }

  /** Another shard has the session. */
  void fence(String id) {
    Session session = sessions.get(id);
    if (session != null) {
      session.fence();
    }
  }

  /** Nodes have found each other, and may have to enter what they have in one directory. */
  private void together() {
    unsettledUntil = DeadlineTimer.now() + SETTLE_TIME;
    // Also told to a node that lost all others at once, which has found nobody.
    if (shared.nodes().all().size() > 1) {
      outcastUntil = 0;
    }
  }

  /** What changes among the nodes, brought to this loop. */
  private final class NodeListener implements Nodes.Listener {

    @Override
    public void joined(Nodes.Node node) {
      context.runOnContext(
          v -> {
            together();
            replication.follow();
          });
    }

    @Override
    public void left(Nodes.Node node) {
      context.runOnContext(
          v -> {
            replication.follow();
            replication.lost(node.id());
            post.lost(node);
          });
    }

    @Override
    public void merged() {
      context.runOnContext(
          v -> {
            together();
            replication.follow();
            reclaim();
          });
    }
  }

  private void endIfDrained() {
    if (drain == null || !sessions.isEmpty()) {
      return;
    }
    long now = DeadlineTimer.now();
    if (drain.lingersUntil == 0) {
      drain.lingersUntil = relocation.hasMoved() ? now + LINGER : now;
    }
    if (now >= drain.lingersUntil) {
      drain.done.tryComplete();
    } else {
      drainTimer.arm(drain.lingersUntil);
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

  private void deliver(
      List<Session> recipients,
      Recipient recipient,
      Message message,
      Terms terms,
      Settlement settlement) {
    if (recipients == null) {
      settlement.notHere(Courier.notConnected(recipient));
      return;
    }
    var outgoing = new Outgoing(message);
    Settlement first =
        recipients.size() == 1 ? settlement : new FirstOf(settlement, recipients.size());
    // A copy: a session that can not take it may end here.
    for (Session session : List.copyOf(recipients)) {
      if (session.moved()) {
        relocation.forward(session, message, terms, first);
      } else if (!terms.acceptedIsEnough()) {
        session.deliver(outgoing, first);
      } else if (session.deliver(outgoing, null)) {
        replication.whenCopied(() -> first.delivered(By.TRANSPORT, null));
      } else {
        MessageException refusal = session.ended() ? null : session.refusalOf(message);
        first.failed(refusal == null ? Courier.noSuchRecipient(recipient) : refusal);
      }
    }
  }

  private void deliverToGroup(String group, Message message, Terms terms, Settlement settlement) {
    var outgoing = new Outgoing(message);
    List<Session> moved = List.of();
    int without = 0;
    MessageException refusal = null;
    // A copy: a session that can not take it may end here.
    for (Session member : memberships.of(group).toArray(Session[]::new)) {
      if (member.id().equals(terms.except())) {
        continue;
      }
      if (member.moved()) {
        moved = new ArrayList<>(moved);
        moved.add(member);
      } else if (!member.deliver(outgoing, null) && !member.ended()) {
        without++;
        refusal = member.refusalOf(message);
      }
    }
    Settlement whole = moved.isEmpty() ? settlement : new AllOf(settlement, 1 + moved.size());
    for (Session member : moved) {
      relocation.forward(member, message, ACCEPTED, whole);
    }
    if (without == 0) {
      replication.whenCopied(() -> whole.delivered(By.TRANSPORT, null));
    } else {
      whole.failed(
          new MessageException(
              refusal == null ? ErrorCode.NO_SUCH_RECIPIENT : refusal.code(),
              without + " members of the group could not be sent it"));
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
      if (session.link() == null) {
        handOver(session);
      } else if (!patient) {
        session.close(CloseReason.GOING_AWAY);
      } else if (!session.leaving() && asked++ < drain.batch) {
        session.goAway();
      }
    }
    endIfDrained();
    if (!sessions.isEmpty() && patient) {
      drainTimer.arm(Math.min(now + drain.pause, drain.deadline));
    }
  }
}
