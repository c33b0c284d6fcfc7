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
 * Decides when which Message goes to a service, and what becomes of it when that fails: its queue,
 * the order in it, repetitions, the circuit breaker, and what is held while the service is away.
 *
 * <p>Pure: it sends nothing and knows no clock. Whoever uses it makes one change, takes the effects
 * out with {@link #poll}, and comes back with {@link #advance} at {@link #nextDeadline}. Times are
 * milliseconds of any monotonic clock. Each call that is offered ends once: with {@link #succeeded}
 * or with an {@link Effect.Refuse}.
 *
 * @param <R> what a Message is to whoever sends it
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

  /** Those in flight that still have time, in the order in which it runs out. */
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
   * Takes a Message, or refuses it.
   *
   * @param user whose Messages keep their order, if that is configured
   * @param bytes of memory it takes
   * @param urgent whether it is worth nothing when it comes late
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
    if (!breaker.closed() && holds(call)) {
      call.heldUntil = heldUntil(call, now);
      call.deadline = call.heldUntil;
    }
    waiting.add(call);
    if (lanes.enter(call)) {
      waiting.makeReady(call);
    }
    pump(now);
  }

  /** The service has it, with or without an answer. */
  void succeeded(Call<R> call, long now) {
    land(call);
    settle(call, true, now);
    finish(call);
    pump(now);
  }

  /** An attempt failed; whether there is another one shows in the effects. */
  void failed(Call<R> call, BackendException failure, long now) {
    land(call);
    settle(call, failure.kind() == Kind.REFUSED, now);
    call.failure = failure;
    boolean more = call.attempts <= config.retry().max() && now < call.deadline;
    if (!mayRepeat(call, failure)) {
      refuse(call, failure.refusal());
    } else if (breaker.closed() && more) {
      delay(call, now);
    } else if (holds(call) && (more || failure.kind().away())) {
      if (breaker.closed()) {
        breaker.trip(now);
        serviceLeft(now);
      }
      hold(call, now);
    } else {
      refuse(call, failure.refusal());
    }
    pump(now);
  }

  /** Does what is due. */
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

  /** When {@link #advance} has something to do at the latest. */
  long nextDeadline() {
    boolean probes = waiting.firstReady() != null && inFlight < config.concurrency();
    long next = probes ? breaker.probeAt() : Long.MAX_VALUE;
    if (!timed.isEmpty()) {
      next = Math.min(next, timed.iterator().next().wakeAt);
    }
    return Math.min(next, waiting.nextDeadline());
  }

  /** The gateway goes: what the service does not take now waits for it no longer. */
  void drain(long now) {
    if (state == State.OPEN) {
      state = State.DRAINING;
      if (!breaker.closed()) {
        sweep(now);
      }
    }
  }

  /** Ends everything, in flight or not. */
  void close() {
    state = State.CLOSED;
    for (Call<R> call : waiting.inOrder()) {
      giveUp(call, shutdown());
    }
    timed.forEach(call -> effects.add(new Effect.Abort<>(call)));
    timed.clear();
  }

  /** What is to be done next; null when nothing is. */
  Effect<R> poll() {
    return effects.poll();
  }

  CircuitBreaker.State breaker() {
    return breaker.state();
  }

  /** Times that the service was given up for a while. */
  long opened() {
    return breaker.opened();
  }

  int inFlight() {
    return inFlight;
  }

  /** Messages that wait for their turn, for a repetition or for the service to come back. */
  int waiting() {
    return waiting.size();
  }

  /** Whether those that wait do so because the service is away. */
  boolean holding() {
    return !breaker.closed() && config.holds() && state == State.OPEN;
  }

  /** Attempts that were not a Message's first. */
  long retries() {
    return retries;
  }

  private MessageException refusal(Call<R> call, long now) {
    if (state == State.CLOSED) {
      return shutdown();
    }
    boolean away = !breaker.closed();
    if (away && !holds(call) && !breaker.permits(now)) {
      return away(now);
    }
    int room = away && holds(call) ? config.hold().max() : config.queue();
    return waiting.size() < room && waiting.bytes() + call.bytes <= config.queueBytes()
        ? null
        : queueFull();
  }

  private MessageException queueFull() {
    return new MessageException(
        ErrorCode.QUEUE_FULL, waiting.size() + " messages wait for the service");
  }

  private MessageException away(long now) {
    return new MessageException(
        ErrorCode.UNAVAILABLE, "the service is away", breaker.retryAfter(now));
  }

  private static MessageException shutdown() {
    return new MessageException(ErrorCode.UNAVAILABLE, "the gateway shuts down");
  }

  private MessageException expiry(Call<R> call) {
    if (!breaker.closed() && holds(call)) {
      return new MessageException(
          ErrorCode.UNAVAILABLE,
          "the service was away for longer than " + config.hold().time().toMillis() + " ms");
    }
    return call.failure != null
        ? call.failure.refusal()
        : new MessageException(
            ErrorCode.TIMEOUT,
            "the service had no time for it within " + config.within().toMillis() + " ms");
  }

  private boolean holds(Call<R> call) {
    return config.holds() && state == State.OPEN && !call.urgent;
  }

  private boolean mayRepeat(Call<R> call, BackendException failure) {
    return state != State.CLOSED
        && !call.urgent
        && failure.kind() != Kind.REFUSED
        && (failure.kind() == Kind.UNSENT || !config.retry().onlyUnsent());
  }

  /** Sends what may be sent. */
  private void pump(long now) {
    while (waiting.firstReady() != null
        && inFlight < config.concurrency()
        && breaker.permits(now)) {
      send(waiting.firstReady(), now);
    }
  }

  private void send(Call<R> call, long now) {
    waiting.remove(call);
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

  /** An attempt ended, however. */
  private void land(Call<R> call) {
    if (call.state != Call.State.IN_FLIGHT) {
      throw new IllegalStateException("an attempt ends once");
    }
    inFlight--;
    timed.remove(call);
  }

  /** Tells the breaker, and everybody who waits if the service left or came back. */
  private void settle(Call<R> call, boolean alive, long now) {
    boolean wasThere = breaker.closed();
    boolean wasProbe = call.probe;
    if (wasProbe) {
      call.probe = false;
      breaker.probed(alive, now);
    } else {
      breaker.record(alive, now);
    }
    if (wasThere && !breaker.closed()) {
      serviceLeft(now);
    } else if (!wasThere && breaker.closed()) {
      serviceCameBack(now);
    } else if (wasProbe && !alive) {
      sweep(now);
    }
  }

  private void serviceLeft(long now) {
    sweep(now);
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

  private void serviceCameBack(long now) {
    for (Call<R> call : waiting.inOrder()) {
      call.heldUntil = 0;
      waiting.setDeadline(call, Math.min(now + config.within().toMillis(), call.latest));
    }
  }

  /** Ends those that do not wait for the service to come back. */
  private void sweep(long now) {
    for (Call<R> call : waiting.inOrder()) {
      if (!holds(call)) {
        giveUp(call, state == State.OPEN ? away(now) : shutdown());
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

  /** One that waits is not handed over. */
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
