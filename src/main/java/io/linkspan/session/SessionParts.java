package io.linkspan.session;

import io.linkspan.session.outbox.AckTimeouts;
import io.linkspan.session.outbox.Outbox;
import io.linkspan.session.outbox.OutboxMetrics;
import io.linkspan.time.Scheduler;

/**
 * Shared by all sessions of a shard.
 *
 * @param node id of the shard's node
 */
record SessionParts(
    Scheduler scheduler,
    AckTimeouts timeouts,
    Outbox.Limits outboxLimits,
    OutboxMetrics outboxMetrics,
    Inbox.Shared inbox,
    String node) {}
