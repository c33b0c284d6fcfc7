package io.linkspan.directory;

import java.util.List;

/**
 * Holds what the directory knows of a user.
 *
 * @param sessions oldest first
 * @param parkedAt the shard that has the eventIds of sessions that have ended; null when there is
 *     none
 */
public record UserSessions(List<SessionRef> sessions, String parkedAt) {}
