package io.linkspan.transport.enet;

import io.linkspan.config.ConfigNode;
import io.linkspan.config.Hosts;
import io.linkspan.protocol.enet.EnetConfig;
import io.linkspan.protocol.enet.Feature;
import java.time.Duration;
import java.util.Map;

/**
 * Configuration of the ENet transport.
 *
 * @param host to listen at
 * @param port of UDP; 0 is any free one
 * @param channels most channels of a connection
 * @param checksum whether datagrams carry a CRC-32
 * @param compression whether datagrams are compressed
 * @param maxPacketSize bytes of one message, both ways
 * @param maxIncomplete bytes of one event loop in messages that are incomplete or held back
 * @param maxPeers connections of one event loop
 * @param halfOpen handshakes of one event loop that clients have not confirmed
 * @param halfOpenPerAddress the same for one IPv4 address or IPv6 /64
 * @param handshakeTimeout after which an unconfirmed handshake is forgotten
 * @param connectRate connection attempts per second from one IPv4 /24 or IPv6 /64 at one event
 *     loop; 0 is no limit
 * @param pingInterval time without an acknowledgement after which a ping is sent
 * @param timeoutLimit multiple of the first wait for an acknowledgement, up to which it doubles
 * @param timeoutMinimum a silent client is not disconnected sooner
 * @param timeoutMaximum a silent client is disconnected at the latest after this
 * @param authTimeout time without a Message after which a client is anonymous
 * @param clientAcknowledges the default of the auth message's header {@code ack}
 */
public record EnetTransportConfig(
    boolean enabled,
    String host,
    int port,
    int channels,
    Feature checksum,
    Feature compression,
    int maxPacketSize,
    long maxIncomplete,
    int maxPeers,
    int halfOpen,
    int halfOpenPerAddress,
    Duration handshakeTimeout,
    int connectRate,
    Duration pingInterval,
    int timeoutLimit,
    Duration timeoutMinimum,
    Duration timeoutMaximum,
    Duration authTimeout,
    boolean clientAcknowledges) {

  /** Bounds of the protocol. */
  private static final int MOST_CHANNELS = 255;

  private static final int SHORTEST_PACKET = 128;
  private static final int LONGEST_PACKET = 12 << 20;
  private static final Duration SHORTEST_TIMEOUT = Duration.ofMillis(1);
  private static final Duration LONGEST_TIMEOUT = Duration.ofSeconds(60);
  private static final int MOST_DOUBLINGS = 1_000;

  /** Commands and fragment heads also count towards the bytes queued for a peer. */
  private static final int QUEUE_OVERHEAD = 4;

  /**
   * The configuration of the core.
   *
   * @param writeQueue bytes after which a client is a slow consumer; 0 is no limit
   */
  EnetConfig core(long writeQueue) {
    var limits = EnetConfig.Limits.DEFAULT;
    var timing = EnetConfig.Timing.DEFAULT;
    long queue =
        writeQueue == 0
            ? Integer.MAX_VALUE
            : Math.min(Integer.MAX_VALUE, writeQueue + (long) QUEUE_OVERHEAD * maxPacketSize);
    int waiting = Math.max(limits.waitingPerPeer(), 2 * maxPacketSize);
    return EnetConfig.DEFAULT
        .withChannels(channels)
        .withChecksum(checksum)
        .withCompression(compression)
        .withLimits(
            new EnetConfig.Limits(
                maxPeers,
                limits.peersPerAddress(),
                halfOpen,
                halfOpenPerAddress,
                connectRate,
                limits.departed(),
                maxPacketSize,
                waiting,
                Math.max(maxIncomplete, waiting),
                (int) queue,
                limits.commandsPerSecond(),
                limits.violations()))
        .withTiming(
            new EnetConfig.Timing(
                pingInterval,
                timeoutLimit,
                timeoutMinimum,
                timeoutMaximum,
                timing.retransmissionFloor(),
                timing.retransmissionCeiling(),
                handshakeTimeout,
                timing.departed()));
  }

  /**
   * Reads the section {@code enet}.
   *
   * @param authTimeout from the section {@code auth}
   */
  public static EnetTransportConfig read(ConfigNode enet, Duration authTimeout) {
    ConfigNode timeout = enet.section("timeout");
    ConfigNode handshakes = enet.section("handshakes");
    Duration minimum = timeout.duration("minimum", SHORTEST_TIMEOUT, LONGEST_TIMEOUT);
    Duration maximum = timeout.duration("maximum", SHORTEST_TIMEOUT, LONGEST_TIMEOUT);
    if (minimum.compareTo(maximum) > 0) {
      timeout.reject("minimum", "no more than " + timeout.keyOf("maximum"));
    }
    return new EnetTransportConfig(
        enet.flag("enabled"),
        enet.name("host"),
        enet.port("port"),
        enet.count("channels", 1, MOST_CHANNELS),
        enet.choice("checksum", checksums(enet.name("host"))),
        enet.choice("compression", Map.of("auto", Feature.DETECT, "none", Feature.OFF)),
        enet.size("maxPacketSize", SHORTEST_PACKET, LONGEST_PACKET),
        enet.size("maxIncomplete", SHORTEST_PACKET),
        enet.count("maxPeers", 1),
        handshakes.count("max", 1),
        handshakes.count("maxPerAddress", 1),
        handshakes.duration("timeout", SHORTEST_TIMEOUT, LONGEST_TIMEOUT),
        enet.rate("connectRate"),
        enet.duration("pingInterval", SHORTEST_TIMEOUT, LONGEST_TIMEOUT),
        timeout.count("limit", 1, MOST_DOUBLINGS),
        minimum,
        maximum,
        authTimeout,
        enet.either("acknowledge", "client", "transport"));
  }

  /** The default asks for checksums where strangers can send datagrams. */
  private static Map<String, Feature> checksums(String host) {
    return Map.of(
        "by-host", Hosts.isLoopback(host) ? Feature.DETECT : Feature.ON,
        "auto", Feature.DETECT,
        "required", Feature.ON,
        "true", Feature.ON,
        "none", Feature.OFF,
        "false", Feature.OFF);
  }

  /** Whether anybody who can send to the port can send messages as a client, in few attempts. */
  public boolean admitsForgedDatagrams() {
    return checksum != Feature.ON && !Hosts.isLoopback(host);
  }
}
