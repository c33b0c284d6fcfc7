package io.linkspan.protocol.enet;

import java.time.Duration;

/**
 * Configuration of a host.
 *
 * @param channels most channels of a connection, 1 to 255
 * @param mtu longest datagram sent, 576 to 4096 bytes (§2)
 * @param incomingBandwidth bytes per second that the host wants to receive in all, 0 for no limit
 *     (§14)
 * @param outgoingBandwidth bytes per second that the host sends in all at most, 0 for no limit
 *     (§14)
 * @param checksum CRC-32 of every datagram
 * @param compression range coding of every datagram that becomes shorter by it
 */
public record EnetConfig(
    int channels,
    int mtu,
    int incomingBandwidth,
    int outgoingBandwidth,
    Feature checksum,
    Feature compression,
    Limits limits,
    Timing timing) {

  public static final EnetConfig DEFAULT =
      new EnetConfig(
          255, 1392, 0, 0, Feature.DETECT, Feature.DETECT, Limits.DEFAULT, Timing.DEFAULT);

  public EnetConfig {
    Require.between("channels", 1, channels, 255);
    Require.between("mtu", Datagram.MINIMUM_MTU, mtu, Datagram.MAXIMUM_LENGTH);
    Require.between("incomingBandwidth", 0, incomingBandwidth, Integer.MAX_VALUE);
    Require.between("outgoingBandwidth", 0, outgoingBandwidth, Integer.MAX_VALUE);
  }

  public EnetConfig withChannels(int value) {
    return new EnetConfig(
        value, mtu, incomingBandwidth, outgoingBandwidth, checksum, compression, limits, timing);
  }

  public EnetConfig withMtu(int value) {
    return new EnetConfig(
        channels,
        value,
        incomingBandwidth,
        outgoingBandwidth,
        checksum,
        compression,
        limits,
        timing);
  }

  public EnetConfig withBandwidth(int incoming, int outgoing) {
    return new EnetConfig(channels, mtu, incoming, outgoing, checksum, compression, limits, timing);
  }

  public EnetConfig withChecksum(Feature value) {
    return new EnetConfig(
        channels, mtu, incomingBandwidth, outgoingBandwidth, value, compression, limits, timing);
  }

  public EnetConfig withCompression(Feature value) {
    return new EnetConfig(
        channels, mtu, incomingBandwidth, outgoingBandwidth, checksum, value, limits, timing);
  }

  public EnetConfig withLimits(Limits value) {
    return new EnetConfig(
        channels, mtu, incomingBandwidth, outgoingBandwidth, checksum, compression, value, timing);
  }

  public EnetConfig withTiming(Timing value) {
    return new EnetConfig(
        channels, mtu, incomingBandwidth, outgoingBandwidth, checksum, compression, limits, value);
  }

  /**
   * Bounds on what peers and strangers can make the host hold or do (§18).
   *
   * @param peers connections and handshakes in all; a CONNECT beyond is dropped, unless the oldest
   *     handshake makes room
   * @param peersPerAddress the same for one IPv4 address or IPv6 /64
   * @param halfOpen unconfirmed handshakes in all; the oldest makes room when it had 500 ms
   * @param halfOpenPerAddress the same for one IPv4 address or IPv6 /64
   * @param connectRate CONNECTs per second from one IPv4 /24 or IPv6 /64, 0 for no limit; one more
   *     is dropped, and its sender repeats it
   * @param departed ended connections that are remembered; the oldest makes room
   * @param packetSize longest message, both ways, in bytes
   * @param waitingPerPeer bytes received and not yet taken, beyond which data is refused
   * @param waitingInAll bytes of messages that are incomplete or held back, of all peers together;
   *     above, the peer that holds most makes room for those that hold less
   * @param queuedPerPeer bytes that a peer may have queued for sending; beyond half of it the
   *     peer's own data is refused
   * @param commandsPerSecond commands handled per peer and second
   * @param violations impossible commands within 10 s that end a connection
   */
  public record Limits(
      int peers,
      int peersPerAddress,
      int halfOpen,
      int halfOpenPerAddress,
      int connectRate,
      int departed,
      int packetSize,
      int waitingPerPeer,
      long waitingInAll,
      int queuedPerPeer,
      int commandsPerSecond,
      int violations) {

    public static final Limits DEFAULT =
        new Limits(
            100_000, 4095, 16_384, 256, 1000, 16_384, 1 << 20, 4 << 20, 32L << 20, 8 << 20, 250_000,
            500);

    public Limits {
      Require.between("limits.peers", 1, peers, Integer.MAX_VALUE);
      Require.between("limits.peersPerAddress", 1, peersPerAddress, Integer.MAX_VALUE);
      Require.between("limits.halfOpen", 1, halfOpen, Integer.MAX_VALUE);
      Require.between("limits.halfOpenPerAddress", 1, halfOpenPerAddress, Integer.MAX_VALUE);
      Require.between("limits.connectRate", 0, connectRate, Integer.MAX_VALUE);
      Require.between("limits.departed", 0, departed, Integer.MAX_VALUE);
      // Beyond 24,576 fragments of the smallest MTU a sender may stall for good (§10.6).
      Require.between("limits.packetSize", 1, packetSize, 13_000_000);
      Require.between("limits.waitingPerPeer", packetSize, waitingPerPeer, Integer.MAX_VALUE);
      if (waitingInAll < waitingPerPeer) {
        throw new IllegalArgumentException(
            "limits.waitingInAll is " + waitingInAll + ", below limits.waitingPerPeer");
      }
      Require.between("limits.queuedPerPeer", packetSize, queuedPerPeer, Integer.MAX_VALUE);
      Require.between("limits.commandsPerSecond", 1, commandsPerSecond, Integer.MAX_VALUE);
      Require.between("limits.violations", 1, violations, Integer.MAX_VALUE);
    }
  }

  /**
   * Intervals after which something is repeated or given up.
   *
   * @param pingInterval time without an acknowledgement after which a ping asks for one (§11)
   * @param timeoutLimit a peer is lost when a command is not acknowledged for the time in which a
   *     wait that doubles grows to this many times the first, and {@code timeoutMinimum} (§9)
   * @param timeoutMinimum a peer is never lost sooner
   * @param timeoutMaximum a peer is always lost after this
   * @param retransmissionFloor the shortest first wait; round trip times of 1 ms would repeat after
   *     5
   * @param retransmissionCeiling the longest wait before something is sent again
   * @param handshake time after which an unconfirmed handshake is forgotten
   * @param departed how long an ended connection is remembered: its DISCONNECT is acknowledged
   *     again and its CONNECT ignored (§12)
   */
  public record Timing(
      Duration pingInterval,
      int timeoutLimit,
      Duration timeoutMinimum,
      Duration timeoutMaximum,
      Duration retransmissionFloor,
      Duration retransmissionCeiling,
      Duration handshake,
      Duration departed) {

    public static final Timing DEFAULT =
        new Timing(
            Duration.ofMillis(500),
            32,
            Duration.ofSeconds(5),
            Duration.ofSeconds(30),
            Duration.ofMillis(20),
            Duration.ofSeconds(2),
            Duration.ofSeconds(5),
            Duration.ofSeconds(60));

    public Timing {
      Require.positive("timing.pingInterval", pingInterval);
      Require.between("timing.timeoutLimit", 1, timeoutLimit, 1 << 30);
      Require.positive("timing.timeoutMinimum", timeoutMinimum);
      Require.positive("timing.timeoutMaximum", timeoutMaximum);
      Require.positive("timing.retransmissionFloor", retransmissionFloor);
      Require.positive("timing.retransmissionCeiling", retransmissionCeiling);
      Require.positive("timing.handshake", handshake);
      Require.positive("timing.departed", departed);
      // Sent times are 16 bits of milliseconds: an older one looks like a new one.
      if (timeoutMaximum.compareTo(Duration.ofSeconds(60)) > 0
          || timeoutMinimum.compareTo(timeoutMaximum) > 0
          || retransmissionFloor.compareTo(retransmissionCeiling) > 0) {
        throw new IllegalArgumentException(
            "timing: need timeoutMinimum <= timeoutMaximum <= 60 s and"
                + " retransmissionFloor <= retransmissionCeiling");
      }
    }
  }
}
