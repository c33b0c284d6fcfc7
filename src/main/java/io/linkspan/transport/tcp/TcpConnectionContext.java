package io.linkspan.transport.tcp;

import io.linkspan.admission.LimitsConfig;
import io.linkspan.connection.Outgoing;
import io.linkspan.connection.TransportMetrics;
import io.linkspan.framing.Framing;
import io.linkspan.transport.channel.BackPressureLimits;
import io.linkspan.transport.channel.ConnectContext;
import io.vertx.core.Vertx;
import java.util.function.Supplier;

/**
 * Everything that the connections of one listener share.
 *
 * @param limits in force, which can change
 * @param encoder encodes a Message as a whole frame, once for all recipients
 */
record TcpConnectionContext(
    Vertx vertx,
    TcpConfig.Listener config,
    Framing framing,
    Outgoing.Encoder<byte[]> encoder,
    Supplier<LimitsConfig> limits,
    BackPressureLimits pressure,
    ConnectContext entrance,
    TransportMetrics metrics) {}
