package io.linkspan.admission;

/**
 * What one client, or all of them, may cost. Zero is no limit, also as a rate.
 *
 * @param connections live connections of this node
 * @param connectionsPerAddress live connections from one network address
 * @param connectsPerAddress connects per second from one network address
 * @param connectsPerUser connects per second of one user
 * @param messageRate Messages per second of one connection
 * @param byteRate bytes of Messages per second of one connection
 * @param inFlight Messages of one connection in hand; further ones wait
 * @param waiting Messages of one connection that wait; further ones fail as queue-full
 * @param waitingBytes the same in bytes
 * @param writeQueue bytes not yet written to one connection; above, it is a slow consumer
 * @param malformed frames that can not be understood before the connection ends
 */
public record LimitsConfig(
    int connections,
    int connectionsPerAddress,
    int connectsPerAddress,
    int connectsPerUser,
    int messageRate,
    int byteRate,
    int inFlight,
    int waiting,
    long waitingBytes,
    long writeQueue,
    int malformed) {}
