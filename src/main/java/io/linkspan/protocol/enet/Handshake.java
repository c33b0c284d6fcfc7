package io.linkspan.protocol.enet;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * The body of CONNECT, and of VERIFY_CONNECT, which has no data field (§4). Offsets count from the
 * start of the command.
 *
 * <pre>
 *    4 u16 sender's peer id   6 u8 incoming session   7 u8 outgoing session
 *    8 u32 mtu               12 u32 window size      16 u32 channels
 *   20 u32 incoming and      24 u32 outgoing bandwidth, the sender's own
 *   28 u32 throttle interval 32 u32 acceleration     36 u32 deceleration
 *   40 4 B connect id        44 u32 data
 * </pre>
 */
record Handshake(
    int peerId,
    int incomingSession,
    int outgoingSession,
    int mtu,
    int windowSize,
    int channels,
    int incomingBandwidth,
    int outgoingBandwidth,
    int throttleInterval,
    int throttleAcceleration,
    int throttleDeceleration,
    int connectId,
    int data) {

  static final int UNKNOWN_SESSION = 0xFF;
  static final int MINIMUM_WINDOW = 4096;
  static final int MAXIMUM_WINDOW = 65_536;

  /** The CONNECT that opens a connection of ours (§6.1). */
  static Handshake connect(
      PeerLink link, int channels, int incoming, int outgoing, int windowSize, int data) {
    return new Handshake(
        link.incomingPeerId,
        UNKNOWN_SESSION,
        UNKNOWN_SESSION,
        link.mtu,
        windowSize,
        channels,
        incoming,
        outgoing,
        RoundTrip.THROTTLE_INTERVAL,
        RoundTrip.THROTTLE_STEP,
        RoundTrip.THROTTLE_STEP,
        link.connectId,
        data);
  }

  /**
   * The VERIFY_CONNECT that answers this CONNECT (§6.2).
   *
   * @param link as the server has chosen it
   * @param mostChannels of the server
   * @param incoming bandwidth of the server
   * @param outgoing bandwidth of the server
   */
  Handshake answer(PeerLink link, int mostChannels, int incoming, int outgoing) {
    return new Handshake(
        link.incomingPeerId,
        // Named from the client's point of view.
        link.outgoingSession,
        link.incomingSession,
        link.mtu,
        Math.min(windowFor(incoming), clampWindow(windowSize)),
        Math.min(channels, mostChannels),
        incoming,
        outgoing,
        throttleInterval,
        throttleAcceleration,
        throttleDeceleration,
        connectId,
        0);
  }

  static Handshake decode(ByteBuf bytes, int at, Command command) {
    return new Handshake(
        bytes.getUnsignedShort(at + 4),
        bytes.getUnsignedByte(at + 6),
        bytes.getUnsignedByte(at + 7),
        bytes.getInt(at + 8),
        bytes.getInt(at + 12),
        bytes.getInt(at + 16),
        bytes.getInt(at + 20),
        bytes.getInt(at + 24),
        bytes.getInt(at + 28),
        bytes.getInt(at + 32),
        bytes.getInt(at + 36),
        bytes.getInt(at + 40),
        command == Command.CONNECT ? bytes.getInt(at + 44) : 0);
  }

  void encode(ByteBuf out, Command command) {
    out.writeShort(peerId);
    out.writeByte(incomingSession);
    out.writeByte(outgoingSession);
    out.writeInt(mtu);
    out.writeInt(windowSize);
    out.writeInt(channels);
    out.writeInt(incomingBandwidth);
    out.writeInt(outgoingBandwidth);
    out.writeInt(throttleInterval);
    out.writeInt(throttleAcceleration);
    out.writeInt(throttleDeceleration);
    out.writeInt(connectId);
    if (command == Command.CONNECT) {
      out.writeInt(data);
    }
  }

  /** The body of a CONNECT. */
  byte[] body() {
    byte[] body = new byte[Command.CONNECT.size - Command.HEAD_LENGTH];
    encode(Unpooled.wrappedBuffer(body).clear(), Command.CONNECT);
    return body;
  }

  /** Whether this answer has the throttle settings of our CONNECT, as it must (§6.3). */
  boolean keepsThrottleOf(RoundTrip roundTrip) {
    return throttleInterval == roundTrip.interval
        && throttleAcceleration == roundTrip.acceleration
        && throttleDeceleration == roundTrip.deceleration;
  }

  /** Whether the number of channels is 1 to 255; the field has 32 bits. */
  boolean hasPossibleChannels() {
    return channels >= 1 && channels <= 255;
  }

  static int clampMtu(int offered) {
    return clamp(offered, Datagram.MINIMUM_MTU, Datagram.MAXIMUM_LENGTH);
  }

  static int clampWindow(int offered) {
    return clamp(offered, MINIMUM_WINDOW, MAXIMUM_WINDOW);
  }

  /** The byte window for a bandwidth; 0 is no limit (§6.2). */
  static int windowFor(int bandwidth) {
    return bandwidth == 0 ? MAXIMUM_WINDOW : clampWindow((bandwidth >>> 16) * MINIMUM_WINDOW);
  }

  /** The byte window between a sender and a receiver that may both have limits (§6.2). */
  static int windowBetween(int sending, int receiving) {
    if (sending == 0 || receiving == 0) {
      return windowFor(sending | receiving);
    }
    return windowFor(Integer.compareUnsigned(sending, receiving) < 0 ? sending : receiving);
  }

  private static int clamp(int unsigned, int least, int most) {
    if (Integer.compareUnsigned(unsigned, least) < 0) {
      return least;
    }
    return Integer.compareUnsigned(unsigned, most) > 0 ? most : unsigned;
  }
}
