package io.linkspan.protocol.enet;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** Counts the connections of a host, queues their events, and records those that have ended. */
final class Peers implements EnetPeer.Owner {
  private final Endpoints endpoints;
  private final EnetCounters counters;
  private final Admission admission;
  private final int mostDeparted;
  private final long departedInterval;
  private final ArrayDeque<EnetEvent> events = new ArrayDeque<>();
  private final ArrayDeque<Departed> departed = new ArrayDeque<>();
  private int count;
  private long now;

  Peers(EnetConfig config, Endpoints endpoints, EnetCounters counters, Admission admission) {
    this.endpoints = endpoints;
    this.counters = counters;
    this.admission = admission;
    mostDeparted = config.limits().departed();
    departedInterval = config.timing().departed().toMillis();
  }

  /** Sets the time at which connections end from now on. */
  void setTime(long time) {
    now = time;
  }

  /** Forgets the ended connections whose time is over. */
  void forgetDeparted() {
    while (!departed.isEmpty() && departed.peekFirst().expires <= now) {
      endpoints.remove(departed.removeFirst());
    }
  }

  /** Connections that have not ended, those that we ask for included. */
  int count() {
    return count;
  }

  void add(EnetPeer peer) {
    count++;
    endpoints.add(peer);
    if (!peer.isOurs()) {
      admission.connected(peer.address());
    }
  }

  /** The peers that share the bandwidth of the host. */
  List<Bandwidth.Member> sharing() {
    List<Bandwidth.Member> members = new ArrayList<>();
    endpoints
        .table()
        .forEach(
            endpoint -> {
              if (endpoint instanceof EnetPeer peer && peer.isConnected()) {
                members.add(peer.bandwidth());
              }
            });
    return members;
  }

  // ---- events

  /** The next event, or null. */
  EnetEvent pollEvent() {
    for (var event = events.poll(); event != null; event = events.poll()) {
      if (event instanceof EnetEvent.Received received) {
        received.peer().taken(received.payload());
        if (received.peer().isMuted()) {
          continue;
        }
      }
      return event;
    }
    return null;
  }

  int pendingEvents() {
    return events.size();
  }

  @Override
  public void connected(EnetPeer peer, int data) {
    events.add(new EnetEvent.Connected(peer, data));
  }

  @Override
  public void received(EnetPeer peer, int channel, Delivery delivery, byte[] payload) {
    events.add(new EnetEvent.Received(peer, channel, delivery, payload));
  }

  @Override
  public void tooLarge(EnetPeer peer, int channel, long length) {
    events.add(new EnetEvent.TooLarge(peer, channel, length));
  }

  @Override
  public void disconnected(EnetPeer peer, EndReason reason, int data) {
    events.add(new EnetEvent.Disconnected(peer, reason, data));
  }

  // ---- table

  @Override
  public void assigned(EnetPeer peer, int outgoingPeerId) {
    endpoints.table().remove(peer);
    peer.link.outgoingPeerId = outgoingPeerId;
    endpoints.table().add(peer);
  }

  @Override
  public Departed ended(EnetPeer peer) {
    endpoints.remove(peer);
    count--;
    if (!peer.isOurs()) {
      admission.disconnected(peer.address());
    }
    return record(peer.link);
  }

  /** Makes the record of a connection, or of a handshake, that has ended. */
  Departed record(PeerLink link) {
    var record = new Departed(link, endpoints.toTransmit(), counters, now + departedInterval);
    if (mostDeparted > 0) {
      if (departed.size() >= mostDeparted) {
        endpoints.remove(departed.removeFirst());
      }
      departed.addLast(record);
      endpoints.add(record);
    }
    return record;
  }
}
