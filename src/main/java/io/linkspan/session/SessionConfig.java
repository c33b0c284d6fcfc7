package io.linkspan.session;

import io.linkspan.config.ConfigNode;
import io.linkspan.connection.CloseReason;
import java.time.Duration;
import java.util.Map;

/**
 * Limits of one session.
 *
 * @param grace how long a resumable session waits for its client
 * @param maxPending messages a client has not acknowledged; further ones fail as queue-full
 * @param maxPendingBytes the same in bytes
 * @param maxSlow messages with a policy for slow readers that wait for one; then the oldest is
 *     dropped
 * @param maxSlowBytes the same in bytes; of a link, above which the policy cut closes it
 * @param maxGroups memberships; further joins are refused as forbidden
 * @param maxPerUser live sessions of one user; 0 is no limit
 * @param onExcess what happens to one more
 * @param maxAway sessions of the node that wait for their client; 0: see {@link #mostAway}
 * @param maxAge of a link; zero: any
 * @param maxAgeJitter percent of it by which a link may end earlier
 * @param replicas other nodes that keep a replica of a session: 0 or 1
 */
public record SessionConfig(
    Duration grace,
    int maxPending,
    long maxPendingBytes,
    int maxSlow,
    long maxSlowBytes,
    int maxGroups,
    int maxPerUser,
    OnExcess onExcess,
    int maxAway,
    Duration maxAge,
    int maxAgeJitter,
    int replicas) {

  /** Consequence of a session over the limit of its user. */
  public enum OnExcess {
    /**
     * The oldest one ends as {@link CloseReason#REPLACED}, if the client has proven that it is the
     * user; otherwise the new one is rejected.
     */
    REPLACE,
    /** The new one is rejected. */
    REJECT
  }

  private static final int MIN_PENDING_BYTES = 128;

  /**
   * Reads the section {@code session}.
   *
   * @param cluster whether there are other nodes
   */
  public static SessionConfig read(ConfigNode session, boolean cluster) {
    ConfigNode perUser = session.section("perUser");
    return new SessionConfig(
        session.durationOrZero("grace"),
        session.count("maxPending", 1),
        session.size("maxPendingBytes", MIN_PENDING_BYTES),
        session.count("maxSlow", 1),
        session.size("maxSlowBytes", MIN_PENDING_BYTES),
        session.count("maxGroups", 0),
        perUser.count("max", 0),
        perUser.choice("onExcess", Map.of("replace", OnExcess.REPLACE, "reject", OnExcess.REJECT)),
        session.count("maxAway", 0),
        session.durationOrZero("maxAge"),
        session.count("maxAgeJitter", 0, 100),
        replicas(session, cluster));
  }

  /**
   * Returns how many sessions of the node may wait for their client at most. Where it is not set,
   * as many as there may be connections; and where these are not limited, as many as take a quarter
   * of the memory.
   *
   * @param connections limit of the node; 0 is no limit
   * @param memory bytes that clients may make the node hold
   */
  int mostAway(int connections, long memory) {
    if (maxAway > 0) {
      return maxAway;
    }
    long fit = Math.max(1, memory / 4 / SessionTable.SESSION);
    return connections > 0 ? connections : (int) Math.min(Integer.MAX_VALUE, fit);
  }

  private static int replicas(ConfigNode session, boolean cluster) {
    Integer replicas = session.choice("replicas", Map.of("auto", cluster ? 1 : 0, "0", 0, "1", 1));
    if (replicas == null) {
      return 0;
    }
    if (replicas > 0 && !cluster) {
      session.reject("replicas", "auto or 0, as cluster.enabled is false");
    }
    return replicas;
  }
}
