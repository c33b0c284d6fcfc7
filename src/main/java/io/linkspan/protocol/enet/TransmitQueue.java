package io.linkspan.protocol.enet;

/**
 * Lists the endpoints that have something to send, in the order in which they asked. The list runs
 * through the endpoints, so that nothing is allocated.
 */
final class TransmitQueue {
  private Endpoint first;
  private Endpoint last;

  /** Adds an endpoint, unless it is in the list. */
  void add(Endpoint endpoint) {
    if (endpoint.transmitting) {
      return;
    }
    endpoint.transmitting = true;
    if (endpoint == last || endpoint.nextToTransmit != null) {
      // It finished sending, and has not been removed from the list yet.
      return;
    }
    if (last == null) {
      first = endpoint;
    } else {
      last.nextToTransmit = endpoint;
    }
    last = endpoint;
  }

  /** The endpoint whose turn it is, or null. */
  Endpoint first() {
    return first;
  }

  void removeFirst() {
    var removed = first;
    first = removed.nextToTransmit;
    removed.nextToTransmit = null;
    if (first == null) {
      last = null;
    }
  }
}
