package io.linkspan.protocol.enet;

import java.util.random.RandomGenerator;

/** Holds the endpoints of a host: found by address and id, woken when due, asked what to send. */
final class Endpoints {
  private final RandomGenerator random;
  private final EndpointTable table;
  private final DeadlineHeap deadlines = new DeadlineHeap();
  private final TransmitQueue toTransmit = new TransmitQueue();

  Endpoints(RandomGenerator random) {
    this.random = random;
    table = new EndpointTable(random.nextLong());
  }

  EndpointTable table() {
    return table;
  }

  TransmitQueue toTransmit() {
    return toTransmit;
  }

  void add(Endpoint endpoint) {
    table.add(endpoint);
  }

  /** Removes an endpoint from everywhere; its queued datagrams are not sent. */
  void remove(Endpoint endpoint) {
    table.remove(endpoint);
    deadlines.remove(endpoint);
    endpoint.transmitting = false;
  }

  /** Wakes the endpoint when it next has something to do, unless it is gone. */
  void schedule(Endpoint endpoint) {
    if (!endpoint.isGone()) {
      deadlines.schedule(endpoint, endpoint.dueAt());
    }
  }

  /** Wakes every endpoint that has something to do by now. */
  void advanceTo(long now) {
    for (var due = deadlines.poll(now); due != null; due = deadlines.poll(now)) {
      // A deadline may have moved away since it was scheduled.
      if (due.dueAt() <= now) {
        due.wake(now);
      }
      if (!due.isGone()) {
        // What is due now waits to be transmitted.
        deadlines.schedule(due, Math.max(due.dueAt(), now + 1));
      }
    }
  }

  /** The earliest deadline, or {@link Endpoint#NEVER}. */
  long nextDeadline() {
    return deadlines.next();
  }

  /** A random id that is not in use with this address, or {@link Datagram#NO_PEER} (§18). */
  int freeId(PeerAddress address) {
    int first = random.nextInt(Datagram.NO_PEER);
    for (int i = 0; i < Datagram.NO_PEER; i++) {
      int id = (first + i) % Datagram.NO_PEER;
      if (table.find(address, id) == null) {
        return id;
      }
    }
    return Datagram.NO_PEER;
  }
}
