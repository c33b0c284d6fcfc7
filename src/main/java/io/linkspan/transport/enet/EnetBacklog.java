package io.linkspan.transport.enet;

import io.linkspan.connection.Backlog;
import io.linkspan.protocol.enet.EnetPeer;
import io.linkspan.time.DeadlineTimer;

/** Measures what waits for the acknowledgements of one peer. Used only on its event loop. */
final class EnetBacklog implements Backlog, WaitingWrites.Peer {

  /** Bytes that may be in flight to a peer that is writable: a round trip holds as many. */
  private static final long IN_FLIGHT = 16 * 1024;

  private final EnetPeer peer;
  private final EnetLoop loop;

  EnetBacklog(EnetPeer peer, EnetLoop loop) {
    this.peer = peer;
    this.loop = loop;
  }

  @Override
  public long bytes() {
    return peer.queuedBytes();
  }

  @Override
  public void drop() {
    // The list of closing peers ends it soon.
  }

  @Override
  public boolean isWritable() {
    return peer.queuedBytes() <= IN_FLIGHT;
  }

  @Override
  public void whenWritable(Runnable action) {
    loop.waiting().add(this, action, DeadlineTimer.now());
    loop.wakeUp().run();
  }

  @Override
  public boolean hasEnded() {
    return !peer.isConnected();
  }
}
