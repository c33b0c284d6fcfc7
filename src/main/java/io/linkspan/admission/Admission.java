package io.linkspan.admission;

import io.linkspan.time.DeadlineTimer;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Decides whether one more connection is admitted, before it costs anything. Shared by all event
 * loops. Every {@link #enter} that succeeded is followed by exactly one {@link #leave}.
 */
public final class Admission {

  /** When a client may retry while a count, not a rate, is exhausted. */
  private static final long COUNT_RETRY_MS = 5_000;

  private final LimitsConfig limits;
  private final Offences offences;
  private final AtomicInteger connections = new AtomicInteger();
  private final ConcurrentMap<String, Integer> perAddress = new ConcurrentHashMap<>();
  private final RateTable addressRate;
  private final RateTable userRate;
  private final PendingLinks pending;

  /** Creates an admission that bans nobody. */
  public Admission(LimitsConfig limits) {
    this(limits, Offences.NONE);
  }

  /**
   * Creates an admission without connections.
   *
   * @param offences counts what clients do too often
   */
  public Admission(LimitsConfig limits, Offences offences) {
    this.limits = limits;
    this.offences = offences;
    addressRate = new RateTable(limits.connectsPerAddress());
    userRate = new RateTable(limits.connectsPerUser());
    pending = new PendingLinks(limits.pending());
  }

  /** Returns the links whose client has not joined yet. */
  public PendingLinks pending() {
    return pending;
  }

  /** Returns what counts the offences of clients. */
  public Offences offences() {
    return offences;
  }

  /**
   * Takes a place.
   *
   * @param address of the client, without its port
   * @return 0 when it may enter, else milliseconds until a retry may succeed
   */
  public long enter(String address) {
    long wait = addressRate.take(address, DeadlineTimer.now());
    if (wait > 0) {
      return wait;
    }
    int all = connections.incrementAndGet();
    if (limits.connections() > 0 && all > limits.connections()) {
      connections.decrementAndGet();
      return COUNT_RETRY_MS;
    }
    if (limits.connectionsPerAddress() == 0) {
      return 0;
    }
    if (perAddress.merge(address, 1, Integer::sum) > limits.connectionsPerAddress()) {
      leave(address);
      return COUNT_RETRY_MS;
    }
    return 0;
  }

  /** Counts a connect of a user, as {@link #enter} does; nothing is given back. */
  public long enterAs(String user) {
    return userRate.take(user, DeadlineTimer.now());
  }

  /** Gives a place back. */
  public void leave(String address) {
    connections.decrementAndGet();
    if (limits.connectionsPerAddress() > 0) {
      perAddress.computeIfPresent(address, (a, count) -> count == 1 ? null : count - 1);
    }
  }
}
