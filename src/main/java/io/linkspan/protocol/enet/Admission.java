package io.linkspan.protocol.enet;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

/**
 * Counts connections and handshakes, in all and per network, and chooses the handshake that makes
 * room for a new one (§18). A flood of forged CONNECTs thus shortens the time in which a client
 * must confirm, and takes nothing from connected clients.
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

  /**
   * Null when another handshake of this address may begin, else the reason. A handshake counts as
   * the connection that it may become, so that a client whose handshake was answered is admitted.
   */
  DropReason refusal(PeerAddress address) {
    if (isNetworkFull(networks.get(address.network()))) {
      return DropReason.ADDRESS_FULL;
    }
    return peers + halfOpen >= limits.peers() || halfOpen >= limits.halfOpen()
        ? DropReason.HOST_FULL
        : null;
  }

  private boolean isNetworkFull(Network network) {
    return network != null
        && (network.peers + network.halfOpen >= limits.peersPerAddress()
            || network.halfOpen >= limits.halfOpenPerAddress());
  }

  /** The handshake that can make room for a new one of this address, or null. */
  HalfOpen oldest(PeerAddress address) {
    var network = networks.get(address.network());
    return firstPresent(isNetworkFull(network) ? network.oldest : oldest);
  }

  /** All handshakes last equally long, so most of them leave a queue from its front. */
  private static HalfOpen firstPresent(ArrayDeque<HalfOpen> queue) {
    while (queue.peekFirst() != null && queue.peekFirst().isGone()) {
      queue.removeFirst();
    }
    return queue.peekFirst();
  }

  void begun(HalfOpen handshake) {
    var network = networks.computeIfAbsent(handshake.link.address.network(), k -> new Network());
    network.halfOpen++;
    network.oldest.addLast(handshake);
    oldest.addLast(handshake);
    halfOpen++;
  }

  void ended(HalfOpen handshake) {
    handshake.remove();
    halfOpen--;
    firstPresent(oldest);
    var address = handshake.link.address;
    var network = networks.get(address.network());
    network.halfOpen--;
    firstPresent(network.oldest);
    dropIfUnused(address, network);
  }

  void connected(PeerAddress address) {
    peers++;
    networks.computeIfAbsent(address.network(), k -> new Network()).peers++;
  }

  void disconnected(PeerAddress address) {
    peers--;
    var network = networks.get(address.network());
    network.peers--;
    dropIfUnused(address, network);
  }

  /** Handshakes that clients have not confirmed. */
  int halfOpen() {
    return halfOpen;
  }

  private void dropIfUnused(PeerAddress address, Network network) {
    if (network.peers == 0 && network.halfOpen == 0) {
      networks.remove(address.network());
    }
  }
}
