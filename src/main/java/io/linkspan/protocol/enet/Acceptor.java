package io.linkspan.protocol.enet;

import java.util.random.RandomGenerator;

/** Answers the CONNECTs of clients and turns confirmed handshakes into peers (§6.2, §18). */
final class Acceptor implements HalfOpen.Owner {
  /** Concurrent handshakes of one slot of a client: more than one only when they are forged. */
  private static final int HANDSHAKES_PER_ORIGIN = 4;

  /** Data of the DISCONNECT for a client that speaks another dialect; the close code 4400. */
  private static final int NOT_UNDERSTOOD = 4400;

  /** Networks whose CONNECTs are counted at a time. */
  private static final int CONNECTING_NETWORKS = 4096;

  private final EnetConfig config;
  private final PeerResources resources;
  private final RandomGenerator random;
  private final Endpoints endpoints;
  private final Admission admission;
  private final Peers peers;
  private final ConnectRate connectRate;

  Acceptor(
      EnetConfig config,
      PeerResources resources,
      RandomGenerator random,
      Endpoints endpoints,
      Admission admission,
      Peers peers) {
    this.config = config;
    this.resources = resources;
    this.random = random;
    this.endpoints = endpoints;
    this.admission = admission;
    this.peers = peers;
    connectRate = new ConnectRate(config.limits().connectRate(), CONNECTING_NETWORKS);
  }

  /**
   * Handles the CONNECT of a client.
   *
   * @param received bytes of its datagram
   * @return null, or why it is not answered
   */
  DropReason connect(
      Handshake connect,
      PeerAddress address,
      boolean checksum,
      boolean compressed,
      int received,
      long now) {
    if (!connect.hasPossibleChannels() || connect.peerId() >= Datagram.NO_PEER) {
      return DropReason.BAD_CONNECT;
    }
    if (!connectRate.admits(address, now)) {
      return DropReason.TOO_MANY_CONNECTS;
    }
    var repeated = withConnectId(address, connect);
    if (repeated instanceof HalfOpen handshake) {
      handshake.connectRepeated(received);
      return null;
    }
    if (repeated != null) {
      return DropReason.REPEATED_CONNECT;
    }
    int incomingSessions = 0;
    int outgoingSessions = 0;
    int handshakes = 0;
    HalfOpen oldest = null;
    EnetPeer leaving = null;
    for (var known = endpoints.table().firstOfOrigin(address, connect.peerId());
        known != null;
        known = EndpointTable.nextOfOrigin(known)) {
      var link = known.link;
      if (known instanceof HalfOpen handshake) {
        handshake.supersede();
        handshakes++;
        // The table has the latest one first.
        oldest = handshake;
      } else if (known instanceof EnetPeer peer && peer.state() == PeerState.DISCONNECTING) {
        leaving = peer;
      }
      incomingSessions |= 1 << link.incomingSession;
      outgoingSessions |= 1 << link.outgoingSession;
    }
    if (leaving != null) {
      // The client has left. A repeated DISCONNECT of ours would end its new attempt, which does
      // not know the sessions yet (§6.4).
      leaving.abandoned(EndReason.LOCAL);
    }
    if (handshakes >= HANDSHAKES_PER_ORIGIN) {
      expired(oldest);
    }
    for (var refusal = admission.refusal(address);
        refusal != null;
        refusal = admission.refusal(address)) {
      var replaced = admission.oldest(address);
      if (replaced == null || !replaced.hadTime(now)) {
        return refusal;
      }
      expired(replaced);
    }
    int id = endpoints.freeId(address);
    if (id == Datagram.NO_PEER) {
      return DropReason.ADDRESS_FULL;
    }
    var link = new PeerLink(address, id, connect.connectId());
    link.clock = random.nextInt(1 << 16);
    link.outgoingPeerId = connect.peerId();
    link.outgoingSession = freshSession(outgoingSessions, connect.incomingSession());
    link.incomingSession = freshSession(incomingSessions, connect.outgoingSession());
    link.checksum = checksum;
    link.compression = compressed;
    link.mtu = Math.min(Handshake.clampMtu(connect.mtu()), config.mtu());
    begin(link, connect, received, now);
    return null;
  }

  /**
   * Returns what an earlier copy of this CONNECT has begun, or null. A late copy changes nothing
   * about an attempt that the client has begun since.
   */
  private Endpoint withConnectId(PeerAddress address, Handshake connect) {
    for (var known = endpoints.table().firstOfOrigin(address, connect.peerId());
        known != null;
        known = EndpointTable.nextOfOrigin(known)) {
      if (known.link.connectId == connect.connectId()) {
        return known;
      }
    }
    return null;
  }

  /**
   * Answers the CONNECT of a client that cannot be served by one DISCONNECT, which is shorter and
   * has none of the flags that dialects differ in. A client that is connected is never sent one.
   */
  void refuse(Handshake connect, PeerAddress address, long now) {
    if (connect.peerId() >= Datagram.NO_PEER
        || endpoints.table().firstOfOrigin(address, connect.peerId()) != null
        || !connectRate.admits(address, now)) {
      return;
    }
    var link = new PeerLink(address, Datagram.NO_PEER, connect.connectId());
    link.outgoingPeerId = connect.peerId();
    link.mtu = Datagram.MINIMUM_MTU;
    new Departed(link, endpoints.toTransmit(), resources.counters(), now)
        .sendDisconnect(1, NOT_UNDERSTOOD);
  }

  private void begin(PeerLink link, Handshake connect, int received, long now) {
    var bandwidth = resources.bandwidth();
    var answer =
        connect.answer(link, config.channels(), bandwidth.incoming(), bandwidth.outgoing());
    var handshake =
        new HalfOpen(
            link,
            connect,
            answer,
            config.timing(),
            resources.counters(),
            endpoints.toTransmit(),
            this,
            received,
            now);
    endpoints.add(handshake);
    admission.begun(handshake, now);
    endpoints.schedule(handshake);
    endpoints.toTransmit().add(handshake);
  }

  /**
   * A session id that neither side has used lately for this slot, so that datagrams in flight for
   * another connection are not taken for this one (§6.2, §6.4). The client accepts any.
   */
  private int freshSession(int usedHere, int usedThere) {
    int used = usedThere <= Datagram.SESSION_MASK ? usedHere | 1 << usedThere : usedHere;
    int first = random.nextInt(Datagram.SESSION_MASK + 1);
    for (int i = 0; i <= Datagram.SESSION_MASK; i++) {
      int session = (first + i) & Datagram.SESSION_MASK;
      if ((used >>> session & 1) == 0) {
        return session;
      }
    }
    return (usedThere + 1) & Datagram.SESSION_MASK;
  }

  private EnetPeer connectionOf(HalfOpen handshake) {
    var link = handshake.link;
    for (var known = endpoints.table().firstOfOrigin(link.address, link.outgoingPeerId);
        known != null;
        known = EndpointTable.nextOfOrigin(known)) {
      if (known instanceof EnetPeer peer) {
        return peer;
      }
    }
    return null;
  }

  @Override
  public void confirmed(HalfOpen handshake, int sample, DatagramReader in, long now) {
    var dead = connectionOf(handshake);
    if (dead != null) {
      dead.abandoned(EndReason.REPLACED);
    }
    expired(handshake);
    var peer = new EnetPeer(resources, peers, handshake, now);
    peers.add(peer);
    peer.confirmed(handshake.connect, sample, now);
    peer.receive(in, now);
    if (!peer.isGone()) {
      endpoints.toTransmit().add(peer);
      endpoints.schedule(peer);
    }
  }

  @Override
  public void left(HalfOpen handshake, DatagramReader in, long now) {
    expired(handshake);
    peers.record(handshake.link).receive(in, now);
  }

  @Override
  public void expired(HalfOpen handshake) {
    endpoints.remove(handshake);
    admission.ended(handshake);
  }
}
