package io.linkspan.protocol.enet;

import io.linkspan.protocol.PendingTable;
import java.util.HashMap;
import java.util.Map;

/**
 * Counts connections and handshakes, in all and per network, and chooses the handshake that makes
 * room for a new one (§18). A flood of forged CONNECTs thus shortens the time in which a client
 * must confirm, and takes nothing from connected clients.
 */
final class Admission {

  private final EnetConfig.Limits limits;
  private final PendingTable<Long, HalfOpen> handshakes = new PendingTable<>();
  private final Map<Long, Integer> peersOfNetworks = new HashMap<>();
  private int peers;

  Admission(EnetConfig.Limits limits) {
    this.limits = limits;
  }

  /**
   * Null when another handshake of this address may begin, else the reason. A handshake counts as
   * the connection that it may become, so that a client whose handshake was answered is admitted.
   */
  DropReason refusal(PeerAddress address) {
    if (isNetworkFull(address.network())) {
      return DropReason.ADDRESS_FULL;
    }
    return peers + handshakes.size() >= limits.peers() || handshakes.size() >= limits.halfOpen()
        ? DropReason.HOST_FULL
        : null;
  }

  private boolean isNetworkFull(Long network) {
    int halfOpen = handshakes.size(network);
    return peersOfNetworks.getOrDefault(network, 0) + halfOpen >= limits.peersPerAddress()
        || halfOpen >= limits.halfOpenPerAddress();
  }

  /** The handshake that can make room for a new one of this address, or null. */
  HalfOpen oldest(PeerAddress address) {
    Long network = address.network();
    var oldest = isNetworkFull(network) ? handshakes.oldest(network) : handshakes.oldest();
    return oldest == null ? null : oldest.item();
  }

  void begun(HalfOpen handshake, long now) {
    handshake.pending = handshakes.add(handshake.link.address.network(), handshake, now);
  }

  void ended(HalfOpen handshake) {
    handshake.remove();
    handshakes.remove(handshake.pending);
  }

  void connected(PeerAddress address) {
    peers++;
    peersOfNetworks.merge(address.network(), 1, Integer::sum);
  }

  void disconnected(PeerAddress address) {
    peers--;
    peersOfNetworks.computeIfPresent(
        address.network(), (network, count) -> count == 1 ? null : count - 1);
  }

  /** Handshakes that clients have not confirmed. */
  int halfOpen() {
    return handshakes.size();
  }
}
