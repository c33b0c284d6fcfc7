package io.linkspan.session;

import io.linkspan.connection.CloseReason;
import java.time.Duration;

/**
 * Limits of one session.
 *
 * @param grace how long a resumable session waits for its client
 * @param maxPending messages a client has not acknowledged; further ones fail as queue-full
 * @param maxPendingBytes the same in bytes
 * @param maxGroups memberships; further joins are refused as forbidden
 * @param maxPerUser live sessions of one user; 0 is no limit
 * @param onExcess what happens to one more
 * @param replicas other nodes that keep a replica of a session: 0 or 1
 */
public record SessionConfig(
    Duration grace,
    int maxPending,
    long maxPendingBytes,
    int maxGroups,
    int maxPerUser,
    OnExcess onExcess,
    int replicas) {

  /** What happens when a user has one session too many. */
  public enum OnExcess {
    /** The oldest one ends as {@link CloseReason#REPLACED}. */
    REPLACE,
    /** The new one is rejected. */
    REJECT
  }
}
