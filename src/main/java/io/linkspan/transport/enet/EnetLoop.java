package io.linkspan.transport.enet;

/**
 * The parts of one event loop's transport that its connections use.
 *
 * @param wakeUp called when a peer has something to send
 */
record EnetLoop(
    ClosingPeers closing, CongestedPeers congestion, LeavingClients leaving, Runnable wakeUp) {}
