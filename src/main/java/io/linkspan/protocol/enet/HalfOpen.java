package io.linkspan.protocol.enet;

import io.linkspan.protocol.PendingTable;

/**
 * One handshake: a client whose CONNECT was answered and that has not confirmed the answer. Anybody
 * may have forged its address so far, so it holds little, expires soon and is sent next to nothing
 * (§6.2, §18).
 */
final class HalfOpen extends Endpoint {

  /** Decides what becomes of handshakes. */
  interface Owner {
    /**
     * The datagram being read shows that the client received our answer.
     *
     * @param sample round trip time
     */
    void confirmed(HalfOpen handshake, int sample, DatagramReader in, long now);

    /** The datagram being read shows that the client has left. */
    void left(HalfOpen handshake, DatagramReader in, long now);

    void expired(HalfOpen handshake);
  }

  private static final int REPEAT_AFTER = 500;
  private static final int LEAST_TIME = 500;
  private static final Command ANSWER = Command.VERIFY_CONNECT;
  private static final int VERIFY_SEQUENCE = 1;

  /** The acknowledgement is among the first of its datagram: more of them are guesses. */
  private static final int ACKNOWLEDGEMENTS = 4;

  /** The CONNECT of the client. */
  final Handshake connect;

  /** Channels agreed on. */
  final int channels;

  private final Owner owner;
  private final EnetCounters counters;
  private final TransmitQueue toTransmit;
  private final Handshake answer;
  private final long hadTimeAt;
  private final long expires;
  private boolean superseded;
  private long repeatAt = NEVER;
  private boolean answerDue = true;

  /** Bytes that the client has sent and was not sent: a forger gains nothing by us (§18). */
  private int credit;

  private boolean gone;

  /** Set while {@link Admission} counts it. */
  PendingTable.Entry<Long, HalfOpen> pending;

  /** Low 16 bits of the times at which VERIFY_CONNECT was sent, newest first; -1 is none. */
  private final int[] sentTimes = {-1, -1, -1, -1};

  /**
   * @param answer the VERIFY_CONNECT
   * @param received bytes of the datagram with the CONNECT
   */
  HalfOpen(
      PeerLink link,
      Handshake connect,
      Handshake answer,
      EnetConfig.Timing timing,
      EnetCounters counters,
      TransmitQueue toTransmit,
      Owner owner,
      int received,
      long now) {
    super(link);
    this.connect = connect;
    this.answer = answer;
    this.counters = counters;
    this.toTransmit = toTransmit;
    this.owner = owner;
    channels = answer.channels();
    hadTimeAt = now + LEAST_TIME;
    expires = now + timing.handshake().toMillis();
    credit = received;
  }

  /**
   * The client has repeated its CONNECT: the answer may have been lost.
   *
   * @param received bytes of the datagram
   */
  void connectRepeated(int received) {
    credit += received;
    answerDue = true;
    toTransmit.add(this);
  }

  /**
   * The client, or a forger, has begun another attempt, which repeating the answer to this one
   * would end. The client can still confirm this one.
   */
  void supersede() {
    superseded = true;
    answerDue = false;
    repeatAt = NEVER;
  }

  /** Whether it has existed for long enough to make room for another one. */
  boolean hadTime(long now) {
    return now >= hadTimeAt;
  }

  /** The host has removed it. */
  void remove() {
    gone = true;
  }

  @Override
  void receive(DatagramReader in, long now) {
    int sample = confirmedAfter(in, now);
    if (sample >= 0) {
      owner.confirmed(this, sample, in, now);
      return;
    }
    if (in.start < in.end && Command.of(in.bytes.getUnsignedByte(in.start)) == Command.DISCONNECT) {
      // The C library drops the acknowledgement when the application disconnects at once.
      owner.left(this, in, now);
      return;
    }
    counters.drop(DropReason.WRONG_STATE);
    // Its sender has the id and the session from our answer, or has guessed 14 bits. A client whose
    // acknowledgement was lost does not repeat its CONNECT; it acknowledges the answer again.
    if (!superseded && repeatAt == NEVER) {
      repeat(now);
    }
  }

  private void repeat(long now) {
    repeatAt = now + REPEAT_AFTER;
    credit = Math.max(credit, Datagram.HEADER_LENGTH + Datagram.CHECKSUM_LENGTH + ANSWER.size);
    answerDue = true;
    toTransmit.add(this);
  }

  /** The time that the acknowledgement of VERIFY_CONNECT took, or -1 when there is none. */
  private int confirmedAfter(DatagramReader in, long now) {
    int end = Math.min(in.end, in.start + ACKNOWLEDGEMENTS * Command.ACKNOWLEDGE.size);
    for (int at = in.start; at + Command.ACKNOWLEDGE.size <= end; at += Command.ACKNOWLEDGE.size) {
      if (Command.of(in.bytes.getUnsignedByte(at)) != Command.ACKNOWLEDGE) {
        return -1;
      }
      if (in.bytes.getUnsignedByte(at + 1) == Command.CONTROL_CHANNEL
          && in.bytes.getUnsignedShort(at + 4) == VERIFY_SEQUENCE) {
        int sentTime = in.bytes.getUnsignedShort(at + 6);
        for (int known : sentTimes) {
          if (known == sentTime) {
            return link.since(sentTime, now);
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
    sentTimes[0] = link.sentTime(now);
    answer.encode(
        out.command(
            ANSWER, Command.ACKNOWLEDGE_ME, Command.CONTROL_CHANNEL, VERIFY_SEQUENCE, ANSWER.size),
        ANSWER);
    return false;
  }

  @Override
  boolean affords(int bytes) {
    if (bytes > credit) {
      counters.drop(DropReason.SMALL_CONNECT);
      return false;
    }
    credit -= bytes;
    return true;
  }

  @Override
  long dueAt() {
    return Math.min(repeatAt, expires);
  }

  @Override
  void wake(long now) {
    if (now >= expires) {
      owner.expired(this);
    } else if (now >= repeatAt) {
      repeat(now);
    }
  }

  @Override
  boolean isGone() {
    return gone;
  }
}
