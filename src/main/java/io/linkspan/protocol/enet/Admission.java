package io.linkspan.protocol.enet;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

/**
 * Counts connections and handshakes, in all and per network, and says which handshake has to make
 * room for a new one (§18). A flood of forged CONNECTs thus shortens the time a client has to
 * confirm, and takes nothing from those that are connected.
 */
final class Admission {

  private static final class Network {
    int peers;
    int halfOpen;
    final ArrayDeque<HalfOpen> oldest = new ArrayDeque<>(2);
  }

  private final EnetConfig.Limits limits;
  private final Map<Long, Network> networks = new HashMap<>();
  private final ArrayDeque<HalfOpen> oldest = new ArrayDeque<>();
  private int peers;
  private int halfOpen;

  Admission(EnetConfig.Limits limits) {
    this.limits = limits;
  }

  /** Null when another peer from this address may connect, else why not. */
  DropReason refusal(PeerAddress address) {
    if (peers >= limits.peers()) {
      return DropReason.HOST_FULL;
    }
    var network = networks.get(address.network());
    return network != null && network.peers >= limits.peersPerAddress()
        ? DropReason.ADDRESS_FULL
        : null;
  }

  /** The handshake that a new one from this address takes the place of, or null. */
  HalfOpen makesRoom(PeerAddress address) {
    var network = networks.get(address.network());
    if (network != null && network.halfOpen >= limits.halfOpenPerAddress()) {
      return firstRemembered(network.oldest);
    }
    return halfOpen >= limits.halfOpen() ? firstRemembered(oldest) : null;
  }

  /**
   * All handshakes last equally long, so these leave from the front, give or take those completed.
   */
  private static HalfOpen firstRemembered(ArrayDeque<HalfOpen> queue) {
    while (queue.peekFirst() != null && queue.peekFirst().isForgotten()) {
      queue.removeFirst();
    }
    return queue.peekFirst();
  }

  void begun(HalfOpen handshake) {
    var network = networks.computeIfAbsent(handshake.address.network(), key -> new Network());
    network.halfOpen++;
    network.oldest.addLast(handshake);
    oldest.addLast(handshake);
    halfOpen++;
  }

  void ended(HalfOpen handshake) {
    handshake.forget();
    halfOpen--;
    firstRemembered(oldest);
    var network = networks.get(handshake.address.network());
    network.halfOpen--;
    firstRemembered(network.oldest);
    dropIfUnused(handshake.address, network);
  }

  void connected(EnetPeer peer) {
    peers++;
    networks.computeIfAbsent(peer.address.network(), key -> new Network()).peers++;
  }

  void ended(EnetPeer peer) {
    peers--;
    var network = networks.get(peer.address.network());
    network.peers--;
    dropIfUnused(peer.address, network);
  }

  int peers() {
    return peers;
  }

  int halfOpen() {
    return halfOpen;
  }

  private void dropIfUnused(PeerAddress address, Network network) {
    if (network.peers == 0 && network.halfOpen == 0) {
      networks.remove(address.network());
    }
  }
}
