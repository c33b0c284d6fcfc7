package io.linkspan.protocol.enet;

/**
 * One connection of a host, used on the event loop of its host. After a change made here the host
 * has something to transmit.
 */
public final class EnetPeer extends Endpoint {

  /** Queues the events of peers and keeps track of those that have ended. */
  interface Owner {
    /** The server has assigned an id to a connection of ours. */
    void assigned(EnetPeer peer, int outgoingPeerId);

    void connected(EnetPeer peer, int data);

    void received(EnetPeer peer, int channel, Delivery delivery, byte[] payload);

    void tooLarge(EnetPeer peer, int channel, long length);

    void disconnected(EnetPeer peer, EndReason reason, int data);

    /** Replaces a peer that has ended by the record of it. */
    Departed ended(EnetPeer peer);
  }

  /** Data of the DISCONNECT for a peer that others need the room of; the close code 4429. */
  private static final int NO_ROOM = 4429;

  private final EnetConfig.Limits limits;
  private final TransmitQueue toTransmit;
  private final Owner owner;
  private final boolean ours;
  private final RoundTrip roundTrip = new RoundTrip();
  private final PeerOutput output;
  private final PeerInput input;
  private final PeerBandwidth bandwidth;
  private PeerState state;
  private int channels;
  private int disconnectData;
  private Object attachment;
  private long lastReceived;

  /** Whether the application has ended the connection: nothing more is delivered. */
  private boolean muted;

  /** Set while the peer was lost and no DISCONNECT was sent. */
  private Departed lost;

  /** Makes a connection that we ask for. */
  EnetPeer(PeerResources shared, Owner owner, PeerLink link, int channels, int data, long now) {
    // The first ping is due at once: the round trip time is unknown (§6.3).
    this(shared, owner, link, true, now - shared.timeouts().pingInterval());
    this.channels = channels;
    state = PeerState.CONNECTING;
    int incoming = shared.bandwidth().incoming();
    int outgoing = shared.bandwidth().outgoing();
    output.setWindow(Handshake.windowFor(outgoing));
    var connect = Handshake.connect(link, channels, incoming, outgoing, output.window(), data);
    output.queueControl(Command.CONNECT, connect.body());
  }

  /** Makes a connection that a client asked for and has confirmed. */
  EnetPeer(PeerResources shared, Owner owner, HalfOpen handshake, long now) {
    this(shared, owner, handshake.link, false, now);
    channels = handshake.channels;
    state = PeerState.CONNECTED;
    output.handshakeSent();
    output.setPings(true);
  }

  private EnetPeer(
      PeerResources shared, Owner owner, PeerLink link, boolean ours, long lastAcknowledged) {
    super(link);
    this.owner = owner;
    this.ours = ours;
    limits = shared.limits();
    toTransmit = shared.toTransmit();
    output = new PeerOutput(link, shared, roundTrip, lastAcknowledged);
    input = new PeerInput(shared, new Control(), output);
    bandwidth = new PeerBandwidth(this, shared, output, roundTrip);
  }

  /** The address of the other side. */
  public PeerAddress address() {
    return link.address;
  }

  public PeerState state() {
    return state;
  }

  /** Whether messages can be sent. */
  public boolean isConnected() {
    return state == PeerState.CONNECTED;
  }

  /** Channels agreed on, 1 to 255. */
  public int channels() {
    return channels;
  }

  /** Bytes queued or not acknowledged, with 64 for each command. */
  public long queuedBytes() {
    return output.queuedBytes();
  }

  /** When the last valid datagram arrived. */
  public long lastReceived() {
    return lastReceived;
  }

  /** When the other side last acknowledged anything. */
  public long lastAcknowledged() {
    return output.lastAcknowledged();
  }

  /** The object that belongs to this connection in the shell. */
  public Object attachment() {
    return attachment;
  }

  public void attach(Object object) {
    attachment = object;
  }

  /**
   * Queues a message.
   *
   * @param channel 0 up to {@link #channels()}
   * @param payload must not be changed afterwards; up to the configured packet size; may be empty,
   *     but C clients that compress can be crashed by a reply to an empty message (§16)
   * @return false when the peer is not connected, or has too much queued already
   * @throws IllegalArgumentException for a channel that does not exist or a message too long
   */
  public boolean send(int channel, byte[] payload, Delivery delivery) {
    if (channel < 0 || channel >= channels) {
      throw new IllegalArgumentException("channel " + channel + " of " + channels);
    }
    if (payload.length > limits.packetSize()) {
      throw new IllegalArgumentException(
          "message of " + payload.length + " bytes, at most " + limits.packetSize());
    }
    if (state != PeerState.CONNECTED
        || output.queuedBytes() + payload.length > limits.queuedPerPeer()) {
      return false;
    }
    output.queueMessage(channel, payload, delivery);
    toTransmit.add(this);
    return true;
  }

  /**
   * Ends the connection without sending what is queued; {@link EnetEvent.Disconnected} follows when
   * the other side has acknowledged it (§12). An attempt to connect is given up without an event.
   *
   * @param data for the application of the other side
   */
  public void disconnect(int data) {
    switch (state) {
      case CONNECTING -> disconnectNow(data);
      case CONNECTED, DISCONNECT_LATER -> startDisconnect(data);
      case DISCONNECTING, DISCONNECTED -> {
        // In progress, or ended.
      }
    }
  }

  /** As {@link #disconnect}, after everything queued has been sent and acknowledged. */
  public void disconnectLater(int data) {
    if (state != PeerState.CONNECTED) {
      disconnect(data);
      return;
    }
    state = PeerState.DISCONNECT_LATER;
    output.setPings(false);
    disconnectData = data;
    muted = true;
    toTransmit.add(this);
  }

  /** Sends DISCONNECT once, without waiting for an acknowledgement. No event follows. */
  public void disconnectNow(int data) {
    if (state == PeerState.DISCONNECTED) {
      return;
    }
    boolean sent = state == PeerState.DISCONNECTING;
    muted = true;
    var record = end();
    if (!sent) {
      record.sendDisconnect(output.nextControl(), data);
    }
  }

  /**
   * Sends DISCONNECT to a peer that was lost by a timeout, in case that it receives again: once,
   * without waiting for an acknowledgement. Does nothing when the connection ended otherwise.
   *
   * @param data for the application of the other side
   */
  public void notifyLost(int data) {
    if (lost != null) {
      lost.sendDisconnect(output.nextControl(), data);
      lost = null;
    }
  }

  /** Forgets the connection; the other side notices by a timeout. No event follows. */
  public void reset() {
    if (state != PeerState.DISCONNECTED) {
      muted = true;
      end();
    }
  }

  /**
   * Sets how both sides thin out unreliable messages when the round trip time grows (§13).
   *
   * @param interval milliseconds over which the round trip time is compared
   * @param acceleration step up, of 32; 32 with a deceleration of 0 switches the throttle off
   * @param deceleration step down, of 32
   */
  public void configureThrottle(int interval, int acceleration, int deceleration) {
    roundTrip.configure(interval, acceleration, deceleration);
    if (state == PeerState.CONNECTED) {
      output.queueControl(Command.THROTTLE_CONFIGURE, interval, acceleration, deceleration);
      toTransmit.add(this);
    }
  }

  @Override
  public String toString() {
    return link.address + "#" + link.incomingPeerId + " " + state;
  }

  @Override
  void receive(DatagramReader in, long now) {
    lastReceived = now;
    input.receive(in, now);
    if (state == PeerState.DISCONNECTED) {
      return;
    }
    // A client that compresses also decompresses.
    link.compression |= in.compressed;
    if (output.hasSomething() || state == PeerState.DISCONNECT_LATER) {
      toTransmit.add(this);
    }
  }

  @Override
  boolean transmit(DatagramWriter out, long now) {
    if (output.transmit(out, now)) {
      return true;
    }
    if (state == PeerState.DISCONNECT_LATER && output.isDrained()) {
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
    if (output.expire(now)) {
      toTransmit.add(this);
    } else {
      loseContact();
    }
  }

  @Override
  boolean isGone() {
    return state == PeerState.DISCONNECTED;
  }

  boolean isMuted() {
    return muted;
  }

  /** Whether we asked for the connection. */
  boolean isOurs() {
    return ours;
  }

  PeerBandwidth bandwidth() {
    return bandwidth;
  }

  RoundTrip roundTrip() {
    return roundTrip;
  }

  PeerOutput output() {
    return output;
  }

  /** The application has taken a delivered message. */
  void taken(byte[] payload) {
    input.taken(payload);
  }

  /**
   * The client has confirmed the handshake.
   *
   * @param sample round trip time, or negative
   */
  void confirmed(Handshake connect, int sample, long now) {
    roundTrip.configure(
        connect.throttleInterval(), connect.throttleAcceleration(), connect.throttleDeceleration());
    if (sample >= 0) {
      roundTrip.sample(sample, now);
    }
    bandwidth.connected(connect.incomingBandwidth(), connect.outgoingBandwidth());
    bandwidth.applyWindow();
    owner.connected(this, connect.data());
  }

  /** A CONNECT from the same slot of the client shows that it no longer has this connection. */
  void abandoned(EndReason reason) {
    end(reason, 0);
  }

  private void startDisconnect(int data) {
    muted = true;
    state = PeerState.DISCONNECTING;
    output.clear();
    input.clear();
    output.queueControl(Command.DISCONNECT, data);
    toTransmit.add(this);
  }

  /** Without an answer to CONNECT there is no connection; a DISCONNECT was sent as often as due. */
  private void loseContact() {
    var before = state;
    var record = end(before == PeerState.DISCONNECTING ? EndReason.LOCAL : EndReason.TIMEOUT, 0);
    if (before != PeerState.CONNECTING && before != PeerState.DISCONNECTING) {
      lost = record;
    }
  }

  private Departed end(EndReason reason, int data) {
    var record = end();
    owner.disconnected(this, reason, data);
    return record;
  }

  private Departed end() {
    boolean wasConnected = state != PeerState.CONNECTING;
    state = PeerState.DISCONNECTED;
    output.clear();
    input.clear();
    if (wasConnected) {
      bandwidth.disconnected();
    }
    return owner.ended(this);
  }

  /** Carries out what the other side says about the connection. */
  private final class Control implements PeerInput.Control {

    @Override
    public PeerState state() {
      return state;
    }

    @Override
    public int channels() {
      return channels;
    }

    @Override
    public void received(int channel, Delivery delivery, byte[] payload) {
      owner.received(EnetPeer.this, channel, delivery, payload);
    }

    @Override
    public void tooLarge(int channel, long length) {
      owner.tooLarge(EnetPeer.this, channel, length);
    }

    @Override
    public void evict() {
      end(EndReason.NO_ROOM, 0).sendDisconnect(output.nextControl(), NO_ROOM);
    }

    @Override
    public boolean verified(Handshake answer) {
      if (state != PeerState.CONNECTING) {
        return true;
      }
      if (answer.connectId() != link.connectId || answer.peerId() >= Datagram.NO_PEER) {
        // Forged: the server has received the id in our CONNECT.
        return false;
      }
      if (!answer.hasPossibleChannels() || !answer.keepsThrottleOf(roundTrip)) {
        end(EndReason.BAD_ANSWER, 0);
        return false;
      }
      output.handshakeAnswered();
      owner.assigned(EnetPeer.this, answer.peerId());
      link.incomingSession = answer.incomingSession() & Datagram.SESSION_MASK;
      link.outgoingSession = answer.outgoingSession() & Datagram.SESSION_MASK;
      link.mtu = Math.min(link.mtu, Handshake.clampMtu(answer.mtu()));
      channels = Math.min(channels, answer.channels());
      output.setWindow(Math.min(output.window(), Handshake.clampWindow(answer.windowSize())));
      output.setPings(true);
      state = PeerState.CONNECTED;
      bandwidth.connected(answer.incomingBandwidth(), answer.outgoingBandwidth());
      owner.connected(EnetPeer.this, 0);
      toTransmit.add(EnetPeer.this);
      return true;
    }

    @Override
    public void acknowledged(Command what) {
      if (state == PeerState.DISCONNECTING && what == Command.DISCONNECT) {
        end(EndReason.LOCAL, 0);
      }
    }

    @Override
    public void limitBandwidth(int incoming, int outgoing) {
      bandwidth.changed(incoming, outgoing);
    }

    @Override
    public void configureThrottle(int interval, int acceleration, int deceleration) {
      roundTrip.configure(interval, acceleration, deceleration);
    }

    @Override
    public void disconnected(int data, int sequence, int sentTime) {
      var record = end(EndReason.REMOTE, data);
      if (sequence >= 0) {
        record.acknowledge(sequence, sentTime);
      }
    }

    @Override
    public void expel() {
      if (state != PeerState.DISCONNECTED) {
        end(EndReason.VIOLATION, 0).sendDisconnect(output.nextControl(), 0);
      }
    }
  }
}
