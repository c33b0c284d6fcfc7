package io.linkspan.transport.enet;

import io.linkspan.protocol.enet.EnetPeer;
import java.util.function.Consumer;

/**
 * The parts of one event loop's transport that its connections use.
 *
 * @param waiting runs what waits until peers have acknowledged
 * @param onLeft receives each peer whose connection and session have ended
 * @param wakeUp called when a peer has something to send
 */
record EnetLoop(
    ClosingPeers closing,
    CongestedPeers congestion,
    LeavingClients leaving,
    WaitingWrites waiting,
    Consumer<EnetPeer> onLeft,
    Runnable wakeUp) {}
