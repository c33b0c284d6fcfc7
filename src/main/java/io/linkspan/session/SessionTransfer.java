package io.linkspan.session;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.bus.BusCodecs;
import io.linkspan.directory.SessionDirectory;
import io.linkspan.directory.SessionRef;
import io.linkspan.routing.Recipient;
import io.linkspan.session.takeover.OutgoingTransfers;
import io.linkspan.session.takeover.OutgoingTransfers.Departure;
import io.linkspan.session.takeover.TransferClaim;
import io.linkspan.session.takeover.TransferClaim.Confirmation;
import io.linkspan.session.takeover.TransferClaim.Step;
import io.linkspan.session.takeover.TransferClaim.Verdict;
import io.linkspan.time.DeadlineTimer;
import io.linkspan.wire.Adopt;
import io.linkspan.wire.Claim;
import io.linkspan.wire.ClaimAnswer;
import io.linkspan.wire.Confirm;
import io.linkspan.wire.ConfirmAnswer;
import io.linkspan.wire.Ended;
import io.linkspan.wire.Flush;
import io.linkspan.wire.Pending;
import io.linkspan.wire.Seen;
import io.linkspan.wire.SessionState;
import io.linkspan.wire.ShardCall;
import io.linkspan.wire.ShardReply;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Sessions that come to a shard from others, and those that go: the shell of {@link TransferClaim}
 * and {@link OutgoingTransfers}. Used only on the shard's event loop.
 */
final class SessionTransfer {

  /** From the client's return to the answer, whatever the former owner does; milliseconds. */
  static final long TAKE_OVER_TIME = 4_000;

  /** For a taker to say that it has the session. Longer than it tries, for it is slow by then. */
  private static final long CONFIRM_TIME = 2 * TAKE_OVER_TIME;

  /** How long a former owner passes on what still comes. */
  private static final long FORWARD_TIME = 10_000;

  /** No session is followed further: so many moves within {@link #FORWARD_TIME} make a loop. */
  private static final int MAX_HOPS = 16;

  private static final long ADOPT_TIMEOUT = 2_000;

  private final Vertx vertx;
  private final EventBus bus;
  private final Shard shard;
  private final SessionDirectory directory;
  private final long openTime;
  private final OutgoingTransfers<SessionState> departures =
      new OutgoingTransfers<>(CONFIRM_TIME, FORWARD_TIME);
  private final Map<String, Session> moved = new HashMap<>();
  private final ShardSender post;
  private final DeadlineTimer timer;

  private final IncomingTransfers arrivals = new IncomingTransfers();

  /**
   * @param openTime milliseconds for an inbound Message to end
   */
  SessionTransfer(
      Vertx vertx, Shard shard, SessionDirectory directory, ShardSender post, long openTime) {
    this.vertx = vertx;
    this.bus = vertx.eventBus();
    this.shard = shard;
    this.directory = directory;
    this.post = post;
    this.openTime = openTime;
    timer = new DeadlineTimer(vertx, this::onTimer);
    BusCodecs.register(vertx, ShardCall.class, "c", ShardCall.parser());
    BusCodecs.register(vertx, ShardReply.class, "r", ShardReply.parser());
  }

  void stop() {
    timer.cancel();
  }

  // ------------------------------------------------------------------ sessions that come

  /**
   * Gets a session here, from wherever it is.
   *
   * @param user empty for an anonymous client
   * @return null when it can not be had
   */
  Future<SessionState> take(Token token, String user) {
    Attempt attempt = new Attempt(token, user);
    attempt.perform(attempt.core.start());
    return attempt.done.future();
  }

  /** The session is here: its object may be reached from now on. */
  void arrived(String session) {
    departures.remove(session);
    Session former = moved.remove(session);
    if (former != null) {
      former.forget();
      shard.local().remove(former);
    }
  }

  /** One attempt to have a session. */
  private final class Attempt {
    final TransferClaim<SessionState> core =
        new TransferClaim<>(DeadlineTimer.now() + TAKE_OVER_TIME);
    final Promise<SessionState> done = Promise.promise();
    final String claim = UUID.randomUUID().toString();
    final Token token;
    final String user;
    IncomingTransfers.Arrival arrival;
    SessionRef found;

    Attempt(Token token, String user) {
      this.token = token;
      this.user = user;
    }

    void perform(Step step) {
      if (step instanceof TransferClaim.Find) {
        directory
            .find(token.session())
            .onComplete(
                this::found, failure -> perform(core.claimed(Verdict.ELSEWHERE, null, now())));
      } else if (step instanceof TransferClaim.Claim next) {
        claim(next);
      } else if (step instanceof TransferClaim.Recall next) {
        shard.recall(token.session(), next.owner());
        perform(core.recalled(now()));
      } else if (step instanceof TransferClaim.Enter next) {
        enter(next);
      } else if (step instanceof TransferClaim.Confirm next) {
        confirm(next);
      } else if (step instanceof TransferClaim.Pause next) {
        vertx.setTimer(next.millis(), id -> perform(core.paused(now())));
      } else if (step instanceof TransferClaim.Won<?> won) {
        end((SessionState) won.state());
      } else {
        end(null);
      }
    }

    private void found(SessionRef ref) {
      found = ref;
      if (ref == null && !shard.standing().isSettled()) {
        // Whoever has it may not have entered it yet.
        perform(core.claimed(Verdict.ELSEWHERE, null, now()));
        return;
      }
      perform(core.found(ref == null ? null : ref.shard(), now()));
    }

    private void claim(TransferClaim.Claim step) {
      Claim.Builder request =
          Claim.newBuilder()
              .setSession(token.session())
              .setSecret(token.secret())
              .setUser(user)
              .setClaim(claim)
              .setTaker(shard.address());
      call(step.owner(), ShardCall.newBuilder().setClaim(request), step.timeout())
          .onComplete(
              reply -> {
                ClaimAnswer answer = reply.getClaim();
                perform(
                    switch (answer.getVerdict()) {
                      case GRANTED -> core.claimed(Verdict.GRANTED, answer.getState(), now());
                      case DENIED -> core.claimed(Verdict.DENIED, null, now());
                      case ELSEWHERE, UNRECOGNIZED -> core.claimed(Verdict.ELSEWHERE, null, now());
                    });
              },
              failure -> perform(core.claimed(Verdict.NO_ANSWER, null, now())));
    }

    private void enter(TransferClaim.Enter step) {
      SessionRef here = new SessionRef(found.session(), found.user(), shard.address());
      if (step.back()) {
        directory.move(here, found).onComplete(v -> perform(core.returned(now())));
        return;
      }
      // From the moment that others may find it here.
      if (arrival == null) {
        arrival = arrivals.expect(found.user(), found.session());
      }
      directory
          .move(found, here)
          .onComplete(
              exchanged -> perform(core.entered(exchanged, now())),
              failure -> perform(core.entered(false, now())));
    }

    private void confirm(TransferClaim.Confirm step) {
      Confirm.Builder request = Confirm.newBuilder().setSession(token.session()).setClaim(claim);
      call(step.owner(), ShardCall.newBuilder().setConfirm(request), step.timeout())
          .onComplete(
              reply ->
                  perform(
                      core.confirmed(
                          reply.getConfirm().getStands()
                              ? Confirmation.STANDS
                              : Confirmation.WITHDRAWN,
                          now())),
              failure -> perform(core.confirmed(Confirmation.NO_ANSWER, now())));
    }

    private void end(SessionState state) {
      // Whoever listens makes the session of it at once, and then it can be given what waited.
      done.complete(state);
      if (arrival != null) {
        arrivals.end(arrival);
      }
    }
  }

  /** A session will be here that others may find here already: what comes for it waits. */
  IncomingTransfers.Arrival expect(String user, String session) {
    return arrivals.expect(user, session);
  }

  /** It is here, or does not come. */
  void settle(IncomingTransfers.Arrival arrival) {
    arrivals.end(arrival);
  }

  /**
   * Keeps a Message back when it may be for a session that is on its way here.
   *
   * @return whether it is delivered later
   */
  boolean holds(
      Recipient recipient, Message message, DeliveryScope terms, DeliveryCallback settlement) {
    IncomingTransfers.Arrival arrival = arrivals.of(recipient, terms);
    if (arrival == null) {
      return false;
    }
    if (!arrival.hold(() -> shard.local().deliver(recipient, message, terms, settlement))
        && settlement != null) {
      settlement.failed(
          new MessageException(ErrorCode.QUEUE_FULL, "the recipient's session is being moved"));
    }
    return true;
  }

  // -------------------------------------------------------------------- sessions that go

  /** What other shards ask. */
  void answer(io.vertx.core.eventbus.Message<?> request, ShardCall call) {
    switch (call.getCallCase()) {
      case CLAIM ->
          request.reply(ShardReply.newBuilder().setClaim(claimed(call.getClaim())).build());
      case CONFIRM -> {
        Confirm confirm = call.getConfirm();
        boolean stands = departures.confirm(confirm.getSession(), confirm.getClaim(), now());
        timer.arm(departures.nextDeadline());
        // What the client sent here must not be overtaken by what it sends from there.
        Session former = stands ? moved.get(confirm.getSession()) : null;
        Future<Void> passedOn = former == null ? Future.succeededFuture() : former.flush();
        passedOn.onComplete(v -> reply(request, stands));
      }
      case SETTLE -> post.settle(call.getSettle());
      case FLUSH -> {
        Flush flush = call.getFlush();
        passedOn(Recipient.of(flush.getTo()), flush.getHops())
            .onComplete(v -> reply(request, v.succeeded()));
      }
      case ADOPT -> adopt(call.getAdopt()).onComplete(adopted -> reply(request, adopted.result()));
      case ENDED -> ended(call.getEnded());
      case COPY -> {
        shard.replication().apply(call.getCopy());
        reply(request, true);
      }
      case RECALL -> shard.replication().recall(call.getRecall());
      case FENCE -> shard.fence(call.getFence());
      case CALL_NOT_SET -> {
        // From a node of another version: nothing here knows of it.
      }
    }
  }

  private static void reply(io.vertx.core.eventbus.Message<?> request, boolean stands) {
    request.reply(
        ShardReply.newBuilder().setConfirm(ConfirmAnswer.newBuilder().setStands(stands)).build());
  }

  private ClaimAnswer claimed(Claim claim) {
    Session session = shard.session(claim.getSession());
    if (session == null) {
      SessionState again = departures.granted(claim.getSession(), claim.getClaim());
      return again == null ? ClaimAnswer.getDefaultInstance() : granted(again);
    }
    if (!session.admits(claim.getUser(), claim.getSecret())) {
      return ClaimAnswer.newBuilder().setVerdict(ClaimAnswer.Verdict.DENIED).build();
    }
    return granted(depart(session, claim.getClaim(), claim.getTaker()));
  }

  private static ClaimAnswer granted(SessionState state) {
    return ClaimAnswer.newBuilder().setVerdict(ClaimAnswer.Verdict.GRANTED).setState(state).build();
  }

  private SessionState depart(Session session, String claim, String taker) {
    SessionState state = session.depart(taker);
    moved.put(session.id(), session);
    departures.add(session.id(), claim, taker, state, now());
    timer.arm(departures.nextDeadline());
    return state;
  }

  /**
   * Gives a session whose client is away to another shard.
   *
   * @return whether it is there
   */
  Future<Boolean> handOver(Session session, String taker) {
    String claim = UUID.randomUUID().toString();
    SessionState state = depart(session, claim, taker);
    Adopt.Builder adopt = Adopt.newBuilder().setState(state).setOwner(shard.address());
    return call(taker, ShardCall.newBuilder().setAdopt(adopt), ADOPT_TIMEOUT)
        .map(
            reply -> {
              boolean adopted = reply.getConfirm().getStands();
              if (adopted) {
                departures.confirm(session.id(), claim, now());
              } else {
                stay(session.id());
              }
              return adopted;
            })
        // The directory will tell, when the time to confirm is over.
        .otherwise(false);
  }

  private Future<Boolean> adopt(Adopt adopt) {
    SessionState state = adopt.getState();
    return shard.adopt(state, adopt.getOwner()).otherwise(false);
  }

  /** Whether sessions have moved away lately. */
  boolean hasMoved() {
    return !moved.isEmpty();
  }

  /** A session that moved away: what comes for it goes after it. */
  Session moved(String id) {
    return moved.get(id);
  }

  /**
   * Sends a Message after a session.
   *
   * @param settlement null when nobody asks
   */
  void forward(Session session, Message message, DeliveryScope terms, DeliveryCallback settlement) {
    post.send(session.movedTo(), message, terms.only(session.id()), settlement);
  }

  /** Done when all that has come for a recipient until now is with its sessions. */
  private Future<Void> passedOn(Recipient to, int hops) {
    IncomingTransfers.Arrival arrival = arrivals.of(to, DeliveryScope.ACKNOWLEDGED);
    Promise<Void> known = Promise.promise();
    if (arrival != null && arrival.hold(known::complete)) {
      return known.future().compose(v -> passedOn(to, hops));
    }
    List<Future<Void>> there = List.of();
    for (Session session : shard.local().sessionsOf(to)) {
      if (session.moved() && hops < MAX_HOPS) {
        there = there.isEmpty() ? new ArrayList<>() : there;
        there.add(post.ask(session.movedTo(), Recipient.ofSession(session.id()), hops + 1));
      }
    }
    return there.isEmpty() ? Future.succeededFuture() : Future.join(there).mapEmpty();
  }

  // --------------------------------------------------------------------- what was seen

  /** What a user has sent lately to a node where its session was. */
  void restore(String user, List<Seen> seen) {
    if (seen.isEmpty()) {
      return;
    }
    // The session that comes has the window already: it is in use from here on.
    DuplicateWindow window = shard.duplicates().inUse(user);
    for (Seen one : seen) {
      DuplicateWindow.Entry open = window.restore(one, now());
      if (open != null) {
        vertx.setTimer(openTime, id -> window.abandon(open));
      }
    }
  }

  /** A Message has ended whose sender's session has gone to another node. */
  void tellEnding(
      String shardNow, String user, DuplicateWindow window, DuplicateWindow.Entry entry) {
    Seen seen = window.describe(entry, now());
    if (seen != null) {
      Ended.Builder ended = Ended.newBuilder().setUser(user).setSeen(seen);
      bus.send(shardNow, ShardCall.newBuilder().setEnded(ended).build());
    }
  }

  private void ended(Ended ended) {
    DuplicateWindow window = shard.duplicates().inUse(ended.getUser());
    if (window != null) {
      window.end(ended.getSeen());
    }
  }

  // ------------------------------------------------------------------------- settlements

  /** A delivery as it goes to another shard, with whom to tell its ending. */
  Pending ticket(PendingDelivery delivery) {
    Pending.Builder pending =
        Pending.newBuilder()
            .setMessage(delivery.outgoing.message())
            .setChannel(delivery.outgoing.channel())
            .setWritten(delivery.written);
    if (delivery.settlement instanceof RemoteCallback distant) {
      pending.setOrigin(distant.origin()).setTicket(distant.ticket());
    } else if (delivery.settlement != null) {
      pending.setOrigin(shard.address()).setTicket(post.issue(delivery.settlement));
    }
    return pending.build();
  }

  /** Whom to tell the ending of a delivery that came with a session; null when nobody asks. */
  DeliveryCallback settlementOf(Pending pending) {
    if (pending.getOrigin().isEmpty()) {
      return null;
    }
    return pending.getOrigin().equals(shard.address())
        ? post.redeem(pending.getTicket())
        : new RemoteCallback(bus, pending.getOrigin(), pending.getTicket());
  }

  // ------------------------------------------------------------------------------- time

  private void onTimer() {
    long now = now();
    for (Departure<SessionState> departure : departures.overdue(now)) {
      if (departure.confirmed()) {
        forget(departure.session());
      } else {
        resolve(departure);
      }
    }
    timer.arm(departures.nextDeadline());
  }

  /** The taker has not confirmed: whoever the directory names has the session. */
  private void resolve(Departure<SessionState> departure) {
    directory
        .find(departure.session())
        .onComplete(
            ref -> {
              if (!departures.isCurrent(departure)) {
                return;
              }
              if (ref != null && ref.shard().equals(shard.address())) {
                stay(departure.session());
              } else {
                departures.confirm(departure.session(), departure.claim(), now());
                timer.arm(departures.nextDeadline());
              }
            },
            failure -> {
              departures.postpone(departure, now());
              timer.arm(departures.nextDeadline());
            });
  }

  private void stay(String id) {
    Departure<SessionState> departure = departures.find(id);
    Session session = moved.remove(id);
    departures.remove(id);
    session.stay(departure.state());
    shard.stays(session);
  }

  private void forget(String id) {
    departures.remove(id);
    Session session = moved.remove(id);
    if (session != null) {
      session.forget();
      shard.local().remove(session);
    }
  }

  private Future<ShardReply> call(String address, ShardCall.Builder call, long timeout) {
    return bus.<ShardReply>request(
            address, call.build(), new DeliveryOptions().setSendTimeout(Math.max(1, timeout)))
        .map(io.vertx.core.eventbus.Message::body);
  }

  private static long now() {
    return DeadlineTimer.now();
  }
}
