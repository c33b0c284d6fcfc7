package io.linkspan.transport.http;

import io.linkspan.protocol.websocket.DeflateOffer;
import io.linkspan.transport.channel.BackPressureLimits;
import io.netty.channel.Channel;
import io.vertx.core.internal.ContextInternal;

/**
 * A connection that has left HTTP. A {@link WebSocketLink} takes it over in the turn in which the
 * upgrade was answered.
 *
 * @param context of the server
 * @param deflate what was agreed on for compression; null for none
 */
public record UpgradedConnection(
    Channel channel, ContextInternal context, BackPressureLimits limits, DeflateOffer deflate) {}
