package io.linkspan.protocol.enet;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.random.RandomGenerator;

/**
 * The ENet side of one UDP socket: server for clients that connect, client of the servers that it
 * connects to, in any mixture. Touches no socket and no clock; used by one thread.
 *
 * <p>Change, drain, re-arm: after {@link #receive}, {@link #advanceTo} or any change to a peer,
 * take everything out with {@link #pollEvent} and {@link #pollTransmit}, and call {@link
 * #advanceTo} when {@link #nextDeadline} is reached. {@code now} is in milliseconds of any
 * monotonic clock.
 *
 * <pre>{@code
 * host.receive(packet.content(), address, now);
 * for (EnetEvent event; (event = host.pollEvent()) != null; ) {
 *   handle(event);
 * }
 * for (Transmit out; (out = host.pollTransmit(now)) != null; ) {
 *   channel.write(new DatagramPacket(out.datagram(), (InetSocketAddress) out.address().origin()));
 * }
 * }</pre>
 *
 * <p>Several datagrams may be received before draining: their acknowledgements then share a
 * datagram.
 */
public final class EnetHost {
  /** A CONNECT is alone in its datagram; nothing longer is expanded for an unknown address. */
  private static final int STRANGER_LENGTH = 128;

  private final EnetConfig config;
  private final RandomGenerator random;
  private final EnetCounters counters = new EnetCounters();
  private final CommandPool commands = new CommandPool();
  private final ReceiveBudget budget;
  private final Endpoints endpoints;
  private final Admission admission;
  private final Peers peers;
  private final Bandwidth bandwidth;
  private final PeerResources resources;
  private final Acceptor acceptor;
  private final DatagramReader reader;
  private final DatagramWriter writer;
  private final Transmit transmit = new Transmit();

  /**
   * @param random source of peer ids, session ids and connect ids: they are what stands between a
   *     forger and a connection, so a {@link java.security.SecureRandom} outside of tests
   * @param allocator of the datagrams that {@link #pollTransmit} returns
   */
  public EnetHost(EnetConfig config, RandomGenerator random, ByteBufAllocator allocator) {
    this.config = config;
    this.random = random;
    budget = new ReceiveBudget(config.limits().waitingInAll());
    endpoints = new Endpoints(random);
    admission = new Admission(config.limits());
    peers = new Peers(config, endpoints, counters, admission);
    bandwidth =
        new Bandwidth(config.incomingBandwidth(), config.outgoingBandwidth(), peers::sharing);
    resources =
        new PeerResources(
            config.limits(),
            new Timeouts(config.timing()),
            counters,
            commands,
            budget,
            bandwidth,
            endpoints.toTransmit());
    acceptor = new Acceptor(config, resources, random, endpoints, admission, peers);
    var coder = new RangeCoder();
    var crc = new Checksum();
    reader = new DatagramReader(coder, crc);
    writer = new DatagramWriter(allocator, coder, crc);
  }

  /**
   * Asks a server for a connection; {@link EnetEvent.Connected} or {@link EnetEvent.Disconnected}
   * follows (§6.1).
   *
   * @param channels 1 to 255
   * @param data for the application of the server
   * @throws IllegalStateException when 4095 connections to that address exist
   */
  public EnetPeer connect(PeerAddress address, int channels, int data, long now) {
    if (channels < 1 || channels > 255) {
      throw new IllegalArgumentException("channels is " + channels + ", must be 1 to 255");
    }
    peers.setTime(now);
    int id = endpoints.freeId(address);
    if (id == Datagram.NO_PEER) {
      throw new IllegalStateException("too many connections to one address");
    }
    var link = new PeerLink(address, id, random.nextInt());
    link.clock = random.nextInt(1 << 16);
    link.mtu = config.mtu();
    link.checksum = config.checksum() == Feature.ON;
    link.compression = config.compression() == Feature.ON;
    var peer = new EnetPeer(resources, peers, link, channels, data, now);
    peers.add(peer);
    endpoints.toTransmit().add(peer);
    return peer;
  }

  /**
   * Handles one UDP payload, the bytes between reader and writer index, and leaves them unchanged:
   * it keeps neither the buffer nor a reference to it. Whatever is not valid is counted.
   */
  public void receive(ByteBuf datagram, PeerAddress address, long now) {
    peers.setTime(now);
    int length = datagram.readableBytes();
    counters.datagramsReceived++;
    counters.bytesReceived += length;
    var drop = open(datagram, length, address, now);
    if (drop != null) {
      counters.drop(drop);
    }
    reader.close();
  }

  private DropReason open(ByteBuf datagram, int length, PeerAddress address, long now) {
    if (length < 2) {
      return DropReason.TOO_SHORT;
    }
    if (length > Datagram.MAXIMUM_LENGTH) {
      return DropReason.TOO_LONG;
    }
    int head = datagram.getUnsignedShort(datagram.readerIndex());
    int id = Datagram.peerId(head);
    if (id == Datagram.NO_PEER) {
      return receiveFromStranger(datagram, address, now);
    }
    var endpoint = endpoints.table().find(address, id);
    if (endpoint == null) {
      return DropReason.UNKNOWN_PEER;
    }
    var link = endpoint.link;
    if (!link.accepts(Datagram.session(head))) {
      return DropReason.WRONG_SESSION;
    }
    var failure =
        reader.open(
            datagram, link.checksum, link.connectId, config.compression(), Datagram.MAXIMUM_LENGTH);
    if (failure == null) {
      endpoint.receive(reader, now);
      endpoints.schedule(endpoint);
    }
    return failure;
  }

  private DropReason receiveFromStranger(ByteBuf datagram, PeerAddress address, long now) {
    if (isOfAnotherDialect(datagram)) {
      int at = datagram.readerIndex() + Datagram.HEADER_LENGTH;
      acceptor.refuse(Handshake.decode(datagram, at, Command.CONNECT), address, now);
      return DropReason.OTHER_DIALECT;
    }
    boolean checksum = config.checksum() != Feature.OFF && opens(datagram, true) == null;
    if (!checksum) {
      var failure = opens(datagram, false);
      if (failure != null) {
        return config.checksum() == Feature.ON ? DropReason.BAD_CHECKSUM : failure;
      }
    }
    if (reader.end - reader.start < Command.CONNECT.size
        || Command.of(reader.bytes.getUnsignedByte(reader.start)) != Command.CONNECT) {
      return checksum || config.checksum() != Feature.ON
          ? DropReason.NOT_A_CONNECT
          : DropReason.BAD_CHECKSUM;
    }
    var connect = Handshake.decode(reader.bytes, reader.start, Command.CONNECT);
    if (!checksum && config.checksum() == Feature.ON) {
      acceptor.refuse(connect, address, now);
      return DropReason.NO_CHECKSUM;
    }
    return acceptor.connect(
        connect, address, checksum, reader.compressed, datagram.readableBytes(), now);
  }

  private static boolean isOfAnotherDialect(ByteBuf datagram) {
    int at = datagram.readerIndex();
    return datagram.readableBytes() == Datagram.HEADER_LENGTH + Command.CONNECT.size
        && Datagram.hasSwappedFlags(datagram.getUnsignedShort(at))
        && datagram.getUnsignedByte(at + Datagram.HEADER_LENGTH)
            == (Command.CONNECT.number | Command.ACKNOWLEDGE_ME);
  }

  private DropReason opens(ByteBuf datagram, boolean checksum) {
    return reader.open(datagram, checksum, 0, config.compression(), STRANGER_LENGTH);
  }

  /** Does what has become due by now. */
  public void advanceTo(long now) {
    peers.setTime(now);
    endpoints.advanceTo(now);
    bandwidth.advanceTo(now);
    peers.forgetDeparted();
  }

  /** When {@link #advanceTo} has something to do, or {@link Long#MAX_VALUE}. */
  public long nextDeadline() {
    return Math.min(endpoints.nextDeadline(), bandwidth.dueAt());
  }

  /** The next event, or null. */
  public EnetEvent pollEvent() {
    return peers.pollEvent();
  }

  /** The largest number of events that {@link #pollEvent} will return. */
  public int pendingEvents() {
    return peers.pendingEvents();
  }

  /** The next datagram to send, or null. The next call reuses the returned object. */
  public Transmit pollTransmit(long now) {
    peers.setTime(now);
    var queue = endpoints.toTransmit();
    for (var endpoint = queue.first(); endpoint != null; endpoint = queue.first()) {
      if (endpoint.transmitting) {
        writer.begin(endpoint.link);
        endpoint.transmitting = endpoint.transmit(writer, now);
        endpoints.schedule(endpoint);
      }
      if (!endpoint.transmitting) {
        queue.removeFirst();
      }
      if (!writer.isEmpty()) {
        var datagram = writer.finish(endpoint.link, now);
        if (!endpoint.affords(datagram.readableBytes())) {
          datagram.release();
          continue;
        }
        counters.datagramsSent++;
        counters.bytesSent += datagram.readableBytes();
        return transmit.of(datagram, endpoint.link.address);
      }
    }
    return null;
  }

  /** Changes what the host wants to receive and send, in bytes per second; 0 is no limit (§14). */
  public void limitBandwidth(int incoming, int outgoing) {
    bandwidth.limit(incoming, outgoing);
  }

  /** Connections that have not ended, those that we ask for included. */
  public int peers() {
    return peers.count();
  }

  /** Handshakes that clients have not confirmed. */
  public int handshakes() {
    return admission.halfOpen();
  }

  /** Endpoints of any kind: connections, handshakes and records of ended connections. */
  int endpoints() {
    return endpoints.table().size();
  }

  /** Bytes received and not yet polled, of all peers, with 256 for each channel in use. */
  public long waitingBytes() {
    return budget.used();
  }

  /**
   * Ends the connections whose messages are incomplete and hold most, until no more than this part
   * of the limit is held.
   */
  public void shedWaiting(int part) {
    budget.shrink(config.limits().waitingInAll() / part);
  }

  /** Commands queued or not acknowledged, of all peers. */
  public int queuedCommands() {
    return commands.inUse();
  }

  public EnetCounters counters() {
    return counters;
  }
}
