package io.linkspan.transport.enet;

import io.linkspan.connection.CloseReason;
import io.linkspan.protocol.enet.EnetPeer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.Consumer;

/**
 * Bounds the time that a disconnect may take: first for the messages sent before it, then for its
 * acknowledgement. Used only on its event loop.
 */
final class ClosingPeers {

  private record Closing(EnetPeer peer, CloseReason reason, long until) {}

  private final long timeout;
  private final Consumer<EnetPeer> onReset;
  private final Queue<Closing> closing = new ArrayDeque<>();

  /**
   * @param timeout for the messages before a disconnect, and again for its acknowledgement
   * @param onReset receives each peer that was reset because its time was over
   */
  ClosingPeers(Duration timeout, Consumer<EnetPeer> onReset) {
    this.timeout = timeout.toMillis();
    this.onReset = onReset;
  }

  /** Bounds the time of a peer whose disconnect has begun. */
  void add(EnetPeer peer, CloseReason reason, long now) {
    closing.add(new Closing(peer, reason, now + timeout));
  }

  /** Moves on the peers whose time is over. */
  void advanceTo(long now) {
    while (!closing.isEmpty() && closing.element().until() <= now) {
      Closing late = closing.remove();
      EnetPeer peer = late.peer();
      switch (peer.state()) {
        case CONNECTED, CONNECTING, DISCONNECTED -> {
          // It ended in time.
        }
        case DISCONNECT_LATER -> {
          peer.disconnect(late.reason().code());
          add(peer, late.reason(), now);
        }
        case DISCONNECTING -> {
          peer.reset();
          onReset.accept(peer);
        }
      }
    }
  }

  /** When {@link #advanceTo} has something to do, or {@link Long#MAX_VALUE}. */
  long nextDeadline() {
    return closing.isEmpty() ? Long.MAX_VALUE : closing.element().until();
  }
}
