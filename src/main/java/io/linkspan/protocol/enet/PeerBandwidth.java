package io.linkspan.protocol.enet;

import java.nio.ByteBuffer;

/** Holds the bandwidth limits of one peer and applies them to what it is sent (§14). */
final class PeerBandwidth implements Bandwidth.Member {
  private final Endpoint peer;
  private final Bandwidth shared;
  private final TransmitQueue toTransmit;
  private final PeerOutput output;
  private final RoundTrip roundTrip;

  /** The limits that the peer has announced. */
  private int incoming;

  private int outgoing;

  /** The limits that were last announced to the peer. */
  private int announcedIncoming;

  private int announcedOutgoing;

  PeerBandwidth(Endpoint peer, PeerResources resources, PeerOutput output, RoundTrip roundTrip) {
    this.peer = peer;
    this.output = output;
    this.roundTrip = roundTrip;
    shared = resources.bandwidth();
    toTransmit = resources.toTransmit();
  }

  /** Takes the limits that the peer has announced in its handshake. */
  void connected(int incomingLimit, int outgoingLimit) {
    incoming = incomingLimit;
    outgoing = outgoingLimit;
    shared.peerChanged(0, incoming);
  }

  void disconnected() {
    shared.peerChanged(incoming, 0);
  }

  /** Takes the limits that the peer announces later (§10.7). */
  void changed(int incomingLimit, int outgoingLimit) {
    shared.peerChanged(incoming, incomingLimit);
    incoming = incomingLimit;
    outgoing = outgoingLimit;
    applyWindow();
    if (incoming == 0) {
      roundTrip.limitThrottle(RoundTrip.THROTTLE_SCALE);
    }
  }

  /** Sets the byte window that fits the limits of both sides (§6.2). */
  void applyWindow() {
    output.setWindow(Handshake.windowBetween(shared.outgoing(), incoming));
  }

  @Override
  public int incoming() {
    return incoming;
  }

  @Override
  public int outgoing() {
    return outgoing;
  }

  @Override
  public long bytesSinceShare() {
    return output.bytesSinceShare();
  }

  @Override
  public void share(int throttle) {
    roundTrip.limitThrottle(throttle);
    output.restartShare();
  }

  @Override
  public void announce(int incomingLimit, int outgoingLimit) {
    if (incomingLimit == announcedIncoming && outgoingLimit == announcedOutgoing) {
      return;
    }
    announcedIncoming = incomingLimit;
    announcedOutgoing = outgoingLimit;
    var body = ByteBuffer.allocate(8).putInt(incomingLimit).putInt(outgoingLimit);
    output.queueControl(Command.BANDWIDTH_LIMIT, body.array());
    toTransmit.add(peer);
  }
}
