package io.linkspan.ban;

import io.linkspan.admission.Offence;
import io.linkspan.admission.RecentTable;
import io.linkspan.admission.TokenBucket;
import java.util.EnumMap;
import java.util.Map;

/**
 * Decides which clients are banned, and for how long. Pure: times are milliseconds of any monotonic
 * clock. Not thread-safe.
 *
 * <pre>
 *              more offences in a window
 *              than the threshold                 time over            all levels forgiven
 *   COUNTED ──────────────────────────► BANNED ──────────────► KNOWN ────────────────────► COUNTED
 *                                         ▲                      │
 *                                         └── threshold again ───┘ for a longer time
 * </pre>
 *
 * <p>Offences during a ban are counted too. A client that continues at the same rate is banned
 * again soon after the ban is over; one that waits has its threshold back.
 */
final class BanPolicy {

  /** Refusals per second that a banned client is sent an answer to. */
  private static final int ANSWERS = 5;

  /** The latest ban of a client. */
  private static final class Conviction {
    private final TokenBucket answers;
    private int level;
    private long until;

    Conviction(long now) {
      answers = new TokenBucket(ANSWERS, now);
    }
  }

  private final int maxOffenders;
  private BanConfig config;
  private int highestLevel;

  /** The offences that each client has left, of those kinds that it ever did. */
  private RecentTable<Offender, Map<Offence, TokenBucket>> allowances;

  private final RecentTable<Offender, Conviction> convictions;

  /**
   * Creates a policy that has seen nobody.
   *
   * @param maxOffenders clients whose offences are counted; the one that was quiet for longest
   *     makes room
   * @param maxBans clients whose bans are remembered; the one that was quiet for longest makes room
   */
  BanPolicy(BanConfig config, int maxOffenders, int maxBans) {
    this.maxOffenders = maxOffenders;
    use(config);
    convictions = new RecentTable<>(maxBans);
  }

  /** Uses other settings. Offences are counted anew; bans continue to their end. */
  void use(BanConfig config) {
    this.config = config;
    highestLevel = highestLevel(config);
    allowances = new RecentTable<>(maxOffenders);
  }

  /** Counts an offence; returns the ban that begins with it, or null. */
  Ban count(Offender offender, Offence offence, long now) {
    int threshold = config.threshold(offence);
    if (threshold == 0) {
      return null;
    }
    TokenBucket left =
        allowances
            .findOrAdd(offender, o -> new EnumMap<>(Offence.class))
            .computeIfAbsent(
                offence, o -> new TokenBucket(threshold, config.window().toMillis(), now));
    return left.take(1, now) == 0 || remaining(offender, now) > 0
        ? null
        : ban(offender, offence, now);
  }

  /** Takes one offence back. */
  void forgive(Offender offender, Offence offence) {
    Map<Offence, TokenBucket> left = allowances.find(offender);
    if (left != null && left.containsKey(offence)) {
      left.get(offence).giveBack(1);
    }
  }

  private Ban ban(Offender offender, Offence offence, long now) {
    Conviction conviction = convictions.findOrAdd(offender, o -> new Conviction(now));
    conviction.level = Math.min(levelAt(conviction, now) + 1, highestLevel);
    long duration = duration(config, conviction.level);
    conviction.until = now + duration;
    return new Ban(offender, offence, conviction.level, duration);
  }

  /** Returns the milliseconds until the ban of a client is over; 0 when it is not banned. */
  long remaining(Offender offender, long now) {
    Conviction conviction = convictions.find(offender);
    return conviction == null ? 0 : Math.max(0, conviction.until - now);
  }

  /** Returns whether one more refusal of a banned client is worth an answer. */
  boolean answers(Offender offender, long now) {
    Conviction conviction = convictions.find(offender);
    return conviction == null || conviction.until <= now || conviction.answers.take(1, now) == 0;
  }

  /**
   * Takes a ban over that another node has begun, unless one is known that ends later.
   *
   * @param duration of the whole ban in milliseconds, which shows its level
   */
  void adopt(Offender offender, long duration, long until, long now) {
    if (remaining(offender, now) < until - now) {
      Conviction conviction = convictions.findOrAdd(offender, o -> new Conviction(now));
      conviction.level = Math.max(levelOf(duration), levelAt(conviction, now));
      conviction.until = until;
    }
  }

  /** Forgets everything about a client. */
  void lift(Offender offender) {
    convictions.remove(offender);
    allowances.remove(offender);
  }

  /** Returns the number of clients of a kind that are banned. */
  int banned(Offender.Kind kind, long now) {
    return convictions.count(
        (offender, conviction) -> offender.kind() == kind && conviction.until > now);
  }

  /** Returns the number of clients whose offences are counted. */
  int offenders() {
    return allowances.size();
  }

  /** Returns the number of clients whose bans are remembered. */
  int convicted() {
    return convictions.size();
  }

  /** Each stretch of good behavior takes one level back. */
  private int levelAt(Conviction conviction, long now) {
    long forgiven = Math.max(0, now - conviction.until) / config.forgive().toMillis();
    return (int) Math.max(0, conviction.level - forgiven);
  }

  private int levelOf(long duration) {
    int level = 1;
    while (level < highestLevel && duration(config, level) < duration) {
      level++;
    }
    return level;
  }

  private static int highestLevel(BanConfig config) {
    int level = 1;
    while (config.factor() > 1 && duration(config, level) < config.max().toMillis()) {
      level++;
    }
    return level;
  }

  private static long duration(BanConfig config, int level) {
    long max = config.max().toMillis();
    long duration = Math.min(max, config.base().toMillis());
    for (int i = 1; i < level && duration < max; i++) {
      duration = Math.min(max, duration * config.factor());
    }
    return duration;
  }
}
