package io.linkspan.session.transfer;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import io.linkspan.delivery.ShardBus;
import io.linkspan.directory.SessionDirectory;
import io.linkspan.directory.SessionRef;
import io.linkspan.session.transfer.OutgoingTransfers.Departure;
import io.linkspan.session.transfer.TransferClaim.Confirmation;
import io.linkspan.session.transfer.TransferClaim.Step;
import io.linkspan.session.transfer.TransferClaim.Verdict;
import io.linkspan.time.DeadlineTimer;
import io.linkspan.time.Scheduler;
import io.linkspan.wire.Adopt;
import io.linkspan.wire.Claim;
import io.linkspan.wire.ClaimAnswer;
import io.linkspan.wire.Confirm;
import io.linkspan.wire.SessionState;
import io.linkspan.wire.ShardCall;
import io.linkspan.wire.ShardReply;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.UUID;
import java.util.function.BooleanSupplier;

/**
 * Transfers sessions between shards: brings those whose clients have reconnected here, and hands
 * over those that other shards claim. The shell of {@link TransferClaim} and {@link
 * OutgoingTransfers}. Used only on the shard's event loop.
 */
public final class SessionTransfer {

  /** The shard whose sessions are transferred. */
  public interface Host {

    /** Returns a session that the shard owns; null when it has none with this id. */
    TransferableSession find(String session);

    /** Returns a session that has departed and is not forgotten; null when there is none. */
    TransferableSession findMoved(String session);

    /** The session stays, with this state: the other shard did not take it. */
    void stay(TransferableSession session, SessionState state);

    /** The session has moved, and nothing can arrive here for it any more. */
    void forgotten(TransferableSession session);

    /** Asks the holder of a replica to adopt a session whose owner does not answer. */
    void requestRecall(String session, String owner);
  }

  /** From the client's reconnect to the answer, whatever the former owner does; milliseconds. */
  static final long CLAIM_TIME = 4_000;

  /** For a taker to confirm; longer than it tries. Milliseconds. */
  private static final long CONFIRM_TIME = 2 * CLAIM_TIME;

  /** How long a former owner forwards what still arrives; milliseconds. */
  private static final long FORWARD_TIME = 10_000;

  private static final long ADOPT_TIMEOUT = 2_000;

  private final ShardBus bus;
  private final Scheduler scheduler;
  private final SessionDirectory directory;
  private final String address;
  private final IncomingTransfers incoming;
  private final BooleanSupplier isDirectoryComplete;
  private final Host host;
  private final OutgoingTransfers<SessionState> outgoing =
      new OutgoingTransfers<>(CONFIRM_TIME, FORWARD_TIME);
  private final DeadlineTimer timer;

  /**
   * Creates the transfer of one shard.
   *
   * @param address of the shard
   * @param isDirectoryComplete false while other nodes may not have entered all their sessions
   */
  public SessionTransfer(
      ShardBus bus,
      Scheduler scheduler,
      SessionDirectory directory,
      String address,
      IncomingTransfers incoming,
      BooleanSupplier isDirectoryComplete,
      Host host) {
    this.bus = bus;
    this.scheduler = scheduler;
    this.directory = directory;
    this.address = address;
    this.incoming = incoming;
    this.isDirectoryComplete = isDirectoryComplete;
    this.host = host;
    timer = new DeadlineTimer(scheduler, this::onTimer);
  }

  /** Ends the timer. */
  public void stop() {
    timer.cancel();
  }

  // ------------------------------------------------------------------ sessions that come

  /**
   * Brings a session here, from whichever shard has it.
   *
   * @param user empty for an anonymous client
   * @return its state; null when it cannot be had. Fails with {@code unavailable} when the
   *     directory does not answer
   */
  public Future<SessionState> claim(String session, String secret, String user) {
    Attempt attempt = new Attempt(session, secret, user);
    attempt.perform(attempt.core.start());
    return attempt.done.future();
  }

  /** The session is here: forgets that it was elsewhere. */
  public void arrived(String session) {
    outgoing.remove(session);
    TransferableSession former = host.findMoved(session);
    if (former != null) {
      host.forgotten(former);
    }
  }

  /**
   * A session will be here that another shard had: until then, it is not taken back as it was when
   * it departed from here.
   */
  public void arriving(String session) {
    confirmFormer(session, "");
  }

  /**
   * Another shard had the session, so it took what departed from here, even if its confirmation was
   * lost. Else the session would stay here as it was then, once the directory names this shard
   * again.
   *
   * @param claim the attempt of this shard; empty for none
   */
  private void confirmFormer(String session, String claim) {
    Departure<SessionState> former = outgoing.find(session);
    if (former != null && !former.claim().equals(claim)) {
      outgoing.confirm(session, former.claim(), now());
      timer.arm(outgoing.nextDeadline());
    }
  }

  /** One attempt to bring a session here. */
  private final class Attempt {
    final TransferClaim<SessionState> core = new TransferClaim<>(scheduler.now() + CLAIM_TIME);
    final Promise<SessionState> done = Promise.promise();
    final String claim = UUID.randomUUID().toString();
    final String session;
    final String secret;
    final String user;
    IncomingTransfers.Arrival arrival;
    SessionRef found;

    /** Whether the directory answered when it was asked last. */
    boolean answered;

    Attempt(String session, String secret, String user) {
      this.session = session;
      this.secret = secret;
      this.user = user;
    }

    void perform(Step step) {
      if (step instanceof TransferClaim.Find) {
        directory
            .find(session)
            .onComplete(
                this::found,
                failure -> {
                  answered = false;
                  perform(core.claimed(Verdict.ELSEWHERE, null, now()));
                });
      } else if (step instanceof TransferClaim.Claim next) {
        claim(next);
      } else if (step instanceof TransferClaim.Recall next) {
        host.requestRecall(session, next.owner());
        perform(core.recalled(now()));
      } else if (step instanceof TransferClaim.Enter next) {
        enter(next);
      } else if (step instanceof TransferClaim.Confirm next) {
        confirm(next);
      } else if (step instanceof TransferClaim.Pause next) {
        scheduler.schedule(Math.max(1, next.millis()), () -> perform(core.paused(now())));
      } else if (step instanceof TransferClaim.Won<?> won) {
        end(Future.succeededFuture((SessionState) won.state()));
      } else if (((TransferClaim.Lost) step).certain() || isDirectoryReliable()) {
        end(Future.succeededFuture());
      } else {
        // The session may well exist: the client is to try again, not to begin anew.
        end(
            Future.failedFuture(
                new MessageException(
                    ErrorCode.UNAVAILABLE, "the directory of sessions is being repaired")));
      }
    }

    private void found(SessionRef ref) {
      found = ref;
      answered = true;
      if (ref == null && !isDirectoryComplete.getAsBoolean()) {
        // Its owner may not have entered it yet.
        perform(core.claimed(Verdict.ELSEWHERE, null, now()));
        return;
      }
      perform(core.found(ref == null ? null : ref.shard(), now()));
    }

    private void claim(TransferClaim.Claim step) {
      if (step.owner().equals(address)) {
        // What arrives once it has departed would overtake what is on its way from here to here.
        expect();
      }
      Claim.Builder request =
          Claim.newBuilder()
              .setSession(session)
              .setSecret(secret)
              .setUser(user)
              .setClaim(claim)
              .setTaker(address);
      call(step.owner(), ShardCall.newBuilder().setClaim(request), step.timeout())
          .onComplete(
              reply -> {
                ClaimAnswer answer = reply.getClaim();
                perform(
                    switch (answer.getVerdict()) {
                      case GRANTED -> {
                        confirmFormer(session, claim);
                        yield core.claimed(Verdict.GRANTED, answer.getState(), now());
                      }
                      case DENIED -> core.claimed(Verdict.DENIED, null, now());
                      case ELSEWHERE, UNRECOGNIZED -> {
                        stopExpecting();
                        yield core.claimed(Verdict.ELSEWHERE, null, now());
                      }
                    });
              },
              failure -> perform(core.claimed(Verdict.NO_ANSWER, null, now())));
    }

    private void enter(TransferClaim.Enter step) {
      SessionRef here = new SessionRef(found.session(), found.user(), address);
      if (step.back()) {
        directory.move(here, found).onComplete(v -> perform(core.returned(now())));
        return;
      }
      // From now on other shards may find it here.
      expect();
      directory
          .move(found, here)
          .onComplete(
              exchanged -> perform(core.entered(exchanged, now())),
              failure -> perform(core.entered(false, now())));
    }

    private void confirm(TransferClaim.Confirm step) {
      Confirm.Builder request = Confirm.newBuilder().setSession(session).setClaim(claim);
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
      if (arrival == null) {
        arrival = incoming.expect(found.user(), found.session());
      }
    }

    private void stopExpecting() {
      if (arrival != null) {
        incoming.end(arrival);
        arrival = null;
      }
    }

    private boolean isDirectoryReliable() {
      return answered && isDirectoryComplete.getAsBoolean();
    }

    private void end(Future<SessionState> result) {
      // The listener makes the session at once; then it can receive what waited for it.
      result.onComplete(done);
      stopExpecting();
    }
  }

  // -------------------------------------------------------------------- sessions that go

  /** Answers a claim for a session that is here, or was here until recently. */
  public ClaimAnswer answer(Claim claim) {
    TransferableSession session = host.find(claim.getSession());
    if (session == null) {
      SessionState again = outgoing.granted(claim.getSession(), claim.getClaim());
      return again == null ? ClaimAnswer.getDefaultInstance() : granted(again);
    }
    if (!session.admits(claim.getUser(), claim.getSecret())) {
      return ClaimAnswer.newBuilder().setVerdict(ClaimAnswer.Verdict.DENIED).build();
    }
    return granted(depart(session, claim.getClaim(), claim.getTaker()));
  }

  /** Answers a confirmation: whether the taker has the session. */
  public Future<Boolean> answer(Confirm confirm) {
    boolean stands = outgoing.confirm(confirm.getSession(), confirm.getClaim(), now());
    timer.arm(outgoing.nextDeadline());
    // What the client sent here must not be overtaken by what it sends from there.
    TransferableSession former = stands ? host.findMoved(confirm.getSession()) : null;
    Future<Void> flushed = former == null ? Future.succeededFuture() : former.flush();
    return flushed.transform(v -> Future.succeededFuture(stands));
  }

  private static ClaimAnswer granted(SessionState state) {
    return ClaimAnswer.newBuilder().setVerdict(ClaimAnswer.Verdict.GRANTED).setState(state).build();
  }

  private SessionState depart(TransferableSession session, String claim, String taker) {
    SessionState state = session.depart(taker);
    outgoing.add(session.id(), claim, taker, state, now());
    timer.arm(outgoing.nextDeadline());
    return state;
  }

  /**
   * Gives a session whose client is away to another shard.
   *
   * @return whether it is there; false also when that is not known yet
   */
  public Future<Boolean> handOver(TransferableSession session, String taker) {
    String claim = UUID.randomUUID().toString();
    SessionState state = depart(session, claim, taker);
    Adopt.Builder adopt = Adopt.newBuilder().setState(state).setOwner(address);
    return call(taker, ShardCall.newBuilder().setAdopt(adopt), ADOPT_TIMEOUT)
        .map(
            reply -> {
              boolean adopted = reply.getConfirm().getStands();
              if (adopted) {
                outgoing.confirm(session.id(), claim, now());
              } else {
                stay(session.id());
              }
              return adopted;
            })
        // The directory is asked when the time to confirm is over.
        .otherwise(false);
  }

  /** Returns whether another shard has been given a session and has not confirmed it. */
  public boolean awaitsConfirmation() {
    return outgoing.awaitsConfirmation();
  }

  private void onTimer() {
    long now = now();
    for (Departure<SessionState> departure : outgoing.overdue(now)) {
      if (departure.confirmed()) {
        forget(departure.session());
      } else {
        resolve(departure);
      }
    }
    timer.arm(outgoing.nextDeadline());
  }

  /** The taker has not confirmed: the directory's entry decides which shard has the session. */
  private void resolve(Departure<SessionState> departure) {
    directory
        .find(departure.session())
        .onComplete(
            ref -> {
              if (!outgoing.isCurrent(departure)) {
                return;
              }
              if (ref != null && ref.shard().equals(address)) {
                stay(departure.session());
              } else {
                outgoing.confirm(departure.session(), departure.claim(), now());
                timer.arm(outgoing.nextDeadline());
              }
            },
            failure -> {
              outgoing.postpone(departure, now());
              timer.arm(outgoing.nextDeadline());
            });
  }

  private void stay(String id) {
    Departure<SessionState> departure = outgoing.find(id);
    TransferableSession session = host.findMoved(id);
    outgoing.remove(id);
    host.stay(session, departure.state());
  }

  private void forget(String id) {
    outgoing.remove(id);
    TransferableSession session = host.findMoved(id);
    if (session != null) {
      host.forgotten(session);
    }
  }

  private Future<ShardReply> call(String to, ShardCall.Builder call, long timeout) {
    return bus.call(to, call.build(), Math.max(1, timeout));
  }

  private long now() {
    return scheduler.now();
  }
}
