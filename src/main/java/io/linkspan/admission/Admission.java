package io.linkspan.admission;

import io.linkspan.time.DeadlineTimer;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * Decides whether one more connection is admitted, before it costs anything. Shared by all event
 * loops. Every {@link #enter} that succeeded is followed by exactly one {@link #leave}.
 */
public final class Admission {

  /** When a client may retry while a count, not a rate, is exhausted. */
  private static final long COUNT_RETRY_MS = 5_000;

  private final Supplier<LimitsConfig> limits;
  private final Offences offences;
  private final AtomicInteger connections = new AtomicInteger();
  private final ConcurrentMap<String, Integer> perAddress = new ConcurrentHashMap<>();
  private final RateTable addressRate;
  private final RateTable userRate;
  private final PendingLinks pending;

  /** Creates an admission that bans nobody. */
  public Admission(Supplier<LimitsConfig> limits) {
    this(limits, Offences.NONE);
  }

  /**
   * Creates an admission without connections.
   *
   * @param limits in force, which can change
   * @param offences counts what clients do too often
   */
  public Admission(Supplier<LimitsConfig> limits, Offences offences) {
    this.limits = limits;
    this.offences = offences;
    addressRate = new RateTable(() -> limits.get().connectsPerAddress());
    userRate = new RateTable(() -> limits.get().connectsPerUser());
    pending = new PendingLinks(() -> limits.get().pending());
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
    LimitsConfig current = limits.get();
    int all = connections.incrementAndGet();
    if (current.connections() > 0 && all > current.connections()) {
      connections.decrementAndGet();
      return COUNT_RETRY_MS;
    }
    // Counted without a limit too, which may be set while clients are connected.
    int ofAddress = perAddress.merge(address, 1, Integer::sum);
    if (current.connectionsPerAddress() > 0 && ofAddress > current.connectionsPerAddress()) {
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
    perAddress.computeIfPresent(address, (a, count) -> count == 1 ? null : count - 1);
  }
}
