package io.linkspan.upstream;

import io.linkspan.config.ConfigNode;
import java.time.Duration;

/**
 * How Messages go to a service.
 *
 * @param concurrency attempts at the same time
 * @param queue Messages that wait for their turn
 * @param queueBytes of all that wait, held ones too
 * @param ordered one Message of a user at a time, in the order in which they came
 * @param timeout of one attempt
 * @param within a Message's time from its arrival to the beginning of its last attempt, time held
 *     aside
 * @param retry when and how often an attempt is repeated
 * @param breaker when the service counts as away
 * @param hold what becomes of Messages while it is away
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
   * When and how often an attempt is repeated.
   *
   * @param max further attempts after the first
   * @param onlyUnsent only if the service certainly does not have the Message
   * @param backoff before the first repetition; doubled for each further one, less up to a half
   * @param maxBackoff what doubling ends at
   */
  public record Retry(int max, boolean onlyUnsent, Duration backoff, Duration maxBackoff) {}

  /**
   * When a service counts as away: nothing is sent to it then, except a first Message after each
   * pause.
   *
   * @param failures that open the breaker
   * @param of the latest attempts, at most {@value #MAX_OF}
   * @param pause until a Message is tried; doubled each time that fails, less up to a half
   * @param maxPause what doubling ends at
   */
  public record Breaker(int failures, int of, Duration pause, Duration maxPause) {

    /** Attempts that can be remembered. */
    public static final int MAX_OF = Long.SIZE;
  }

  /**
   * What becomes of Messages while the service is away.
   *
   * @param time a Message may wait for it to come back; zero: none waits
   * @param max Messages that may wait, instead of {@code queue}
   */
  public record Hold(Duration time, int max) {}

  /** For the bus on top of what the pipeline itself allows: it always answers before. */
  private static final Duration MARGIN = Duration.ofSeconds(1);

  /** Whether Messages wait while the service is away. */
  public boolean holds() {
    return !hold.time().isZero();
  }

  /** The longest that a Message takes to be answered, whatever happens to it. */
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

  private static Breaker readBreaker(ConfigNode breaker) {
    int of = breaker.count("of", 1, Breaker.MAX_OF);
    return new Breaker(
        breaker.count("failures", 1, of),
        of,
        breaker.durationUpTo("pause", "maxPause"),
        breaker.duration("maxPause"));
  }
}
