package io.linkspan.protocol.enet;

/**
 * A client whose CONNECT has been answered and who has not shown yet that it got the answer: until
 * then anybody may have forged its address, so it costs little, lasts shortly and is sent next to
 * nothing (§6.2, §18).
 */
final class HalfOpen extends Endpoint {
  private static final int REPEAT_AFTER = 500;
  private static final int VERIFY_SEQUENCE = 1;

  private final EnetHost host;

  /** The client's CONNECT. */
  final Handshake connect;

  /** The window that the client may use towards us. */
  private final int clientWindow;

  final int channels;

  private final long expires;
  private long repeatAt;
  private int repeatsLeft;
  private boolean asked = true;
  private boolean forgotten;

  /** Low 16 bits of when VERIFY_CONNECT was last sent, newest lowest; -1 is none. */
  private final int[] sentTimes = {-1, -1, -1, -1};

  HalfOpen(
      EnetHost host,
      PeerAddress address,
      int incomingPeerId,
      Handshake connect,
      EnetConfig config,
      long now) {
    super(address, incomingPeerId, connect.connectId());
    this.host = host;
    this.connect = connect;
    outgoingPeerId = connect.peerId();
    mtu = Math.min(Handshake.clampMtu(connect.mtu()), config.mtu());
    channels = Math.min(connect.channels(), config.channels());
    clientWindow =
        Math.min(
            Handshake.windowFor(host.incomingBandwidth()),
            Handshake.clampWindow(connect.windowSize()));
    expires = now + config.timing().handshake().toMillis();
    repeatsLeft = config.timing().verifyRepeats();
    repeatAt = now + REPEAT_AFTER;
  }

  /** The client has repeated its CONNECT: the answer may have been lost. */
  void askedAgain() {
    asked = true;
  }

  /**
   * The client, or a forger, has begun another attempt, which repeating our answer to this one
   * would end. It can still be confirmed.
   */
  void supersede() {
    repeatsLeft = 0;
  }

  boolean isForgotten() {
    return forgotten;
  }

  void forget() {
    forgotten = true;
  }

  @Override
  void receive(DatagramReader in, long now) {
    int sample = confirmedAfter(in, now);
    // Any datagram with the right id and session shows that the client has our answer. Where a
    // connection is to be replaced more is asked for: a forger has 14 bits to guess otherwise.
    if (sample < 0 && host.wouldReplace(this)) {
      host.counters.drop(DropReason.WRONG_STATE);
      return;
    }
    host.complete(this, sample, in, now);
  }

  /** How long the acknowledgement of VERIFY_CONNECT took, or -1 when it is not there. */
  private int confirmedAfter(DatagramReader in, long now) {
    for (int at = in.start;
        at + Command.ACKNOWLEDGE.size <= in.end;
        at += Command.ACKNOWLEDGE.size) {
      if (Command.of(in.bytes.getUnsignedByte(at)) != Command.ACKNOWLEDGE) {
        return -1;
      }
      if (in.bytes.getUnsignedByte(at + 1) == Command.CONTROL_CHANNEL
          && in.bytes.getUnsignedShort(at + 4) == VERIFY_SEQUENCE) {
        int sentTime = in.bytes.getUnsignedShort(at + 6);
        for (int mine : sentTimes) {
          if (mine == sentTime) {
            return (int) (now - sentTime) & 0xFFFF;
          }
        }
      }
    }
    return -1;
  }

  @Override
  boolean transmit(DatagramWriter out, long now) {
    if (!asked) {
      return false;
    }
    asked = false;
    System.arraycopy(sentTimes, 0, sentTimes, 1, sentTimes.length - 1);
    sentTimes[0] = (int) now & 0xFFFF;
    var answer =
        new Handshake(
            incomingPeerId,
            outgoingSession,
            incomingSession,
            mtu,
            clientWindow,
            channels,
            host.incomingBandwidth(),
            host.outgoingBandwidth(),
            connect.throttleInterval(),
            connect.throttleAcceleration(),
            connect.throttleDeceleration(),
            connectId,
            0);
    answer.encode(
        out.command(
            Command.VERIFY_CONNECT,
            Command.ACKNOWLEDGE_ME,
            Command.CONTROL_CHANNEL,
            VERIFY_SEQUENCE,
            Command.VERIFY_CONNECT.size),
        Command.VERIFY_CONNECT);
    return false;
  }

  @Override
  long dueAt() {
    return repeatsLeft > 0 ? Math.min(repeatAt, expires) : expires;
  }

  @Override
  void wake(long now) {
    if (now >= expires) {
      host.forget(this);
      return;
    }
    if (repeatsLeft > 0 && now >= repeatAt) {
      repeatsLeft--;
      repeatAt = now + 2 * REPEAT_AFTER;
      asked = true;
      host.wantsTransmit(this);
    }
  }
}
