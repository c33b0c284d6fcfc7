package io.linkspan.protocol.enet;

/**
 * The objects that the peers of one host share. A peer passes on to each of its parts what that
 * part needs, and nothing else.
 */
record PeerResources(
    EnetConfig.Limits limits,
    Timeouts timeouts,
    EnetCounters counters,
    CommandPool commands,
    ReceiveBudget budget,
    Bandwidth bandwidth,
    TransmitQueue toTransmit) {}
