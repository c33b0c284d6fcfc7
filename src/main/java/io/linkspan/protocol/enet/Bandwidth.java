package io.linkspan.protocol.enet;

import java.util.ArrayList;
import java.util.List;

/**
 * Shares the host's bandwidth among its peers once a second (§14). Idle as long as neither the host
 * nor any peer has a limit.
 */
final class Bandwidth {
  private static final int INTERVAL = 1000;

  private final EnetHost host;
  private int incoming;
  private int outgoing;
  private int limitedPeers;
  private boolean incomingChanged;
  private long epoch;
  private boolean running;
  private final List<EnetPeer> pool = new ArrayList<>();

  Bandwidth(EnetHost host, int incoming, int outgoing) {
    this.host = host;
    this.incoming = incoming;
    this.outgoing = outgoing;
  }

  int incoming() {
    return incoming;
  }

  int outgoing() {
    return outgoing;
  }

  void limit(int incoming, int outgoing) {
    this.incoming = incoming;
    this.outgoing = outgoing;
    incomingChanged = true;
  }

  /** A peer has come, gone, or changed the limit it announces. */
  void peerChanged(int limitBefore, int limitAfter) {
    limitedPeers += (limitAfter != 0 ? 1 : 0) - (limitBefore != 0 ? 1 : 0);
    incomingChanged |= incoming != 0;
  }

  private boolean isNeeded() {
    return outgoing != 0 || limitedPeers > 0 || incomingChanged;
  }

  long dueAt() {
    return running && isNeeded() ? epoch + INTERVAL : Endpoint.NEVER;
  }

  void advanceTo(long now) {
    if (!isNeeded()) {
      running = false;
      return;
    }
    if (!running) {
      running = true;
      epoch = now;
      return;
    }
    long elapsed = now - epoch;
    if (elapsed < INTERVAL) {
      return;
    }
    epoch = now;
    host.table.forEach(
        endpoint -> {
          if (endpoint instanceof EnetPeer peer && peer.isConnected()) {
            pool.add(peer);
          }
        });
    var peers = List.copyOf(pool);
    shareOutgoing(elapsed);
    pool.clear();
    if (incomingChanged) {
      incomingChanged = false;
      pool.addAll(peers);
      shareIncoming();
      pool.clear();
    }
  }

  /**
   * Peers that would get more than they want to receive are throttled to that and leave the pool;
   * what the host has left is divided among the others by what they have queued.
   */
  private void shareOutgoing(long elapsed) {
    long budget =
        outgoing == 0 ? Long.MAX_VALUE / RoundTrip.THROTTLE_SCALE : perInterval(outgoing, elapsed);
    long queued = 0;
    for (var peer : pool) {
      queued += peer.output.bytesSinceShare;
    }
    int share = share(queued, budget);
    for (boolean settled = true; settled && limitedPeers > 0; ) {
      settled = false;
      for (int i = 0; i < pool.size(); i++) {
        var peer = pool.get(i);
        long bytes = peer.output.bytesSinceShare;
        long wants = perInterval(peer.incomingBandwidth(), elapsed);
        if (peer.incomingBandwidth() == 0 || share * bytes / RoundTrip.THROTTLE_SCALE <= wants) {
          continue;
        }
        long limit = Math.max(1, wants * RoundTrip.THROTTLE_SCALE / bytes);
        peer.roundTrip.limitThrottle((int) limit);
        peer.output.bytesSinceShare = 0;
        // The order of the pool does not matter.
        pool.set(i--, pool.get(pool.size() - 1));
        pool.remove(pool.size() - 1);
        budget = Math.max(0, budget - wants);
        queued = Math.max(0, queued - bytes);
        settled = true;
      }
      share = share(queued, budget);
    }
    for (var peer : pool) {
      peer.roundTrip.limitThrottle(share);
      peer.output.bytesSinceShare = 0;
    }
  }

  private static int share(long queued, long budget) {
    return queued <= budget
        ? RoundTrip.THROTTLE_SCALE
        : (int) Math.max(1, budget * RoundTrip.THROTTLE_SCALE / queued);
  }

  private static long perInterval(int bandwidth, long elapsed) {
    return Integer.toUnsignedLong(bandwidth) * elapsed / 1000;
  }

  /** Tells every peer how much of what we want to receive is its part. */
  private void shareIncoming() {
    long left = incoming;
    int remaining = pool.size();
    long share = 0;
    for (boolean settled = incoming != 0; settled && remaining > 0; ) {
      settled = false;
      share = left / remaining;
      for (int i = 0; i < pool.size(); i++) {
        var peer = pool.get(i);
        long sends = Integer.toUnsignedLong(peer.outgoingBandwidth());
        if (sends == 0 || sends >= share) {
          continue;
        }
        peer.tellBandwidth((int) sends, outgoing);
        pool.set(i--, pool.get(pool.size() - 1));
        pool.remove(pool.size() - 1);
        left -= sends;
        remaining--;
        settled = true;
      }
    }
    for (var peer : pool) {
      peer.tellBandwidth((int) share, outgoing);
    }
  }
}
