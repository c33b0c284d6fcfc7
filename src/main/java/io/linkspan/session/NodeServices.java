package io.linkspan.session;

import io.linkspan.admission.LimitsConfig;
import io.linkspan.delivery.DeliveryConfig;
import io.linkspan.directory.Nodes;
import io.linkspan.directory.SessionDirectory;
import io.linkspan.history.GroupHistories;
import io.linkspan.mailbox.Mailboxes;
import io.linkspan.memory.MemoryBudget;
import io.linkspan.presence.PresenceConfig;
import io.linkspan.routing.RoutingTable;
import io.linkspan.telemetry.Tracing;
import io.linkspan.trace.TraceConfig;
import java.util.function.Supplier;

/**
 * Shared by all shards of a node.
 *
 * @param node id of the node
 * @param limits in force, which can change
 */
public record NodeServices(
    String node,
    SessionConfig session,
    DeliveryConfig delivery,
    Supplier<LimitsConfig> limits,
    RoutingTable routes,
    SessionDirectory directory,
    Nodes nodes,
    DuplicateFilter duplicates,
    MemoryBudget memory,
    SessionMetrics metrics,
    IdentityServices identities,
    TraceConfig trace,
    Tracing tracing,
    Mailboxes mailboxes,
    PresenceConfig presence,
    GroupHistories histories) {}
