package io.linkspan.protocol.enet;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * Shares the bandwidth of the host among its peers once a second (§14). Does nothing while neither
 * the host nor any peer has a limit.
 */
final class Bandwidth {

  /** A connected peer that takes part in the sharing. */
  interface Member {
    /** Bytes per second that the peer wants to receive; 0 is no limit. */
    int incoming();

    /** Bytes per second that the peer sends at most; 0 is no limit. */
    int outgoing();

    /** Bytes queued for the peer since the last {@link #share}. */
    long bytesSinceShare();

    /** Limits the throttle of the peer, out of 32. */
    void share(int throttle);

    /** Tells the peer the limits that it must keep, unless it knows them. */
    void announce(int incomingLimit, int outgoingLimit);
  }

  private static final int INTERVAL = 1000;

  private final Supplier<List<Member>> members;
  private int incoming;
  private int outgoing;
  private int limitedPeers;
  private boolean incomingChanged;
  private long epoch;
  private boolean running;

  /**
   * @param members makes a list of the peers that are connected
   */
  Bandwidth(int incoming, int outgoing, Supplier<List<Member>> members) {
    this.members = members;
    this.incoming = incoming;
    this.outgoing = outgoing;
  }

  /** Bytes per second that the host wants to receive; 0 is no limit. */
  int incoming() {
    return incoming;
  }

  /** Bytes per second that the host sends at most; 0 is no limit. */
  int outgoing() {
    return outgoing;
  }

  void limit(int incoming, int outgoing) {
    this.incoming = incoming;
    this.outgoing = outgoing;
    incomingChanged = true;
  }

  /** A peer has connected, disconnected, or changed the limit that it announces. */
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
    var connected = members.get();
    shareOutgoing(new ArrayList<>(connected), elapsed);
    if (incomingChanged) {
      incomingChanged = false;
      shareIncoming(new ArrayList<>(connected));
    }
  }

  /**
   * Throttles each peer that would get more than it wants to receive, and divides the rest of the
   * budget among the others by what they have queued.
   */
  private void shareOutgoing(List<Member> pool, long elapsed) {
    long budget =
        outgoing == 0 ? Long.MAX_VALUE / RoundTrip.THROTTLE_SCALE : perInterval(outgoing, elapsed);
    long queued = 0;
    for (var peer : pool) {
      queued += peer.bytesSinceShare();
    }
    int share = share(queued, budget);
    for (boolean changed = true; changed && limitedPeers > 0; ) {
      changed = false;
      for (int i = 0; i < pool.size(); i++) {
        var peer = pool.get(i);
        long bytes = peer.bytesSinceShare();
        long wants = perInterval(peer.incoming(), elapsed);
        if (peer.incoming() == 0 || share * bytes / RoundTrip.THROTTLE_SCALE <= wants) {
          continue;
        }
        peer.share((int) Math.max(1, wants * RoundTrip.THROTTLE_SCALE / bytes));
        removeUnordered(pool, i--);
        budget = Math.max(0, budget - wants);
        queued = Math.max(0, queued - bytes);
        changed = true;
      }
      share = share(queued, budget);
    }
    for (var peer : pool) {
      peer.share(share);
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

  /** Announces to every peer its part of what the host wants to receive. */
  private void shareIncoming(List<Member> pool) {
    long left = incoming;
    long share = 0;
    for (boolean changed = incoming != 0; changed && !pool.isEmpty(); ) {
      changed = false;
      share = left / pool.size();
      for (int i = 0; i < pool.size(); i++) {
        var peer = pool.get(i);
        long sends = Integer.toUnsignedLong(peer.outgoing());
        if (sends == 0 || sends >= share) {
          continue;
        }
        peer.announce((int) sends, outgoing);
        removeUnordered(pool, i--);
        left -= sends;
        changed = true;
      }
    }
    for (var peer : pool) {
      peer.announce((int) share, outgoing);
    }
  }

  private static void removeUnordered(List<Member> pool, int index) {
    int last = pool.size() - 1;
    pool.set(index, pool.get(last));
    pool.remove(last);
  }
}
