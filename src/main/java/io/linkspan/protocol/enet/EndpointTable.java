package io.linkspan.protocol.enet;

import java.util.function.Consumer;

/**
 * Finds endpoints by address and our peer id, for every datagram, and by address and the client's
 * peer id, for a CONNECT. The chains of the hash tables run through the endpoints, so that neither
 * a look-up nor an entry allocates anything.
 */
final class EndpointTable {
  private static final int INITIAL = 64;

  private final long salt;
  private Endpoint[] byId = new Endpoint[INITIAL];
  private Endpoint[] byOrigin = new Endpoint[INITIAL];
  private int size;

  EndpointTable(long salt) {
    this.salt = salt;
  }

  int size() {
    return size;
  }

  Endpoint find(PeerAddress address, int incomingPeerId) {
    var found = byId[bucket(address, incomingPeerId)];
    while (found != null
        && !(found.link.incomingPeerId == incomingPeerId && found.link.address.equals(address))) {
      found = found.nextById;
    }
    return found;
  }

  /** The first endpoint of this address and slot of the client; there may be several. */
  Endpoint firstOfOrigin(PeerAddress address, int outgoingPeerId) {
    return origin(byOrigin[bucket(address, outgoingPeerId)], address, outgoingPeerId);
  }

  /** The endpoint after this one with the same address and slot of the client, or null. */
  static Endpoint nextOfOrigin(Endpoint endpoint) {
    return origin(endpoint.nextByOrigin, endpoint.link.address, endpoint.link.outgoingPeerId);
  }

  private static Endpoint origin(Endpoint from, PeerAddress address, int outgoingPeerId) {
    var found = from;
    while (found != null
        && !(found.link.outgoingPeerId == outgoingPeerId && found.link.address.equals(address))) {
      found = found.nextByOrigin;
    }
    return found;
  }

  void add(Endpoint endpoint) {
    if (size++ >= byId.length) {
      grow();
    }
    link(endpoint);
  }

  void remove(Endpoint endpoint) {
    size--;
    int bucket = bucket(endpoint.link.address, endpoint.link.incomingPeerId);
    if (byId[bucket] == endpoint) {
      byId[bucket] = endpoint.nextById;
    } else {
      var before = byId[bucket];
      while (before.nextById != endpoint) {
        before = before.nextById;
      }
      before.nextById = endpoint.nextById;
    }
    endpoint.nextById = null;

    bucket = bucket(endpoint.link.address, endpoint.link.outgoingPeerId);
    if (byOrigin[bucket] == endpoint) {
      byOrigin[bucket] = endpoint.nextByOrigin;
    } else {
      var before = byOrigin[bucket];
      while (before.nextByOrigin != endpoint) {
        before = before.nextByOrigin;
      }
      before.nextByOrigin = endpoint.nextByOrigin;
    }
    endpoint.nextByOrigin = null;
  }

  /** Passes on every endpoint; the table must not change meanwhile. */
  void forEach(Consumer<Endpoint> action) {
    for (var head : byId) {
      for (var endpoint = head; endpoint != null; endpoint = endpoint.nextById) {
        action.accept(endpoint);
      }
    }
  }

  private void grow() {
    var old = byId;
    byId = new Endpoint[old.length * 2];
    byOrigin = new Endpoint[old.length * 2];
    for (var head : old) {
      for (var endpoint = head; endpoint != null; ) {
        var next = endpoint.nextById;
        link(endpoint);
        endpoint = next;
      }
    }
  }

  private void link(Endpoint endpoint) {
    int bucket = bucket(endpoint.link.address, endpoint.link.incomingPeerId);
    endpoint.nextById = byId[bucket];
    byId[bucket] = endpoint;
    bucket = bucket(endpoint.link.address, endpoint.link.outgoingPeerId);
    endpoint.nextByOrigin = byOrigin[bucket];
    byOrigin[bucket] = endpoint;
  }

  private int bucket(PeerAddress address, int id) {
    int hash = address.hash(salt) + id * 0x9E3779B1;
    return (hash ^ hash >>> 16) & (byId.length - 1);
  }
}
