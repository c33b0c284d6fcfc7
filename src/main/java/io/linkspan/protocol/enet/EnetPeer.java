package io.linkspan.protocol.enet;

import java.nio.ByteBuffer;

/**
 * One connection of a host. Belongs to the event loop of its host; after a change here the host has
 * something to transmit.
 */
public final class EnetPeer extends Endpoint {

  /**
   *
   *
   * <pre>
   *                VERIFY_CONNECT                 disconnectLater
   *   CONNECTING ────────────────► CONNECTED ──────────────────► DISCONNECT_LATER
   *       │                         ▲  │  │                        │      │
   *       │   client's confirmation │  │  │ disconnect             │ all  │
   *       │   (the host's HalfOpen) ┘  │  ▼                        │ acknowledged
   *       │                            │  DISCONNECTING ◄──────────┼──────┘
   *       │ timeout, bad answer        │    │ acknowledged         │
   *       │                            │    │                      │ timeout, DISCONNECT,
   *       ▼                            ▼    ▼                      ▼ disconnectNow, reset
   *   DISCONNECTED ◄───────────────────────────────────────────────
   * </pre>
   */
  public enum State {
    /** Our CONNECT is on its way. */
    CONNECTING,
    /** Messages go both ways. */
    CONNECTED,
    /** What was queued is still sent; what arrives is thrown away. */
    DISCONNECT_LATER,
    /** Our DISCONNECT is on its way. */
    DISCONNECTING,
    /** Over. */
    DISCONNECTED
  }

  final EnetHost host;
  final RoundTrip roundTrip = new RoundTrip();
  final PeerOutput output;
  final PeerInput input;

  private State state;
  private final boolean ours;
  private int channels;
  private int incomingBandwidth;
  private int outgoingBandwidth;
  private int toldIncoming;
  private int toldOutgoing;
  private int disconnectData;

  /** The application has ended it: nothing more is delivered. */
  private boolean muted;

  /** Set while the peer was lost and has not been told. */
  private Departed lost;

  private Object attachment;
  private long lastReceived;

  /** A connection that we ask for. */
  EnetPeer(
      EnetHost host,
      PeerAddress address,
      int incomingPeerId,
      int connectId,
      int channels,
      int data,
      long now) {
    super(address, incomingPeerId, connectId);
    this.host = host;
    this.channels = channels;
    ours = true;
    state = State.CONNECTING;
    outgoingPeerId = Datagram.NO_PEER;
    mtu = host.config.mtu();
    checksum = host.config.checksum() == Feature.ON;
    compression = host.config.compression() == Feature.ON;
    // The first ping is due at once: there is no round trip time yet (§6.3).
    output = new PeerOutput(this, roundTrip, now - host.pingInterval);
    input = new PeerInput(this);
    output.setWindow(Handshake.windowFor(host.outgoingBandwidth()));
    var connect =
        new Handshake(
            incomingPeerId,
            Handshake.UNKNOWN_SESSION,
            Handshake.UNKNOWN_SESSION,
            mtu,
            output.window(),
            channels,
            host.incomingBandwidth(),
            host.outgoingBandwidth(),
            roundTrip.interval,
            roundTrip.acceleration,
            roundTrip.deceleration,
            connectId,
            data);
    output.queueControl(Command.CONNECT, body(connect));
  }

  /** A connection that a client asked for, and has confirmed. */
  EnetPeer(EnetHost host, HalfOpen handshake, long now) {
    super(handshake.address, handshake.incomingPeerId, handshake.connectId);
    this.host = host;
    copyHead(handshake);
    ours = false;
    state = State.CONNECTED;
    channels = handshake.channels;
    var connect = handshake.connect;
    incomingBandwidth = connect.incomingBandwidth();
    outgoingBandwidth = connect.outgoingBandwidth();
    roundTrip.configure(
        connect.throttleInterval(), connect.throttleAcceleration(), connect.throttleDeceleration());
    output = new PeerOutput(this, roundTrip, now);
    output.handshakeSent();
    output.setWindow(Handshake.windowBetween(host.outgoingBandwidth(), incomingBandwidth));
    input = new PeerInput(this);
  }

  private static byte[] body(Handshake handshake) {
    byte[] body = new byte[Command.CONNECT.size - Command.HEAD_LENGTH];
    handshake.encode(io.netty.buffer.Unpooled.wrappedBuffer(body).clear(), Command.CONNECT);
    return body;
  }

  // ---- for the shell

  /** Where the other side is. */
  public PeerAddress address() {
    return address;
  }

  public State state() {
    return state;
  }

  /** Whether messages can be sent. */
  public boolean isConnected() {
    return state == State.CONNECTED;
  }

  /** Channels agreed on, 1 to 255. */
  public int channels() {
    return channels;
  }

  /** Whether datagrams carry a checksum (§15). */
  public boolean usesChecksum() {
    return checksum;
  }

  /** Whether datagrams to this peer are compressed where that helps (§16). */
  public boolean usesCompression() {
    return compression;
  }

  /** Smoothed round trip time in milliseconds; 500 before it is known (§8.2). */
  public int roundTripTime() {
    return roundTrip.time();
  }

  /** Variance of the round trip time in milliseconds. */
  public int roundTripVariance() {
    return roundTrip.variance();
  }

  /** How many of 32 unreliable messages are sent (§13). */
  public int packetThrottle() {
    return roundTrip.throttle();
  }

  /** Bytes queued or not acknowledged, with 64 for each command. */
  public long queuedBytes() {
    return output.queuedBytes();
  }

  /** Bytes of reliable messages sent and not acknowledged. */
  public int bytesInFlight() {
    return output.bytesInFlight();
  }

  /** Bytes received and not yet polled, with 64 for each message. */
  public long waitingBytes() {
    return input.waiting();
  }

  /** When a datagram last came that was in order. */
  public long lastReceived() {
    return lastReceived;
  }

  /** What {@link #attach} was given. */
  public Object attachment() {
    return attachment;
  }

  /** Lets the shell find what belongs to this connection. */
  public void attach(Object object) {
    attachment = object;
  }

  /**
   * Queues a message.
   *
   * @param channel 0 up to {@link #channels()}
   * @param payload must not be changed afterwards; up to the configured packet size; may be empty,
   *     but stock clients that compress can be crashed by an answer to an empty message (§16)
   * @return false when the peer is not connected, or has too much queued already
   * @throws IllegalArgumentException for a channel that does not exist or a message too long
   */
  public boolean send(int channel, byte[] payload, Delivery delivery) {
    if (channel < 0 || channel >= channels) {
      throw new IllegalArgumentException("channel " + channel + " of " + channels);
    }
    if (payload.length > host.limits.packetSize()) {
      throw new IllegalArgumentException(
          "message of " + payload.length + " bytes, at most " + host.limits.packetSize());
    }
    if (state != State.CONNECTED
        || output.queuedBytes() + payload.length > host.limits.queuedPerPeer()) {
      return false;
    }
    output.queueMessage(channel, payload, delivery);
    host.wantsTransmit(this);
    return true;
  }

  /**
   * Ends the connection without sending what is queued; {@link EnetEvent.Disconnected} follows when
   * the other side knows (§12). An attempt to connect is given up without an event.
   *
   * @param data for the other side's application
   */
  public void disconnect(int data) {
    switch (state) {
      case CONNECTING -> disconnectNow(data);
      case CONNECTED, DISCONNECT_LATER -> startDisconnect(data);
      case DISCONNECTING, DISCONNECTED -> {
        // Under way, or over.
      }
    }
  }

  /** As {@link #disconnect}, after everything queued has been sent and acknowledged. */
  public void disconnectLater(int data) {
    if (state != State.CONNECTED) {
      disconnect(data);
      return;
    }
    state = State.DISCONNECT_LATER;
    disconnectData = data;
    muted = true;
    host.wantsTransmit(this);
  }

  /** Says so once, without waiting for an answer. No event follows. */
  public void disconnectNow(int data) {
    if (state == State.DISCONNECTED) {
      return;
    }
    boolean said = state == State.DISCONNECTING;
    var memory = end();
    if (!said) {
      memory.sayFarewell(output.nextControl(), data);
    }
  }

  /**
   * Tells a peer that was lost by a timeout that its connection is over, in case it can hear again:
   * once, without waiting for an answer. Does nothing for one that ended otherwise.
   *
   * @param data for the other side's application
   */
  public void sayFarewell(int data) {
    if (lost != null) {
      lost.sayFarewell(output.nextControl(), data);
      lost = null;
    }
  }

  /** Forgets the connection; the other side will notice by a timeout. No event follows. */
  public void reset() {
    if (state != State.DISCONNECTED) {
      end();
    }
  }

  /**
   * Sets how the unreliable messages of both sides are thinned out when the round trip gets longer
   * (§13).
   *
   * @param interval milliseconds over which the round trip is compared
   * @param acceleration step up, of 32; 32 with a deceleration of 0 switches the throttle off
   * @param deceleration step down, of 32
   */
  public void configureThrottle(int interval, int acceleration, int deceleration) {
    roundTrip.configure(interval, acceleration, deceleration);
    if (state == State.CONNECTED) {
      var body = ByteBuffer.allocate(12);
      body.putInt(interval).putInt(acceleration).putInt(deceleration);
      output.queueControl(Command.THROTTLE_CONFIGURE, body.array());
      host.wantsTransmit(this);
    }
  }

  @Override
  public String toString() {
    return address + "#" + incomingPeerId + " " + state;
  }

  // ---- for the rest of the core

  @Override
  void receive(DatagramReader in, long now) {
    lastReceived = now;
    input.receive(in, now);
    if (state == State.DISCONNECTED) {
      return;
    }
    // A client that compresses understands it.
    compression |= in.compressed;
    if (output.hasSomething() || state == State.DISCONNECT_LATER) {
      host.wantsTransmit(this);
    }
  }

  @Override
  boolean transmit(DatagramWriter out, long now) {
    if (output.transmit(out, now)) {
      return true;
    }
    if (state == State.DISCONNECT_LATER && output.isDrained()) {
      startDisconnect(disconnectData);
      return true;
    }
    return false;
  }

  @Override
  long dueAt() {
    return output.dueAt();
  }

  @Override
  void wake(long now) {
    if (!output.expire(now)) {
      loseContact();
      return;
    }
    host.wantsTransmit(this);
  }

  boolean isOver() {
    return state == State.DISCONNECTED;
  }

  boolean isMuted() {
    return muted;
  }

  /** Whether we asked for the connection. */
  boolean isOurs() {
    return ours;
  }

  int incomingBandwidth() {
    return incomingBandwidth;
  }

  int outgoingBandwidth() {
    return outgoingBandwidth;
  }

  /**
   * The answer to our CONNECT (§6.3).
   *
   * @return false when it is refused
   */
  boolean verified(Handshake answer, long now) {
    if (state != State.CONNECTING) {
      return true;
    }
    if (answer.connectId() != connectId || answer.peerId() >= Datagram.NO_PEER) {
      // Only who has seen our CONNECT knows its id.
      host.counters.drop(DropReason.BAD_COMMAND);
      return false;
    }
    if (!answer.hasPossibleChannels()
        || answer.throttleInterval() != roundTrip.interval
        || answer.throttleAcceleration() != roundTrip.acceleration
        || answer.throttleDeceleration() != roundTrip.deceleration) {
      end(EndReason.BAD_ANSWER, 0);
      return false;
    }
    output.handshakeAnswered();
    host.table.remove(this);
    outgoingPeerId = answer.peerId();
    incomingSession = answer.incomingSession() & Datagram.SESSION_MASK;
    outgoingSession = answer.outgoingSession() & Datagram.SESSION_MASK;
    host.table.add(this);
    channels = Math.min(channels, answer.channels());
    mtu = Math.min(mtu, Handshake.clampMtu(answer.mtu()));
    output.setWindow(Math.min(output.window(), Handshake.clampWindow(answer.windowSize())));
    incomingBandwidth = answer.incomingBandwidth();
    outgoingBandwidth = answer.outgoingBandwidth();
    state = State.CONNECTED;
    host.bandwidth.peerChanged(0, incomingBandwidth);
    host.deliver(new EnetEvent.Connected(this, 0));
    host.wantsTransmit(this);
    return true;
  }

  void acknowledged(Command what, long now) {
    if (state == State.DISCONNECTING && what == Command.DISCONNECT) {
      end(EndReason.LOCAL, 0);
    }
  }

  /**
   * The other side has disconnected.
   *
   * @param sequence the number to acknowledge, or -1
   */
  void disconnected(int data, int sequence, int sentTime, long now) {
    var memory = end(EndReason.REMOTE, data);
    if (sequence >= 0) {
      memory.acknowledge(sequence, sentTime);
    }
  }

  /** Ends the connection of a peer that does not keep to the protocol. */
  void expel() {
    if (state != State.DISCONNECTED) {
      end(EndReason.VIOLATION, 0).sayFarewell(output.nextControl(), 0);
    }
  }

  /** The other side shows that it knows of our DISCONNECT, if not by acknowledging it. */
  void hasLeft() {
    end(EndReason.LOCAL, 0);
  }

  void replaced() {
    end(EndReason.REPLACED, 0);
  }

  /** The peer announces its limits (§10.7). */
  void limitBandwidth(int incoming, int outgoing) {
    host.bandwidth.peerChanged(incomingBandwidth, incoming);
    incomingBandwidth = incoming;
    outgoingBandwidth = outgoing;
    output.setWindow(Handshake.windowBetween(host.outgoingBandwidth(), incoming));
    if (incoming == 0) {
      roundTrip.limitThrottle(RoundTrip.THROTTLE_SCALE);
    }
  }

  /** Tells the peer how much it may send, if that is news. */
  void tellBandwidth(int incoming, int outgoing) {
    if (incoming != toldIncoming || outgoing != toldOutgoing) {
      toldIncoming = incoming;
      toldOutgoing = outgoing;
      var body = ByteBuffer.allocate(8);
      body.putInt(incoming).putInt(outgoing);
      output.queueControl(Command.BANDWIDTH_LIMIT, body.array());
      host.wantsTransmit(this);
    }
  }

  /** Payload of one fragment that fills a datagram (§7.1). */
  int longestFragment() {
    return mtu
        - Datagram.HEADER_LENGTH
        - Command.SEND_FRAGMENT.size
        - (checksum ? Datagram.CHECKSUM_LENGTH : 0);
  }

  private void startDisconnect(int data) {
    muted = true;
    state = State.DISCONNECTING;
    output.clear();
    input.clear();
    output.queueControl(
        Command.DISCONNECT, ByteBuffer.allocate(Integer.BYTES).putInt(data).array());
    host.wantsTransmit(this);
  }

  /**
   * Who did not answer to our CONNECT has no connection, and who was sent a DISCONNECT was told.
   */
  private void loseContact() {
    boolean told = state == State.DISCONNECTING;
    boolean known = state != State.CONNECTING;
    var memory = end(told ? EndReason.LOCAL : EndReason.TIMEOUT, 0);
    if (known && !told) {
      lost = memory;
    }
  }

  private Departed end(EndReason reason, int data) {
    var memory = remember();
    host.deliver(new EnetEvent.Disconnected(this, reason, data));
    return memory;
  }

  private Departed end() {
    muted = true;
    return remember();
  }

  private Departed remember() {
    boolean wasConnected = state != State.CONNECTING;
    state = State.DISCONNECTED;
    output.clear();
    input.clear();
    return host.ended(this, wasConnected);
  }
}
