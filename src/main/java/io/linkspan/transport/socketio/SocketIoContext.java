package io.linkspan.transport.socketio;

import io.linkspan.admission.LimitsConfig;
import io.linkspan.connection.TransportMetrics;
import io.linkspan.session.Shard;
import io.linkspan.transport.engineio.EngineLink;
import io.linkspan.transport.engineio.EngineSessions;
import java.util.List;
import java.util.function.Supplier;

/**
 * The objects that the connections of one event loop share.
 *
 * @param link of their Engine.IO sessions
 * @param sessions by which requests find their Engine.IO session
 * @param config of the transport
 * @param limits of new connections, which can change
 * @param namespaces that clients may join, which can change
 * @param ackWithin milliseconds after which a client's acknowledgement is worth nothing
 * @param shard where their sessions begin
 */
record SocketIoContext(
    EngineLink.Context link,
    EngineSessions sessions,
    SocketIoConfig config,
    Supplier<LimitsConfig> limits,
    Supplier<List<String>> namespaces,
    long ackWithin,
    Handshake handshake,
    Shard shard,
    TransportMetrics metrics) {}
