package io.linkspan.upstream;

import io.linkspan.config.ConfigNode;
import java.time.Duration;

/**
 * Settings for how Messages are sent to a service.
 *
 * @param concurrency attempts at the same time
 * @param queue Messages that may wait to be sent
 * @param queueBytes that all waiting Messages may have, held ones included
 * @param ordered whether one Message of a user is sent at a time, in order of arrival
 * @param timeout of one attempt
 * @param within time from a Message's arrival to the start of its last attempt, without the time
 *     that it is held
 * @param retry when and how often an attempt is repeated
 * @param breaker when the service counts as unavailable
 * @param hold what happens to Messages while the service is unavailable
 */
public record PipelineConfig(
    int concurrency,
    int queue,
    int queueBytes,
    boolean ordered,
    Duration timeout,
    Duration within,
    Retry retry,
    Breaker breaker,
    Hold hold) {

  /**
   * Settings for retries.
   *
   * @param max further attempts after the first
   * @param onlyUnsent whether to retry only what the service certainly does not have
   * @param backoff before the first retry; doubled for each further one, less up to a half
   * @param maxBackoff upper bound of the doubling
   */
  public record Retry(int max, boolean onlyUnsent, Duration backoff, Duration maxBackoff) {}

  /**
   * Settings for the circuit breaker. While it is open nothing is sent, except one Message after
   * each pause.
   *
   * @param failures that open the breaker
   * @param of number of latest attempts that are counted, at most {@value #MAX_OF}
   * @param pause until a Message is tried; doubled each time that fails, less up to a half
   * @param maxPause upper bound of the doubling
   */
  public record Breaker(int failures, int of, Duration pause, Duration maxPause) {

    /** Most attempts that can be counted. */
    public static final int MAX_OF = Long.SIZE;
  }

  /**
   * Settings for holding Messages while the service is unavailable.
   *
   * @param time that a Message may wait for the service; zero disables holding
   * @param max Messages that may wait, instead of {@code queue}
   */
  public record Hold(Duration time, int max) {}

  /** Added to the pipeline's own limits, so that it always answers before the bus times out. */
  private static final Duration MARGIN = Duration.ofSeconds(1);

  /** Returns whether Messages wait while the service is unavailable. */
  public boolean holds() {
    return !hold.time().isZero();
  }

  /** Returns the longest time until a Message has an outcome. */
  public Duration longest() {
    return within.plus(hold.time()).plus(timeout).plus(MARGIN);
  }

  private static final int MOST_CONCURRENCY = 10_000;
  private static final int MOST_RETRIES = 100;

  /**
   * Reads the settings of a service.
   *
   * @param hold the section that says what becomes of Messages while it is unavailable
   */
  static PipelineConfig read(ConfigNode service, ConfigNode hold) {
    Duration held = hold.durationOrZero("for");
    return new PipelineConfig(
        service.count("concurrency", 1, MOST_CONCURRENCY),
        service.count("queue", 1),
        service.size("queueBytes", 1),
        service.flag("ordered") || !held.isZero(),
        service.duration("timeout"),
        service.duration("within"),
        readRetry(service),
        readBreaker(service.section("breaker")),
        new Hold(held, hold.count("max", 1)));
  }

  private static Retry readRetry(ConfigNode service) {
    return new Retry(
        service.count("retries", 0, MOST_RETRIES),
        service.either("retry", "unsent", "any"),
        service.durationUpTo("backoff", "maxBackoff"),
        service.duration("maxBackoff"));
  }

  /** Reads a section {@code breaker}. */
  public static Breaker readBreaker(ConfigNode breaker) {
    int of = breaker.count("of", 1, Breaker.MAX_OF);
    return new Breaker(
        breaker.count("failures", 1, of),
        of,
        breaker.durationUpTo("pause", "maxPause"),
        breaker.duration("maxPause"));
  }
}
