/**
 * Presence of groups: which users have sessions in a group, on all nodes, for clients that watch
 * it. Each shard is the authority for its own sessions.
 */
package io.linkspan.presence;
