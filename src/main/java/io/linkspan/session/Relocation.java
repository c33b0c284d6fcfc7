package io.linkspan.session;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.api.MessageCodecs;
import io.linkspan.api.MessageException;
import io.linkspan.connection.DeadlineTimer;
import io.linkspan.routing.Recipient;
import io.linkspan.session.takeover.Departures;
import io.linkspan.session.takeover.Departures.Departure;
import io.linkspan.session.takeover.TakeOver;
import io.linkspan.session.takeover.TakeOver.Confirmation;
import io.linkspan.session.takeover.TakeOver.Step;
import io.linkspan.session.takeover.TakeOver.Verdict;
import io.linkspan.session.wire.Adopt;
import io.linkspan.session.wire.Claim;
import io.linkspan.session.wire.ClaimAnswer;
import io.linkspan.session.wire.Confirm;
import io.linkspan.session.wire.ConfirmAnswer;
import io.linkspan.session.wire.Ended;
import io.linkspan.session.wire.Flush;
import io.linkspan.session.wire.Pending;
import io.linkspan.session.wire.Seen;
import io.linkspan.session.wire.SessionState;
import io.linkspan.session.wire.Settle;
import io.linkspan.session.wire.ShardCall;
import io.linkspan.session.wire.ShardReply;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;

/**
 * Sessions that come to a shard from others, and those that go: the shell of {@link TakeOver} and
 * {@link Departures}. Used only on the shard's event loop.
 */
final class Relocation {

  /** From the client's return to the answer, whatever the former owner does; milliseconds. */
  private static final long TAKE_OVER_TIME = 4_000;

  /** For a taker to say that it has the session. Longer than it tries, for it is slow by then. */
  private static final long CONFIRM_TIME = 2 * TAKE_OVER_TIME;

  /** How long a former owner passes on what still comes. */
  private static final long FORWARD_TIME = 10_000;

  /** For one question whether something has been passed on. */
  private static final long FLUSH_TIMEOUT = 1_000;

  /** A session on its way has arrived by then, or does not. */
  private static final long FLUSH_TIME = TAKE_OVER_TIME + FLUSH_TIMEOUT;

  /** No session is followed further: so many moves within {@link #FORWARD_TIME} make a loop. */
  private static final int MAX_HOPS = 16;

  private static final long ADOPT_TIMEOUT = 2_000;
  private static final int MAX_HELD = 10_000;

  private final Vertx vertx;
  private final EventBus bus;
  private final Shard shard;
  private final SessionDirectory directory;
  private final long forwardTimeout;
  private final long openTime;
  private final Departures<SessionState> departures = new Departures<>(CONFIRM_TIME, FORWARD_TIME);
  private final Map<String, Session> moved = new HashMap<>();
  private final Tickets tickets;
  private final DeadlineTimer timer;

  /** Sessions that may be here soon, by user; what comes for them waits. */
  private final Map<String, List<Attempt>> expected = new HashMap<>();

  /**
   * @param deliveryTime milliseconds for a linked client to acknowledge, all attempts together
   * @param grace milliseconds that a session waits for its client
   * @param openTime milliseconds for an inbound Message to end
   */
  Relocation(
      Vertx vertx,
      Shard shard,
      SessionDirectory directory,
      long deliveryTime,
      long grace,
      long openTime) {
    this.vertx = vertx;
    this.bus = vertx.eventBus();
    this.shard = shard;
    this.directory = directory;
    forwardTimeout = deliveryTime + grace;
    this.openTime = openTime;
    tickets = new Tickets(deliveryTime + grace);
    timer = new DeadlineTimer(vertx, this::onTimer);
    MessageCodecs.register(vertx, ShardCall.class, "c", ShardCall.parser());
    MessageCodecs.register(vertx, ShardReply.class, "r", ShardReply.parser());
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
      shard.forget(former);
    }
  }

  /** One attempt to have a session. */
  private final class Attempt {
    final TakeOver<SessionState> core = new TakeOver<>(DeadlineTimer.now() + TAKE_OVER_TIME);
    final Promise<SessionState> done = Promise.promise();
    final String claim = UUID.randomUUID().toString();
    final Token token;
    final String user;

    /** What is to happen once it is known whether the session comes, in order. */
    final Queue<Runnable> held = new ArrayDeque<>();

    SessionRef found;

    Attempt(Token token, String user) {
      this.token = token;
      this.user = user;
    }

    void perform(Step step) {
      if (step instanceof TakeOver.Find) {
        directory
            .find(token.session())
            .onComplete(
                this::found, failure -> perform(core.claimed(Verdict.ELSEWHERE, null, now())));
      } else if (step instanceof TakeOver.Claim next) {
        claim(next);
      } else if (step instanceof TakeOver.Recall next) {
        shard.recall(token.session(), next.owner());
        perform(core.recalled(now()));
      } else if (step instanceof TakeOver.Enter next) {
        enter(next);
      } else if (step instanceof TakeOver.Confirm next) {
        confirm(next);
      } else if (step instanceof TakeOver.Pause next) {
        vertx.setTimer(next.millis(), id -> perform(core.paused(now())));
      } else if (step instanceof TakeOver.Won<?> won) {
        end((SessionState) won.state());
      } else {
        end(null);
      }
    }

    private void found(SessionRef ref) {
      found = ref;
      perform(core.found(ref == null ? null : ref.shard(), now()));
    }

    private void claim(TakeOver.Claim step) {
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

    private void enter(TakeOver.Enter step) {
      SessionRef here = new SessionRef(found.session(), found.user(), shard.address());
      if (step.back()) {
        directory.move(here, found).onComplete(v -> perform(core.returned(now())));
        return;
      }
      // From the moment that others may find it here.
      expect();
      directory
          .move(found, here)
          .onComplete(
              exchanged -> perform(core.entered(exchanged, now())),
              failure -> perform(core.entered(false, now())));
    }

    private void confirm(TakeOver.Confirm step) {
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

    private void expect() {
      List<Attempt> attempts = expected.computeIfAbsent(found.user(), u -> new ArrayList<>(1));
      if (!attempts.contains(this)) {
        attempts.add(this);
      }
    }

    private void end(SessionState state) {
      // Whoever listens makes the session of it at once, and then it can be given what waited.
      done.complete(state);
      if (found != null) {
        expected.computeIfPresent(
            found.user(), (u, all) -> all.remove(this) && all.isEmpty() ? null : all);
      }
      for (Runnable next; (next = held.poll()) != null; ) {
        next.run();
      }
    }
  }

  /**
   * Keeps a Message back when it may be for a session that is on its way here.
   *
   * @return whether it is delivered later
   */
  boolean holds(Recipient recipient, Message message, Terms terms, Settlement settlement) {
    if (expected.isEmpty()) {
      return false;
    }
    Attempt attempt = attemptFor(recipient, terms);
    if (attempt == null) {
      return false;
    }
    if (attempt.held.size() >= MAX_HELD) {
      settlement.failed(
          new MessageException(ErrorCode.QUEUE_FULL, "the recipient's session is being moved"));
    } else {
      attempt.held.add(() -> shard.deliver(recipient, message, terms, settlement));
    }
    return true;
  }

  private Attempt attemptFor(Recipient recipient, Terms terms) {
    String session =
        terms.only() != null
            ? terms.only()
            : recipient.kind() == Recipient.Kind.SESSION ? recipient.name() : null;
    if (session == null) {
      List<Attempt> attempts =
          recipient.kind() == Recipient.Kind.USER ? expected.get(recipient.name()) : null;
      return attempts == null ? null : attempts.get(0);
    }
    for (List<Attempt> attempts : expected.values()) {
      for (Attempt attempt : attempts) {
        if (attempt.token.session().equals(session)) {
          return attempt;
        }
      }
    }
    return null;
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
        timer.arm(nextDeadline());
        // What the client sent here must not be overtaken by what it sends from there.
        Session former = stands ? moved.get(confirm.getSession()) : null;
        Future<Void> passedOn = former == null ? Future.succeededFuture() : former.flush();
        passedOn.onComplete(v -> reply(request, stands));
      }
      case SETTLE -> settle(call.getSettle());
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
    timer.arm(nextDeadline());
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

  /** A session that moved away: what comes for it goes after it. */
  Session moved(String id) {
    return moved.get(id);
  }

  /**
   * Sends a Message after a session.
   *
   * @param settlement null when nobody asks
   */
  void forward(Session session, Message message, Terms terms, Settlement settlement) {
    var options = new DeliveryOptions().setSendTimeout(forwardTimeout);
    terms.only(session.id()).addTo(options);
    bus.<Object>request(session.movedTo(), message, options)
        .onComplete(
            reply -> {
              boolean gone = reply.failed() && Courier.isNotHere(reply.cause());
              if (gone) {
                forget(session.id());
              }
              if (settlement != null && gone) {
                settlement.notHere(Recipient.of(message.getTo()));
              } else if (settlement != null) {
                Courier.settle(reply, settlement);
              }
            });
  }

  /** Done when all that has come for a recipient until now is with its sessions. */
  private Future<Void> passedOn(Recipient to, int hops) {
    Attempt attempt = attemptFor(to, Terms.ACKNOWLEDGED);
    if (attempt != null && attempt.held.size() < MAX_HELD) {
      Promise<Void> known = Promise.promise();
      attempt.held.add(known::complete);
      return known.future().compose(v -> passedOn(to, hops));
    }
    List<Future<Void>> there = List.of();
    for (Session session : shard.sessionsOf(to)) {
      if (session.moved() && hops < MAX_HOPS) {
        there = there.isEmpty() ? new ArrayList<>() : there;
        there.add(ask(session.movedTo(), Recipient.ofSession(session.id()), hops + 1));
      }
    }
    return there.isEmpty() ? Future.succeededFuture() : Future.join(there).mapEmpty();
  }

  /**
   * Asks a shard whether all that was sent to it until now for a recipient is with the recipient's
   * sessions, wherever they have gone.
   *
   * @return done when it is, when the shard is no more, or when waiting longer makes no sense
   */
  Future<Void> flush(String address, Recipient to) {
    return flush(address, to, now() + FLUSH_TIME);
  }

  private Future<Void> flush(String address, Recipient to, long deadline) {
    return ask(address, to, 0)
        .recover(
            unknown -> now() < deadline ? flush(address, to, deadline) : Future.succeededFuture());
  }

  /** Fails when it is not known, after a while. */
  private Future<Void> ask(String address, Recipient to, int hops) {
    Flush.Builder flush = Flush.newBuilder().setTo(to.address()).setHops(hops);
    return call(address, ShardCall.newBuilder().setFlush(flush), FLUSH_TIMEOUT)
        .transform(
            reply -> {
              boolean done =
                  reply.succeeded()
                      ? reply.result().getConfirm().getStands()
                      : !mayPassOn(address, reply.cause());
              return done ? Future.succeededFuture() : Future.failedFuture("not known");
            });
  }

  /** Whether a shard that did not answer may yet do so; what a lost one had is lost. */
  private boolean mayPassOn(String address, Throwable failure) {
    return failure instanceof ReplyException reply
        && reply.failureType() == ReplyFailure.TIMEOUT
        && shard.nodes().all().stream().anyMatch(node -> node.hosts(address));
  }

  // --------------------------------------------------------------------- what was seen

  /** What a user has sent lately to a node where its session was. */
  void restore(String user, List<Seen> seen) {
    if (seen.isEmpty()) {
      return;
    }
    // The session that comes has the window already: it is in use from here on.
    UserWindow window = shard.duplicates().inUse(user);
    for (Seen one : seen) {
      UserWindow.Entry open = window.restore(one, now());
      if (open != null) {
        vertx.setTimer(openTime, id -> window.abandon(open));
      }
    }
  }

  /** A Message has ended whose sender's session has gone to another node. */
  void tellEnding(String shardNow, String user, UserWindow window, UserWindow.Entry entry) {
    Seen seen = window.describe(entry, now());
    if (seen != null) {
      Ended.Builder ended = Ended.newBuilder().setUser(user).setSeen(seen);
      bus.send(shardNow, ShardCall.newBuilder().setEnded(ended).build());
    }
  }

  private void ended(Ended ended) {
    UserWindow window = shard.duplicates().inUse(ended.getUser());
    if (window != null) {
      window.end(ended.getSeen());
    }
  }

  // ------------------------------------------------------------------------- settlements

  /** A delivery as it goes to another shard, with whom to tell its ending. */
  Pending ticket(Delivery delivery) {
    Pending.Builder pending =
        Pending.newBuilder()
            .setMessage(delivery.outgoing.message())
            .setChannel(delivery.outgoing.channel())
            .setWritten(delivery.written);
    if (delivery.settlement instanceof DistantSettlement distant) {
      pending.setOrigin(distant.origin()).setTicket(distant.ticket());
    } else if (delivery.settlement != null) {
      pending.setOrigin(shard.address()).setTicket(tickets.issue(delivery.settlement, now()));
      timer.arm(nextDeadline());
    }
    return pending.build();
  }

  /** Whom to tell the ending of a delivery that came with a session; null when nobody asks. */
  Settlement settlementOf(Pending pending) {
    if (pending.getOrigin().isEmpty()) {
      return null;
    }
    return pending.getOrigin().equals(shard.address())
        ? tickets.redeem(pending.getTicket())
        : new DistantSettlement(bus, pending.getOrigin(), pending.getTicket());
  }

  private void settle(Settle settle) {
    Settlement settlement = tickets.redeem(settle.getTicket());
    if (settlement == null) {
      return;
    }
    if (settle.getCode() == 0) {
      settlement.delivered(
          settle.getByClient() ? By.CLIENT : By.TRANSPORT,
          settle.hasReply() ? settle.getReply() : null);
    } else {
      settlement.failed(
          new MessageException(
              ErrorCode.of(settle.getCode()).orElse(ErrorCode.INTERNAL), settle.getText()));
    }
  }

  // ------------------------------------------------------------------------------- time

  private void onTimer() {
    long now = now();
    tickets.expire(now);
    for (Departure<SessionState> departure : departures.overdue(now)) {
      if (departure.confirmed()) {
        forget(departure.session());
      } else {
        resolve(departure);
      }
    }
    timer.arm(nextDeadline());
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
                timer.arm(nextDeadline());
              }
            },
            failure -> {
              departures.postpone(departure, now());
              timer.arm(nextDeadline());
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
      shard.forget(session);
    }
  }

  private long nextDeadline() {
    return Math.min(tickets.nextDeadline(), departures.nextDeadline());
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
