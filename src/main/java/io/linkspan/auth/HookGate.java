package io.linkspan.auth;

import io.linkspan.admission.TokenBucket;
import io.linkspan.upstream.CircuitBreaker;
import java.util.random.RandomGenerator;

/**
 * Bounds the decisions that a hook is asked for: their rate, how many at the same time, and none
 * but a probe while the hook fails. Shared by all event loops, hence synchronized. Pure: times are
 * milliseconds of any monotonic clock.
 */
final class HookGate {

  private final int concurrency;
  private final TokenBucket rate;
  private final CircuitBreaker breaker;
  private int inFlight;

  HookGate(HookConfig config, RandomGenerator random, long now) {
    concurrency = config.concurrency();
    rate = config.rate() == 0 ? null : new TokenBucket(config.rate(), now);
    breaker = new CircuitBreaker(config.breaker(), random);
  }

  /** The permission to ask once; ends with exactly one call of {@link HookGate#leave}. */
  record Permit(boolean probe) {}

  /** Returns 0 when the rate allows one more decision, else milliseconds until it does. */
  synchronized long delay(long now) {
    return rate == null ? 0 : rate.take(1, now);
  }

  /** Takes a place; null when there is none, or the breaker is open. */
  synchronized Permit enter(long now) {
    if (inFlight >= concurrency || !breaker.permits(now)) {
      return null;
    }
    inFlight++;
    return new Permit(breaker.begin());
  }

  /**
   * Gives a place back.
   *
   * @param answered whether the hook has decided, however it did
   */
  synchronized void leave(Permit permit, boolean answered, long now) {
    inFlight--;
    if (permit.probe()) {
      breaker.probed(answered, now);
    } else {
      breaker.record(answered, now);
    }
  }

  /** Returns the milliseconds after which a client may retry. */
  synchronized long retryAfter(long now) {
    return breaker.retryAfter(now);
  }
}
