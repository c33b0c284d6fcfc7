package io.linkspan.session;

import io.linkspan.admission.Offences;
import io.linkspan.permission.PermissionRules;
import io.linkspan.session.outbox.OutboxParts;
import io.linkspan.time.Scheduler;
import java.util.function.Supplier;

/**
 * Shared by all sessions of a shard.
 *
 * @param node id of the shard's node
 */
record SessionParts(
    Scheduler scheduler,
    OutboxParts outbox,
    Inbox.Shared inbox,
    Supplier<PermissionRules> permissions,
    Offences offences,
    String node) {}
