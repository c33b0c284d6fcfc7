package io.linkspan.session;

import io.linkspan.admission.Identity;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.api.Revocation;
import io.linkspan.connection.CloseReason;
import io.linkspan.connection.Connection;
import io.linkspan.delivery.DeliveryCallback;
import io.linkspan.delivery.DeliveryScope;
import io.linkspan.delivery.RemoteCallback;
import io.linkspan.delivery.ShardSender;
import io.linkspan.directory.SessionDirectory;
import io.linkspan.directory.SessionRef;
import io.linkspan.directory.ShardAddress;
import io.linkspan.session.replica.PartitionGuard;
import io.linkspan.session.replica.Replicator;
import io.linkspan.session.replica.StallDetector;
import io.linkspan.session.transfer.Drain;
import io.linkspan.session.transfer.IncomingTransfers;
import io.linkspan.session.transfer.SessionTransfer;
import io.linkspan.session.transfer.TransferableSession;
import io.linkspan.trace.Tracer;
import io.linkspan.wire.SessionState;
import io.vertx.core.Future;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;

/**
 * Begins, resumes, adopts and ends the sessions of one shard. Used only on the shard's event loop.
 */
final class SessionLifecycle
    implements SessionOwner<Session>,
        SessionTransfer.Host,
        Replicator.Host,
        PartitionGuard.Host,
        Drain.Host {

  /** The shard's collaborators of the lifecycle, complete before the first session begins. */
  record Collaborators(
      SessionFactory factory,
      SessionTable table,
      Groups<Session> groups,
      SessionTransfer transfer,
      IncomingTransfers incoming,
      Replicator replicator,
      PartitionGuard guard,
      StallDetector stalls,
      ShardSender sender,
      LocalDelivery local,
      AwaySessions away,
      DuplicateSync duplicates,
      Drain drain,
      ReconnectRequests reconnects,
      SessionGreeting greeting,
      Renewals renewals,
      Tracer tracer,
      RevokedSessions revoked) {}

  private final NodeServices shared;
  private final String address;
  private final SessionDirectory directory;
  private final SessionEvents events;
  private final UserRoom room;
  private Collaborators with;

  /**
   * Creates the lifecycle of one shard; {@link #start} completes it.
   *
   * @param address of the shard
   * @param remoteClose asks the shard of a session to close it
   */
  SessionLifecycle(
      NodeServices shared,
      String address,
      SessionEvents events,
      BiConsumer<SessionRef, CloseReason> remoteClose) {
    this.shared = shared;
    this.address = address;
    this.directory = shared.directory();
    this.events = events;
    room = new UserRoom(shared, remoteClose);
  }

  /** Sets the collaborators, which have the lifecycle as their host. */
  void start(Collaborators collaborators) {
    with = collaborators;
  }

  // ------------------------------------------------------------------------ beginning

  /** Begins the session of a new connection, or resumes the one that the client had. */
  Future<Session> open(Connection link, Identity identity, Attachment attachment) {
    Token token = attachment.resumable() ? Token.parse(attachment.token()) : null;
    if (token == null || !admitsClients()) {
      return begin(link, identity, attachment);
    }
    return with.transfer()
        .claim(token.session(), token.secret(), identity.anonymous() ? "" : identity.user())
        .compose(
            before ->
                before == null
                    ? begin(link, identity, attachment)
                    : resume(before, link, identity, attachment));
  }

  private boolean admitsClients() {
    with.stalls().check();
    return with.guard().admitsClients();
  }

  private Future<Session> begin(Connection link, Identity identity, Attachment attachment) {
    if (!admitsClients()) {
      return Future.failedFuture(
          new MessageException(ErrorCode.UNAVAILABLE, "this node is partitioned from the others"));
    }
    var ref = new SessionRef(directory.newId(identity.user()), identity.user(), address);
    return directory
        .add(ref)
        .compose(
            known ->
                room.make(ref, known.sessions(), identity)
                    // A user's eventIds are known here before the user can send any.
                    .compose(v -> with.duplicates().gather(ref.user(), known)))
        .compose(
            begun -> {
              Revocation refusing = with.revoked().find(identity, link.remote());
              if (refusing != null) {
                begun.run();
                directory.remove(ref);
                return with.revoked().refused(refusing);
              }
              Session session = with.factory().begin(this, ref, link, identity, attachment);
              begun.run();
              with.greeting().identify(session, identity, attachment);
              enter(session);
              with.tracer().begun(session);
              events.connected(session);
              with.greeting().announce(session, attachment);
              return with.greeting().join(session, identity);
            });
  }

  private Future<Session> resume(
      SessionState before, Connection link, Identity identity, Attachment attachment) {
    Revocation refusing = with.revoked().find(identity, link.remote());
    if (refusing != null) {
      restore(before, null, attachment).expire(RevokedSessions.reasonOf(refusing));
      return with.revoked().refused(refusing);
    }
    Session session = restore(before, link, attachment);
    with.tracer().resumed(session);
    with.greeting().identify(session, identity, attachment);
    shared.metrics().transferred(TransferStep.ARRIVED);
    shared.metrics().resumed.increment();
    events.resumed(session);
    with.greeting().announce(session, attachment);
    session.attach(attachment.mode());
    return Future.succeededFuture(session);
  }

  /** Makes the session of a state that was on another shard. */
  private Session restore(SessionState before, Connection link, Attachment attachment) {
    var ref = new SessionRef(before.getSession(), before.getUser(), address);
    Session session = with.factory().restore(this, ref, link, before, attachment);
    with.groups().addTransferred(session);
    // Its former self here leaves the groups only now, so that they do not lose their last member.
    with.transfer().arrived(ref.session());
    enter(session);
    if (!before.getAnonymous()) {
      with.duplicates().follow(ref.user());
    }
    return session;
  }

  private void enter(Session session) {
    with.table().add(session);
    shared.metrics().sessions.increment();
    session.replica().put(session::describe);
  }

  // ------------------------------------------------------------------ for the sessions

  @Override
  public void entered() {
    with.stalls().check();
  }

  @Override
  public boolean renews() {
    return with.renewals().areUsed();
  }

  @Override
  public void renew(Session session, Message auth, Receipt receipt) {
    with.renewals().renew(session, auth, receipt);
  }

  @Override
  public void detached(Session session, CloseReason reason) {
    with.greeting().detached(session);
    session.replica().away();
    events.disconnected(session, reason);
    with.away().add(session);
    with.drain().detached(session);
  }

  @Override
  public void closed(Session session, CloseReason reason) {
    end(session);
    events.disconnected(session, reason);
  }

  @Override
  public void expired(Session session, CloseReason reason) {
    shared.metrics().expired.increment();
    end(session);
    events.expired(session, reason);
  }

  private void end(Session session) {
    with.groups().leaveAll(session);
    session.replica().drop();
    remove(session);
  }

  @Override
  public void fenced(Session session) {
    with.local().fenced(session);
    with.groups().removeTransferred(session);
    // While partitioned, this node may have a directory of its own that still names it the owner.
    remove(session);
  }

  private void remove(Session session) {
    with.table().remove(session);
    shared.metrics().sessions.decrement();
    with.away().remove(session);
    with.reconnects().removed(session);
    with.greeting().left(session);
    directory.remove(session.ref(), with.factory().release(session));
    with.drain().removed(session);
  }

  @Override
  public void departed(Session session, boolean wasLinked) {
    shared.metrics().transferred(TransferStep.DEPARTED);
    directory.departs(session.ref());
    with.table().move(session);
    with.greeting().left(session);
    shared.metrics().sessions.decrement();
    with.away().remove(session);
    with.reconnects().departed(session);
    if (wasLinked) {
      events.disconnected(session, CloseReason.REPLACED);
    }
    with.drain().removed(session);
  }

  @Override
  public void forward(Session session, Message message, DeliveryCallback callback) {
    with.sender()
        .send(session.movedTo(), message, DeliveryScope.ACKNOWLEDGED.only(session.id()), callback);
  }

  @Override
  public RemoteCallback export(DeliveryCallback callback) {
    return with.sender().export(callback);
  }

  @Override
  public boolean isOnThisNode(String shard) {
    return ShardAddress.isOn(shared.node(), shard);
  }

  // ------------------------------------------------------------------- for transfers

  @Override
  public Session find(String session) {
    return with.table().find(session);
  }

  @Override
  public Session findMoved(String session) {
    return with.table().findMoved(session);
  }

  @Override
  public void stay(TransferableSession transferred, SessionState state) {
    Session session = with.table().findMoved(transferred.id());
    with.factory().restore(session, state);
    shared.metrics().transferred(TransferStep.RETURNED);
    with.table().moveBack(session);
    shared.metrics().sessions.increment();
    session.replica().put(session::describe);
    with.groups().addTransferred(session);
    with.away().add(session);
  }

  @Override
  public void forgotten(TransferableSession transferred) {
    Session session = with.table().findMoved(transferred.id());
    with.groups().removeTransferred(session);
    with.table().forget(session);
    long keep = with.factory().release(session);
    if (keep > 0) {
      directory.park(session.user(), address, keep);
    }
  }

  @Override
  public void requestRecall(String session, String owner) {
    with.replicator().requestRecall(session, owner);
  }

  // -------------------------------------------------------------------- for replicas

  @Override
  public Iterable<SessionState> resumableSessions() {
    return with.table().owned().stream()
        .filter(Session::isResumable)
        .map(Session::describe)
        .toList();
  }

  @Override
  public Future<Boolean> adopt(SessionState state, String owner) {
    if (with.drain().hasStarted() || !with.guard().admitsClients()) {
      return Future.succeededFuture(false);
    }
    var from = new SessionRef(state.getSession(), state.getUser(), owner);
    var to = new SessionRef(state.getSession(), state.getUser(), address);
    with.transfer().arriving(state.getSession());
    IncomingTransfers.Arrival arrival = with.incoming().expect(to.user(), to.session());
    Future<Session> adopted =
        directory
            .move(from, to)
            .compose(
                moved ->
                    moved
                        ? Future.succeededFuture(true)
                        : enterSwept(to, Set.copyOf(state.getGroupsList())))
            .map(moved -> moved ? adopted(state) : null)
            .onComplete(v -> with.incoming().end(arrival));
    return adopted.compose(
        session ->
            session == null
                ? Future.succeededFuture(false)
                : with.groups().reachable(session).transform(v -> Future.succeededFuture(true)));
  }

  private Session adopted(SessionState state) {
    Session session = with.greeting().adopted(restore(state, null, Attachment.of(true, "")));
    shared.metrics().transferred(TransferStep.ADOPTED);
    with.tracer().adopted(session);
    if (!state.getAway()) {
      events.disconnected(session, CloseReason.CONNECTION_LOST);
    }
    with.away().add(session);
    with.revoked().check(session);
    return session;
  }

  /** Enters a session whose entry was removed with its lost owner before it was adopted. */
  private Future<Boolean> enterSwept(SessionRef session, Set<String> groups) {
    return directory
        .find(session.session())
        .compose(
            found ->
                found == null
                    ? directory.reclaim(Map.of(session, groups)).map(List::isEmpty)
                    : Future.succeededFuture(false));
  }

  @Override
  public Future<Boolean> membership() {
    return with.guard().membership();
  }

  // ------------------------------------------------------- after pauses and partitions

  @Override
  public Map<SessionRef, Set<String>> ownedSession(String id) {
    return with.table().ownerOf(id);
  }

  @Override
  public Map<SessionRef, Set<String>> ownedSessions() {
    return with.table().owners();
  }

  @Override
  public void fence(String id) {
    Session session = with.table().find(id);
    if (session != null) {
      session.fence();
    }
  }

  @Override
  public void outcast() {
    with.local().returnHeld();
    for (Session session : List.copyOf(with.table().owned())) {
      if (session.isResumable() && session.client().link() != null) {
        session.close(CloseReason.GOING_AWAY);
      }
    }
  }

  @Override
  public void ownershipConfirmed() {
    with.local().releaseHeld();
    List.copyOf(with.table().owned()).forEach(Session::resumeInbox);
  }

  // --------------------------------------------------------------------- for a drain

  @Override
  public Collection<Session> sessions() {
    return with.table().owned();
  }

  @Override
  public List<String> heirs() {
    return with.replicator().heirs();
  }

  @Override
  public Future<Boolean> handOver(Drain.DrainableSession session, String taker) {
    return with.transfer().handOver(session, taker);
  }

  @Override
  public boolean hasMoved() {
    return with.table().hasMoved();
  }

  @Override
  public boolean awaitsConfirmation() {
    return with.transfer().awaitsConfirmation();
  }
}
