package io.linkspan.protocol.enet;

/**
 * One handshake: a client whose CONNECT was answered and that has not confirmed the answer. Anybody
 * may have forged its address so far, so it holds little, expires soon and is sent next to nothing
 * (§6.2, §18).
 */
final class HalfOpen extends Endpoint {

  /** Decides what becomes of handshakes. */
  interface Owner {
    /** Whether another connection of the same slot of the client would be replaced. */
    boolean wouldReplace(HalfOpen handshake);

    /**
     * The datagram being read shows that the client received our answer.
     *
     * @param sample round trip time, or negative
     */
    void confirmed(HalfOpen handshake, int sample, DatagramReader in, long now);

    void expired(HalfOpen handshake);
  }

  private static final int REPEAT_AFTER = 500;
  private static final int VERIFY_SEQUENCE = 1;

  /** The CONNECT of the client. */
  final Handshake connect;

  /** Channels agreed on. */
  final int channels;

  private final Owner owner;
  private final EnetCounters counters;
  private final TransmitQueue toTransmit;
  private final Handshake answer;
  private final long expires;
  private long repeatAt;
  private int repeatsLeft;
  private boolean answerDue = true;
  private boolean gone;

  /** Low 16 bits of the times at which VERIFY_CONNECT was sent, newest first; -1 is none. */
  private final int[] sentTimes = {-1, -1, -1, -1};

  /**
   * @param answer the VERIFY_CONNECT
   */
  HalfOpen(
      PeerLink link,
      Handshake connect,
      Handshake answer,
      EnetConfig.Timing timing,
      EnetCounters counters,
      TransmitQueue toTransmit,
      Owner owner,
      long now) {
    super(link);
    this.connect = connect;
    this.answer = answer;
    this.counters = counters;
    this.toTransmit = toTransmit;
    this.owner = owner;
    channels = answer.channels();
    expires = now + timing.handshake().toMillis();
    repeatsLeft = timing.verifyRepeats();
    repeatAt = now + REPEAT_AFTER;
  }

  /** The client has repeated its CONNECT: the answer may have been lost. */
  void connectRepeated() {
    answerDue = true;
    toTransmit.add(this);
  }

  /**
   * The client, or a forger, has begun another attempt, which repeating the answer to this one
   * would end. The client can still confirm this one.
   */
  void supersede() {
    repeatsLeft = 0;
  }

  /** The host has removed it. */
  void remove() {
    gone = true;
  }

  @Override
  void receive(DatagramReader in, long now) {
    int sample = confirmedAfter(in, now);
    // Any datagram with the right id and session shows that the client has the answer. Replacing a
    // connection takes the acknowledgement: a forger has only 14 bits to guess otherwise.
    if (sample < 0 && owner.wouldReplace(this)) {
      counters.drop(DropReason.WRONG_STATE);
      return;
    }
    owner.confirmed(this, sample, in, now);
  }

  /** The time that the acknowledgement of VERIFY_CONNECT took, or -1 when there is none. */
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
        for (int known : sentTimes) {
          if (known == sentTime) {
            return (int) (now - sentTime) & 0xFFFF;
          }
        }
      }
    }
    return -1;
  }

  @Override
  boolean transmit(DatagramWriter out, long now) {
    if (!answerDue) {
      return false;
    }
    answerDue = false;
    System.arraycopy(sentTimes, 0, sentTimes, 1, sentTimes.length - 1);
    sentTimes[0] = (int) now & 0xFFFF;
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
      owner.expired(this);
      return;
    }
    if (repeatsLeft > 0 && now >= repeatAt) {
      repeatsLeft--;
      repeatAt = now + 2 * REPEAT_AFTER;
      answerDue = true;
      toTransmit.add(this);
    }
  }

  @Override
  boolean isGone() {
    return gone;
  }
}
