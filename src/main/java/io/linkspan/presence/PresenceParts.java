package io.linkspan.presence;

import io.linkspan.delivery.ShardBus;
import io.linkspan.directory.Nodes;
import io.linkspan.memory.MemoryAccount;
import io.linkspan.time.Scheduler;

/**
 * Surroundings of the presence of one shard.
 *
 * @param address of the shard
 * @param memory is charged for users of watched groups
 */
public record PresenceParts(
    ShardBus bus,
    Scheduler scheduler,
    Nodes nodes,
    String address,
    PresenceConfig config,
    MemoryAccount memory,
    PresenceMetrics metrics) {}
