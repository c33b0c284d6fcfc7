package io.linkspan.transport.http;

import io.linkspan.transport.channel.BackPressureLimits;

/**
 * Settings that the connections of a port share when they become WebSockets.
 *
 * @param compression whether permessage-deflate is negotiated when a client offers it
 */
public record UpgradeConfig(BackPressureLimits limits, boolean compression) {}
