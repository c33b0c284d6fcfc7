package io.linkspan.upstream;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import io.linkspan.upstream.BackendException.Kind;
import java.util.ArrayDeque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * Decides when each Message is sent to a service, and what happens when an attempt fails: the
 * queue, its order, retries, the circuit breaker, and what is held while the service is
 * unavailable.
 *
 * <p>Pure: it sends nothing and has no clock. The shell makes one change, takes the effects out
 * with {@link #poll}, and calls {@link #advance} at {@link #nextDeadline}. Times are milliseconds
 * of any monotonic clock. Each call that is offered ends once: with {@link #succeeded} or with an
 * {@link Effect.Refuse}.
 *
 * <pre>
 *          drain()                close()
 *   OPEN ───────────► DRAINING ───────────► CLOSED
 *     └────────────────────────────────────────┘
 * </pre>
 *
 * @param <R> the caller's own representation of a Message
 */
final class Pipeline<R> {

  private enum State {
    OPEN,
    DRAINING,
    CLOSED
  }

  private final PipelineConfig config;
  private final RandomGenerator random;
  private final CircuitBreaker breaker;

  private final WaitingCalls<R> waiting = new WaitingCalls<>();
  private final Lanes<R> lanes = new Lanes<>();

  /** Calls in flight that have not timed out, in the order of their time-outs. */
  private final Set<Call<R>> timed = new LinkedHashSet<>();

  private final Queue<Effect<R>> effects = new ArrayDeque<>();
  private State state = State.OPEN;
  private long sequence;
  private int inFlight;
  private long retries;

  Pipeline(PipelineConfig config, RandomGenerator random) {
    this.config = config;
    this.random = random;
    breaker = new CircuitBreaker(config.breaker(), random);
  }

  /**
   * Accepts a Message, or refuses it.
   *
   * @param user whose Messages keep their order, if that is configured
   * @param bytes of memory that the Message takes
   * @param urgent whether the Message is worthless when late
   */
  void offer(R request, String user, int bytes, boolean urgent, long now) {
    long within = config.within().toMillis();
    long held = config.hold().time().toMillis();
    Call<R> call =
        new Call<>(
            request,
            config.ordered() ? user : null,
            bytes,
            urgent,
            sequence++,
            now + within + held);
    MessageException refusal = refusal(call, now);
    if (refusal != null) {
      call.state = Call.State.ENDED;
      effects.add(new Effect.Refuse<>(call, refusal));
      return;
    }
    call.deadline = now + within;
    if (!breaker.closed() && mayHold(call)) {
      call.heldUntil = heldUntil(call, now);
      call.deadline = call.heldUntil;
    }
    boolean ready = lanes.enter(call);
    if (ready && waiting.firstReady() == null && maySend(now)) {
      send(call, now);
      return;
    }
    waiting.add(call);
    if (ready) {
      waiting.makeReady(call);
    }
    pump(now);
  }

  /** Records that the service accepted a Message, with or without an answer. */
  void succeeded(Call<R> call, long now) {
    endAttempt(call);
    recordOutcome(call, null, now);
    finish(call);
    pump(now);
  }

  /** Records that an attempt failed; the effects show whether there is another one. */
  void failed(Call<R> call, BackendException failure, long now) {
    endAttempt(call);
    recordOutcome(call, failure.kind(), now);
    call.failure = failure;
    boolean more = call.attempts <= config.retry().max() && now < call.deadline;
    if (!mayRetry(call, failure)) {
      refuse(call, failure.refusal());
    } else if (breaker.closed() && more) {
      delay(call, now);
    } else if (mayHold(call) && (more || failure.kind().isOutage())) {
      if (breaker.closed()) {
        breaker.trip(now);
        serviceDown(now);
      }
      hold(call, now);
    } else {
      refuse(call, failure.refusal());
    }
    pump(now);
  }

  /** Handles the deadlines that have passed. */
  void advance(long now) {
    while (!timed.isEmpty() && timed.iterator().next().wakeAt <= now) {
      Call<R> call = timed.iterator().next();
      timed.remove(call);
      effects.add(new Effect.Abort<>(call));
    }
    for (Call<R> call; (call = waiting.awake(now)) != null; ) {
      waiting.makeReady(call);
    }
    for (Call<R> call; (call = waiting.expired(now)) != null; ) {
      giveUp(call, expiry(call));
    }
    pump(now);
  }

  /** Returns when to call {@link #advance} at the latest. */
  long nextDeadline() {
    boolean probes = waiting.firstReady() != null && inFlight < config.concurrency();
    long next = probes ? breaker.probeAt() : Long.MAX_VALUE;
    if (!timed.isEmpty()) {
      next = Math.min(next, timed.iterator().next().wakeAt);
    }
    return Math.min(next, waiting.nextDeadline());
  }

  /** Ends holding because the gateway shuts down; Messages in the queue are still sent. */
  void drain(long now) {
    if (state == State.OPEN) {
      state = State.DRAINING;
      if (!breaker.closed()) {
        refuseUnheld(now);
      }
    }
  }

  /** Refuses all waiting Messages and ends all attempts in flight. */
  void close() {
    state = State.CLOSED;
    for (Call<R> call : waiting.inOrder()) {
      giveUp(call, shutdown());
    }
    timed.forEach(call -> effects.add(new Effect.Abort<>(call)));
    timed.clear();
  }

  /** Removes and returns the next effect; null when there is none. */
  Effect<R> poll() {
    return effects.poll();
  }

  CircuitBreaker.State breaker() {
    return breaker.state();
  }

  /** Returns how often the breaker opened. */
  long opened() {
    return breaker.opened();
  }

  int inFlight() {
    return inFlight;
  }

  /** Returns how many Messages wait to be sent, for a retry, or for the service. */
  int waiting() {
    return waiting.size();
  }

  /** Returns whether every Message has an outcome. */
  boolean isIdle() {
    return inFlight == 0 && waiting.size() == 0;
  }

  /** Returns whether Messages wait because the service is unavailable. */
  boolean holding() {
    return !breaker.closed() && config.holds() && state == State.OPEN;
  }

  /** Returns how many attempts were not the first of their Message. */
  long retries() {
    return retries;
  }

  private MessageException refusal(Call<R> call, long now) {
    if (state == State.CLOSED) {
      return shutdown();
    }
    boolean outage = !breaker.closed();
    if (outage && !mayHold(call) && !breaker.permits(now)) {
      return unavailable(now);
    }
    int room = outage && mayHold(call) ? config.hold().max() : config.queue();
    return waiting.size() < room && waiting.bytes() + call.bytes <= config.queueBytes()
        ? null
        : queueFull();
  }

  private MessageException queueFull() {
    return new MessageException(
        ErrorCode.QUEUE_FULL, waiting.size() + " messages wait for the service");
  }

  private MessageException unavailable(long now) {
    return new MessageException(
        ErrorCode.UNAVAILABLE, "the service is unavailable", breaker.retryAfter(now));
  }

  private static MessageException shutdown() {
    return new MessageException(ErrorCode.UNAVAILABLE, "the gateway shuts down");
  }

  private MessageException expiry(Call<R> call) {
    if (!breaker.closed() && mayHold(call)) {
      return new MessageException(
          ErrorCode.UNAVAILABLE,
          "the service was unavailable for longer than " + config.hold().time().toMillis() + " ms");
    }
    return call.failure != null
        ? call.failure.refusal()
        : new MessageException(
            ErrorCode.TIMEOUT,
            "the service had no time for it within " + config.within().toMillis() + " ms");
  }

  private boolean mayHold(Call<R> call) {
    return config.holds() && state == State.OPEN && !call.urgent;
  }

  private boolean mayRetry(Call<R> call, BackendException failure) {
    return state != State.CLOSED
        && !call.urgent
        && failure.kind() != Kind.REFUSED
        && (failure.kind() == Kind.UNSENT || !config.retry().onlyUnsent());
  }

  /** Sends as many Messages as are permitted. */
  private void pump(long now) {
    for (Call<R> call; (call = waiting.firstReady()) != null && maySend(now); ) {
      waiting.remove(call);
      send(call, now);
    }
  }

  private boolean maySend(long now) {
    return inFlight < config.concurrency() && breaker.permits(now);
  }

  private void send(Call<R> call, long now) {
    call.state = Call.State.IN_FLIGHT;
    call.probe = breaker.begin();
    call.wakeAt = now + config.timeout().toMillis();
    if (call.attempts++ > 0) {
      retries++;
    }
    inFlight++;
    timed.add(call);
    effects.add(new Effect.Send<>(call));
  }

  /** Takes a call out of flight. */
  private void endAttempt(Call<R> call) {
    if (call.state != Call.State.IN_FLIGHT) {
      throw new IllegalStateException("an attempt ends once");
    }
    inFlight--;
    timed.remove(call);
  }

  /** Reports an outcome to the breaker, and updates the waiting calls if its state changed. */
  private void recordOutcome(Call<R> call, Kind failure, long now) {
    boolean outage = failure != null && failure.isOutage();
    // A connection that breaks proves nothing, so it does not end an outage either.
    boolean available = !outage && failure != Kind.BROKEN;
    boolean wasClosed = breaker.closed();
    boolean wasProbe = call.probe;
    if (wasProbe) {
      call.probe = false;
      breaker.probed(available, now);
    } else {
      breaker.record(!outage, now);
    }
    if (wasClosed && !breaker.closed()) {
      serviceDown(now);
    } else if (!wasClosed && breaker.closed()) {
      serviceUp(now);
    } else if (wasProbe && !available) {
      refuseUnheld(now);
    }
  }

  private void serviceDown(long now) {
    refuseUnheld(now);
    List<Call<R>> held = waiting.inOrder();
    while (held.size() > config.hold().max()) {
      giveUp(held.remove(held.size() - 1), queueFull());
    }
    for (Call<R> call : held) {
      call.heldUntil = heldUntil(call, now);
      waiting.setDeadline(call, call.heldUntil);
      if (call.state == Call.State.DELAYED) {
        waiting.makeReady(call);
      }
    }
  }

  private void serviceUp(long now) {
    for (Call<R> call : waiting.inOrder()) {
      call.heldUntil = 0;
      waiting.setDeadline(call, Math.min(now + config.within().toMillis(), call.latest));
    }
  }

  /** Refuses waiting calls that are not held. */
  private void refuseUnheld(long now) {
    for (Call<R> call : waiting.inOrder()) {
      if (!mayHold(call)) {
        giveUp(call, state == State.OPEN ? unavailable(now) : shutdown());
      }
    }
  }

  private void delay(Call<R> call, long now) {
    PipelineConfig.Retry retry = config.retry();
    long backoff = Backoff.of(retry.backoff(), retry.maxBackoff(), call.attempts - 1, random);
    call.wakeAt = now + Math.max(backoff, call.failure.refusal().retryAfterMs());
    call.state = Call.State.DELAYED;
    waiting.add(call);
  }

  private void hold(Call<R> call, long now) {
    if (call.heldUntil == 0) {
      call.heldUntil = heldUntil(call, now);
    }
    call.deadline = call.heldUntil;
    if (call.deadline <= now) {
      refuse(call, expiry(call));
      return;
    }
    waiting.add(call);
    waiting.makeReady(call);
  }

  private long heldUntil(Call<R> call, long now) {
    return Math.min(now + config.hold().time().toMillis(), call.latest);
  }

  /** Refuses a call that waits. */
  private void giveUp(Call<R> call, MessageException why) {
    waiting.remove(call);
    refuse(call, why);
  }

  private void refuse(Call<R> call, MessageException why) {
    finish(call);
    effects.add(new Effect.Refuse<>(call, why));
  }

  private void finish(Call<R> call) {
    call.state = Call.State.ENDED;
    Call<R> next = lanes.leave(call);
    if (next != null) {
      waiting.makeReady(next);
    }
  }
}
