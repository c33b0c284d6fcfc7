package io.linkspan.protocol.enet;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayDeque;
import java.util.random.RandomGenerator;

/**
 * The ENet side of one UDP socket: server to those that connect, client of those it connects to,
 * any number of both. Touches no socket and no clock; used by one thread.
 *
 * <p>Change, drain, re-arm: after {@link #receive}, {@link #advanceTo} or any change to a peer,
 * take out everything with {@link #pollEvent} and {@link #pollTransmit}, and call {@link
 * #advanceTo} when {@link #nextDeadline} has come. {@code now} is in milliseconds of any clock that
 * never goes back.
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
  /** Handshakes of one client's slot at once: more than one only when somebody forges them. */
  private static final int HANDSHAKES_PER_ORIGIN = 4;

  /** Networks whose CONNECTs are counted at a time. */
  private static final int CONNECTING_NETWORKS = 4096;

  /** A CONNECT stands alone in its datagram; no need to expand more for a stranger. */
  private static final int STRANGER_LENGTH = 128;

  final EnetConfig config;
  final EnetConfig.Limits limits;
  final EnetCounters counters = new EnetCounters();
  final CommandPool pool = new CommandPool();
  final EndpointTable table;
  final Bandwidth bandwidth;
  final int pingInterval;
  long waiting;

  private final RandomGenerator random;
  private final Admission admission;
  private final ConnectRate connectRate;
  private final DatagramReader reader;
  private final DatagramWriter writer;
  private final Transmit transmit = new Transmit();
  private final DeadlineHeap deadlines = new DeadlineHeap();
  private final ArrayDeque<EnetEvent> events = new ArrayDeque<>();
  private final ArrayDeque<Departed> departed = new ArrayDeque<>();
  private Endpoint firstToTransmit;
  private Endpoint lastToTransmit;
  private int peers;
  private long now;

  private final long timeoutLimit;
  private final long timeoutMinimum;
  private final long timeoutMaximum;
  private final int retransmissionFloor;
  private final int retransmissionCeiling;
  private final long departedInterval;

  /**
   * @param random where peer ids, session ids and connect ids come from: they are what stands
   *     between a forger and a connection, so a {@link java.security.SecureRandom} outside of tests
   * @param allocator of the datagrams that {@link #pollTransmit} hands out
   */
  public EnetHost(EnetConfig config, RandomGenerator random, ByteBufAllocator allocator) {
    this.config = config;
    this.random = random;
    limits = config.limits();
    admission = new Admission(limits);
    connectRate = new ConnectRate(limits.connectRate(), CONNECTING_NETWORKS);
    table = new EndpointTable(random.nextLong());
    bandwidth = new Bandwidth(this, config.incomingBandwidth(), config.outgoingBandwidth());
    var coder = new RangeCoder();
    var crc = new Checksum();
    reader = new DatagramReader(coder, crc);
    writer = new DatagramWriter(allocator, coder, crc);
    var timing = config.timing();
    pingInterval = (int) timing.pingInterval().toMillis();
    timeoutLimit = timing.timeoutLimit();
    timeoutMinimum = timing.timeoutMinimum().toMillis();
    timeoutMaximum = timing.timeoutMaximum().toMillis();
    retransmissionFloor = (int) timing.retransmissionFloor().toMillis();
    retransmissionCeiling = (int) timing.retransmissionCeiling().toMillis();
    departedInterval = timing.departed().toMillis();
  }

  // ---- for the shell

  /**
   * Asks a server for a connection; {@link EnetEvent.Connected} or {@link EnetEvent.Disconnected}
   * follows (§6.1).
   *
   * @param channels 1 to 255
   * @param data for the server's application
   * @throws IllegalStateException when 4095 connections to that address exist
   */
  public EnetPeer connect(PeerAddress address, int channels, int data, long now) {
    if (channels < 1 || channels > 255) {
      throw new IllegalArgumentException("channels is " + channels + ", must be 1 to 255");
    }
    this.now = now;
    int id = freeId(address);
    if (id == Datagram.NO_PEER) {
      throw new IllegalStateException("too many connections to one address");
    }
    var peer = new EnetPeer(this, address, id, random.nextInt(), channels, data, now);
    table.add(peer);
    peers++;
    wantsTransmit(peer);
    return peer;
  }

  /**
   * Takes in one UDP payload, the bytes between reader and writer index, and leaves them as they
   * are: it keeps neither the buffer nor a reference to it. What can not be understood is counted.
   */
  public void receive(ByteBuf datagram, PeerAddress address, long now) {
    this.now = now;
    int length = datagram.readableBytes();
    counters.datagramsReceived++;
    counters.bytesReceived += length;
    if (length < 2) {
      counters.drop(DropReason.TOO_SHORT);
      return;
    }
    if (length > Datagram.MAXIMUM_LENGTH) {
      counters.drop(DropReason.TOO_LONG);
      return;
    }
    int head = datagram.getUnsignedShort(datagram.readerIndex());
    int id = Datagram.peerId(head);
    if (id == Datagram.NO_PEER) {
      receiveFromStranger(datagram, address, now);
      return;
    }
    var endpoint = table.find(address, id);
    if (endpoint == null) {
      counters.drop(DropReason.UNKNOWN_PEER);
      return;
    }
    if (endpoint.outgoingPeerId != Datagram.NO_PEER
        && Datagram.session(head) != endpoint.incomingSession) {
      counters.drop(DropReason.WRONG_SESSION);
      return;
    }
    var failure =
        reader.open(
            datagram,
            endpoint.checksum,
            endpoint.connectId,
            config.compression(),
            Datagram.MAXIMUM_LENGTH);
    if (failure == null) {
      endpoint.receive(reader, now);
      if (!isGone(endpoint)) {
        deadlines.schedule(endpoint, endpoint.dueAt());
      }
    } else {
      counters.drop(failure);
    }
    reader.close();
  }

  /** Does what has become due by now. */
  public void advanceTo(long now) {
    this.now = now;
    for (var due = deadlines.poll(now); due != null; due = deadlines.poll(now)) {
      // Woken early is usual: its deadline may have moved since it was put in.
      if (due.dueAt() <= now) {
        due.wake(now);
      }
      if (!isGone(due)) {
        reschedule(due, now);
      }
    }
    bandwidth.advanceTo(now);
    while (!departed.isEmpty() && departed.peekFirst().expires <= now) {
      table.remove(departed.removeFirst());
    }
  }

  /** When {@link #advanceTo} has something to do, or {@link Long#MAX_VALUE}. */
  public long nextDeadline() {
    return Math.min(deadlines.next(), bandwidth.dueAt());
  }

  /** What happened next, or null. */
  public EnetEvent pollEvent() {
    for (var event = events.poll(); event != null; event = events.poll()) {
      if (event instanceof EnetEvent.Received received) {
        received.peer().input.taken(received.payload());
        if (received.peer().isMuted()) {
          continue;
        }
      }
      return event;
    }
    return null;
  }

  /** How much {@link #pollEvent} has to tell, at most. */
  public int pendingEvents() {
    return events.size();
  }

  /** The next datagram to send, or null. What it returns is reused by the next call. */
  public Transmit pollTransmit(long now) {
    this.now = now;
    while (firstToTransmit != null) {
      var endpoint = firstToTransmit;
      if (endpoint.transmitting) {
        writer.begin(endpoint.mtu);
        endpoint.transmitting = endpoint.transmit(writer, now);
        if (!isGone(endpoint)) {
          deadlines.schedule(endpoint, endpoint.dueAt());
        }
      }
      if (!endpoint.transmitting) {
        firstToTransmit = endpoint.nextToTransmit;
        endpoint.nextToTransmit = null;
        if (firstToTransmit == null) {
          lastToTransmit = null;
        }
      }
      if (!writer.isEmpty()) {
        var datagram = writer.finish(endpoint, now);
        counters.datagramsSent++;
        counters.bytesSent += datagram.readableBytes();
        return transmit.of(datagram, endpoint.address);
      }
    }
    return null;
  }

  /** Changes what the host wants to receive and send, in bytes per second; 0 is no limit (§14). */
  public void limitBandwidth(int incoming, int outgoing) {
    bandwidth.limit(incoming, outgoing);
  }

  /** Connections that are not over, those being asked for included. */
  public int peers() {
    return peers;
  }

  /** Handshakes that clients have not completed. */
  public int handshakes() {
    return admission.halfOpen();
  }

  /** Bytes received and not yet polled, of all peers. */
  public long waitingBytes() {
    return waiting;
  }

  /** Commands queued or not acknowledged, of all peers. */
  public int queuedCommands() {
    return pool.inUse();
  }

  public EnetCounters counters() {
    return counters;
  }

  // ---- connecting

  private void receiveFromStranger(ByteBuf datagram, PeerAddress address, long now) {
    boolean checksum = config.checksum() != Feature.OFF && opens(datagram, true) == null;
    if (!checksum) {
      var failure =
          config.checksum() == Feature.ON ? DropReason.BAD_CHECKSUM : opens(datagram, false);
      if (failure != null) {
        counters.drop(failure);
        reader.close();
        return;
      }
    }
    if (reader.end - reader.start < Command.CONNECT.size
        || Command.of(reader.bytes.getUnsignedByte(reader.start)) != Command.CONNECT) {
      counters.drop(DropReason.NOT_A_CONNECT);
    } else {
      var connect = Handshake.decode(reader.bytes, reader.start, Command.CONNECT);
      var refusal = connect(connect, address, checksum, reader.compressed, now);
      if (refusal != null) {
        counters.drop(refusal);
      }
    }
    reader.close();
  }

  private DropReason opens(ByteBuf datagram, boolean checksum) {
    return reader.open(datagram, checksum, 0, config.compression(), STRANGER_LENGTH);
  }

  private DropReason connect(
      Handshake connect, PeerAddress address, boolean checksum, boolean compressed, long now) {
    if (!connect.hasPossibleChannels() || connect.peerId() >= Datagram.NO_PEER) {
      return DropReason.BAD_CONNECT;
    }
    if (!connectRate.admits(address, now)) {
      return DropReason.TOO_MANY_CONNECTS;
    }
    int incomingSessions = 0;
    int outgoingSessions = 0;
    int handshakes = 0;
    HalfOpen oldest = null;
    EnetPeer leaving = null;
    for (var known = table.firstOfOrigin(address, connect.peerId());
        known != null;
        known = EndpointTable.nextOfOrigin(known)) {
      if (known instanceof HalfOpen handshake) {
        if (known.connectId == connect.connectId()) {
          handshake.askedAgain();
          wantsTransmit(handshake);
          return null;
        }
        handshake.supersede();
        handshakes++;
        // The table puts the latest first.
        oldest = handshake;
      } else if (known.connectId == connect.connectId()) {
        return DropReason.REPEATED_CONNECT;
      } else if (known instanceof EnetPeer peer && peer.state() == EnetPeer.State.DISCONNECTING) {
        leaving = peer;
      }
      incomingSessions |= 1 << known.incomingSession;
      outgoingSessions |= 1 << known.outgoingSession;
    }
    if (leaving != null) {
      // The client has left. Repeating our DISCONNECT would hit its new attempt, which does not
      // know
      // sessions yet (§6.4).
      leaving.hasLeft();
    }
    var refusal = admission.refusal(address);
    if (refusal != null) {
      return refusal;
    }
    var loser = handshakes >= HANDSHAKES_PER_ORIGIN ? oldest : admission.makesRoom(address);
    if (loser != null) {
      forget(loser);
    }
    int id = freeId(address);
    if (id == Datagram.NO_PEER) {
      return DropReason.ADDRESS_FULL;
    }
    var handshake = new HalfOpen(this, address, id, connect, config, now);
    handshake.outgoingSession = freshSession(outgoingSessions, connect.incomingSession());
    handshake.incomingSession = freshSession(incomingSessions, connect.outgoingSession());
    handshake.checksum = checksum;
    handshake.compression = compressed;
    table.add(handshake);
    admission.begun(handshake);
    deadlines.schedule(handshake, handshake.dueAt());
    wantsTransmit(handshake);
    return null;
  }

  /**
   * A session id that neither the client nor we have used in this slot lately, so that what is
   * still on its way for another connection is not taken for this one (§6.2, §6.4). The client
   * takes whatever it is told.
   */
  private int freshSession(int usedHere, int usedThere) {
    int used = usedThere <= Datagram.SESSION_MASK ? usedHere | 1 << usedThere : usedHere;
    int first = random.nextInt(Datagram.SESSION_MASK + 1);
    for (int i = 0; i <= Datagram.SESSION_MASK; i++) {
      int session = (first + i) & Datagram.SESSION_MASK;
      if ((used >>> session & 1) == 0) {
        return session;
      }
    }
    return (usedThere + 1) & Datagram.SESSION_MASK;
  }

  /** A random id not used with this address, or {@link Datagram#NO_PEER} (§18). */
  private int freeId(PeerAddress address) {
    int first = random.nextInt(Datagram.NO_PEER);
    for (int i = 0; i < Datagram.NO_PEER; i++) {
      int id = (first + i) % Datagram.NO_PEER;
      if (table.find(address, id) == null) {
        return id;
      }
    }
    return Datagram.NO_PEER;
  }

  /** Whether another connection of the same client's slot would have to go. */
  boolean wouldReplace(HalfOpen handshake) {
    return connectionOf(handshake) != null;
  }

  private EnetPeer connectionOf(HalfOpen handshake) {
    for (var known = table.firstOfOrigin(handshake.address, handshake.outgoingPeerId);
        known != null;
        known = EndpointTable.nextOfOrigin(known)) {
      if (known instanceof EnetPeer peer) {
        return peer;
      }
    }
    return null;
  }

  /**
   * A client has shown that it got our answer, in the datagram being read.
   *
   * @param sample its round trip time, or negative
   */
  void complete(HalfOpen handshake, int sample, DatagramReader in, long now) {
    var dead = connectionOf(handshake);
    if (dead != null) {
      dead.replaced();
    }
    forget(handshake);
    var refusal = admission.refusal(handshake.address);
    if (refusal != null) {
      counters.drop(refusal);
      return;
    }
    var peer = new EnetPeer(this, handshake, now);
    table.add(peer);
    admission.connected(peer);
    peers++;
    if (sample >= 0) {
      peer.roundTrip.sample(sample, now);
    }
    bandwidth.peerChanged(0, peer.incomingBandwidth());
    deliver(new EnetEvent.Connected(peer, handshake.connect.data()));
    peer.receive(in, now);
    if (!peer.isOver()) {
      wantsTransmit(peer);
    }
  }

  void forget(HalfOpen handshake) {
    gone(handshake);
    admission.ended(handshake);
  }

  // ---- for the peers

  void deliver(EnetEvent event) {
    events.add(event);
  }

  void wantsTransmit(Endpoint endpoint) {
    if (endpoint.transmitting) {
      return;
    }
    endpoint.transmitting = true;
    if (endpoint == lastToTransmit || endpoint.nextToTransmit != null) {
      // Still in the list.
      return;
    }
    if (lastToTransmit == null) {
      firstToTransmit = endpoint;
    } else {
      lastToTransmit.nextToTransmit = endpoint;
    }
    lastToTransmit = endpoint;
  }

  /** Turns a peer that is over into the memory of it. */
  Departed ended(EnetPeer peer, boolean wasConnected) {
    gone(peer);
    peers--;
    if (!peer.isOurs()) {
      admission.ended(peer);
    }
    if (wasConnected) {
      bandwidth.peerChanged(peer.incomingBandwidth(), 0);
    }
    var memory = new Departed(peer, now + departedInterval);
    if (limits.departed() > 0) {
      if (departed.size() >= limits.departed()) {
        table.remove(departed.removeFirst());
      }
      departed.addLast(memory);
      table.add(memory);
    }
    return memory;
  }

  int incomingBandwidth() {
    return bandwidth.incoming();
  }

  int outgoingBandwidth() {
    return bandwidth.outgoing();
  }

  int firstTimeout(RoundTrip roundTrip) {
    return roundTrip.firstTimeout(retransmissionFloor, retransmissionCeiling);
  }

  /**
   * The wait after another transmission: twice as long, up to the ceiling. Stock knows no ceiling,
   * and gives up on a lossy way after trying six times.
   */
  long nextTimeout(OutgoingCommand command) {
    return Math.min(2 * command.timeout, Math.max(retransmissionCeiling, command.firstTimeout));
  }

  /**
   * Whether a command not acknowledged means that the peer is lost: when doubling its wait without
   * a ceiling would have passed the limit, but not before the minimum, or after the maximum (§9).
   *
   * @param silence milliseconds for which nothing at all was acknowledged
   */
  boolean isLost(OutgoingCommand command, long silence, long now) {
    return silence >= timeoutMaximum
        || (silence >= timeoutMinimum
            && now - command.firstSent >= command.firstTimeout * (2 * timeoutLimit - 1));
  }

  private void gone(Endpoint endpoint) {
    table.remove(endpoint);
    deadlines.remove(endpoint);
    endpoint.transmitting = false;
  }

  private static boolean isGone(Endpoint endpoint) {
    return endpoint instanceof EnetPeer peer
        ? peer.isOver()
        : endpoint instanceof HalfOpen handshake && handshake.isForgotten();
  }

  /** Puts an endpoint back that was woken; what is due is then waiting to be transmitted. */
  private void reschedule(Endpoint endpoint, long now) {
    deadlines.schedule(endpoint, Math.max(endpoint.dueAt(), now + 1));
  }
}
