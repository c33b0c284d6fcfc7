package io.linkspan.protocol.enet;

import java.util.Arrays;

/**
 * What a peer has to send: acknowledgements, commands never sent, commands sent and not
 * acknowledged. Decides what goes into the next datagram (§7.4) and what has to be sent again (§9).
 */
final class PeerOutput {
  /** What a queued command costs besides its bytes. */
  private static final long OVERHEAD = 64;

  private static final int ACKNOWLEDGEMENTS = 16_384;
  private static final int ACKNOWLEDGEMENTS_KEPT = 32;

  private final EnetPeer peer;
  private final CommandPool pool;
  private final RoundTrip roundTrip;

  /** Channel, number and sent time of each, in the low 40 bits. */
  private long[] acknowledgements;

  private int acknowledgementCount;
  private int acknowledgementsWritten;

  private final CommandQueue control = new CommandQueue();
  private final CommandQueue again = new CommandQueue();
  private final CommandQueue reliable = new CommandQueue();
  private final CommandQueue unreliable = new CommandQueue();
  private final CommandQueue sent = new CommandQueue();
  private final SequenceMap<OutgoingCommand> controlInFlight = new SequenceMap<>();
  private OutgoingChannel[] channels = {};
  private int controlSequence;
  private int unsequencedGroup;
  private long order;

  private int window = Handshake.MAXIMUM_WINDOW;
  private int bytesInFlight;
  private long queuedBytes;
  private long nextTimeout = Endpoint.NEVER;
  private long earliestTimeout = Endpoint.NEVER;
  private long lastAcknowledged;

  /** Bytes of messages queued since the bandwidth was last shared out (§14). */
  long bytesSinceShare;

  PeerOutput(EnetPeer peer, RoundTrip roundTrip, long lastAcknowledged) {
    this.peer = peer;
    this.pool = peer.host.pool;
    this.roundTrip = roundTrip;
    this.lastAcknowledged = lastAcknowledged;
  }

  // ---- queueing

  /** The number that the next control command gets. */
  int nextControl() {
    controlSequence = (controlSequence + 1) & 0xFFFF;
    return controlSequence;
  }

  /** The control sequence as it is after a VERIFY_CONNECT that was not sent from here. */
  void handshakeSent() {
    controlSequence = 1;
  }

  void queueControl(Command command, byte[] body) {
    var outgoing = pool.take();
    outgoing.command = command;
    outgoing.flags = Command.ACKNOWLEDGE_ME;
    outgoing.channel = Command.CONTROL_CHANNEL;
    outgoing.sequence = nextControl();
    outgoing.payload = body;
    outgoing.length = body.length;
    control.addLast(outgoing);
  }

  /** Takes a message in; it fits into the limits (§7.1, §7.3). */
  void queueMessage(int number, byte[] payload, Delivery delivery) {
    var channel = channel(number);
    int limit = peer.longestFragment();
    if (payload.length > limit) {
      queueFragments(channel, number, payload, delivery, limit);
      return;
    }
    var command = pool.take();
    command.channel = number;
    command.payload = payload;
    command.length = payload.length;
    if (delivery == Delivery.UNSEQUENCED) {
      command.command = Command.SEND_UNSEQUENCED;
      command.flags = Command.UNSEQUENCED;
      command.sequence = 0;
      unsequencedGroup = (unsequencedGroup + 1) & 0xFFFF;
      command.second = unsequencedGroup;
      queue(unreliable, command);
    } else if (delivery == Delivery.RELIABLE || channel.isUnreliableExhausted()) {
      command.command = Command.SEND_RELIABLE;
      command.flags = Command.ACKNOWLEDGE_ME;
      command.sequence = channel.nextReliable();
      queue(reliable, command);
    } else {
      command.command = Command.SEND_UNRELIABLE;
      command.flags = 0;
      command.sequence = channel.reliable();
      command.second = channel.nextUnreliable();
      queue(unreliable, command);
    }
  }

  private void queueFragments(
      OutgoingChannel channel, int number, byte[] payload, Delivery delivery, int limit) {
    boolean lossy = delivery == Delivery.UNRELIABLE_FRAGMENTS && !channel.isUnreliableExhausted();
    int count = (payload.length + limit - 1) / limit;
    int start = lossy ? channel.nextUnreliable() : (channel.reliable() + 1) & 0xFFFF;
    for (int i = 0; i < count; i++) {
      var command = pool.take();
      command.command = lossy ? Command.SEND_UNRELIABLE_FRAGMENT : Command.SEND_FRAGMENT;
      command.flags = lossy ? 0 : Command.ACKNOWLEDGE_ME;
      command.channel = number;
      command.sequence = lossy ? channel.reliable() : channel.nextReliable();
      command.second = start;
      command.payload = payload;
      command.offset = i * limit;
      command.length = Math.min(limit, payload.length - i * limit);
      command.fragmentNumber = i;
      command.fragmentCount = count;
      queue(lossy ? unreliable : reliable, command);
    }
  }

  private void queue(CommandQueue queue, OutgoingCommand command) {
    command.order = order++;
    queuedBytes += cost(command);
    bytesSinceShare += command.size();
    queue.addLast(command);
  }

  /**
   * Notes that a command has to be acknowledged.
   *
   * @return false when there are too many; its sender will repeat it
   */
  boolean queueAcknowledgement(int channel, int sequence, int sentTime) {
    if (acknowledgements == null) {
      acknowledgements = new long[4];
    } else if (acknowledgementCount == acknowledgements.length) {
      if (acknowledgementCount >= ACKNOWLEDGEMENTS) {
        return false;
      }
      acknowledgements = Arrays.copyOf(acknowledgements, 2 * acknowledgementCount);
    }
    acknowledgements[acknowledgementCount++] =
        (long) channel << 32 | (long) sequence << 16 | sentTime;
    return true;
  }

  // ---- acknowledgements of ours

  /**
   * Takes in an acknowledgement (§8.2). Only one that fits something in flight tells anything;
   * stock also believes others, and with them whatever round trip time they claim.
   *
   * @return what was acknowledged, or null
   */
  Command acknowledged(int number, int sequence, int sentTime, long now) {
    var command = inFlight(number, sequence);
    if (command == null) {
      return null;
    }
    int sample = (int) (now - sentTime) & 0xFFFF;
    if (sample > now - command.firstSent) {
      return null;
    }
    roundTrip.sample(sample, now);
    lastAcknowledged = now;
    earliestTimeout = Endpoint.NEVER;
    var what = command.command;
    forget(command);
    return what;
  }

  /** A VERIFY_CONNECT is the acknowledgement of our CONNECT (§6.3). */
  void handshakeAnswered() {
    var connect = inFlight(Command.CONTROL_CHANNEL, 1);
    if (connect != null) {
      forget(connect);
    }
    earliestTimeout = Endpoint.NEVER;
  }

  private OutgoingCommand inFlight(int number, int sequence) {
    if (number == Command.CONTROL_CHANNEL) {
      return controlInFlight.get(sequence);
    }
    return number < channels.length && channels[number] != null
        ? channels[number].inFlight(sequence)
        : null;
  }

  private void forget(OutgoingCommand command) {
    if (command.carriesMessage()) {
      channels[command.channel].acknowledged(command.sequence);
      queuedBytes -= cost(command);
      if (command.queue == sent) {
        bytesInFlight -= command.length;
      }
    } else {
      controlInFlight.remove(command.sequence);
    }
    command.queue.remove(command);
    pool.giveBack(command);
  }

  // ---- sending

  boolean hasSomething() {
    return acknowledgementCount > 0
        || !control.isEmpty()
        || !again.isEmpty()
        || !reliable.isEmpty()
        || !unreliable.isEmpty();
  }

  /** Whether all that was queued has been sent, and acknowledged where it asks for that. */
  boolean isDrained() {
    return control.isEmpty()
        && again.isEmpty()
        && reliable.isEmpty()
        && unreliable.isEmpty()
        && sent.isEmpty();
  }

  /**
   * Fills one datagram.
   *
   * @return whether another one is needed
   */
  boolean transmit(DatagramWriter out, long now) {
    if (!writeAcknowledgements(out)
        || !writeControl(out, now)
        || !writeAgain(out, now)
        || !writeMessages(out, now)) {
      return true;
    }
    if (isPingDue(now) && out.fits(Command.PING.size)) {
      queueControl(Command.PING, new byte[0]);
      send(control.first(), out, now);
    }
    return false;
  }

  private boolean writeAcknowledgements(DatagramWriter out) {
    while (acknowledgementsWritten < acknowledgementCount) {
      if (!out.fits(Command.ACKNOWLEDGE.size)) {
        return false;
      }
      long next = acknowledgements[acknowledgementsWritten++];
      out.acknowledge((int) (next >>> 32), (int) (next >>> 16) & 0xFFFF, (int) next & 0xFFFF);
    }
    acknowledgementCount = 0;
    acknowledgementsWritten = 0;
    if (acknowledgements != null && acknowledgements.length > ACKNOWLEDGEMENTS_KEPT) {
      acknowledgements = null;
    }
    return true;
  }

  private boolean writeControl(DatagramWriter out, long now) {
    for (var next = control.first(); next != null; next = control.first()) {
      if (!out.fits(next.size())) {
        return false;
      }
      send(next, out, now);
    }
    return true;
  }

  private boolean writeAgain(DatagramWriter out, long now) {
    for (var next = again.first(); next != null && fitsWindow(next); next = again.first()) {
      if (!out.fits(next.size())) {
        return false;
      }
      send(next, out, now);
    }
    return true;
  }

  /**
   * Messages in the order in which they were queued; the windows hold back the reliable ones only.
   */
  private boolean writeMessages(DatagramWriter out, long now) {
    while (true) {
      var next = reliable.first();
      if (next != null
          && (!again.isEmpty()
              || !fitsWindow(next)
              || channels[next.channel].isBlocked(next.sequence))) {
        next = null;
      }
      var lossy = unreliable.first();
      if (lossy != null && (next == null || lossy.order < next.order)) {
        if (lossy.fragmentNumber == 0 && lossy.transmissions == 0) {
          if (!roundTrip.admitsUnreliable()) {
            discard(lossy);
            continue;
          }
          // The throttle has spoken; it must not be asked again if the datagram is full.
          lossy.transmissions = 1;
        }
        next = lossy;
      }
      if (next == null) {
        return true;
      }
      if (!out.fits(next.size())) {
        return false;
      }
      send(next, out, now);
    }
  }

  /** Throws away an unreliable message with all its fragments. */
  private void discard(OutgoingCommand first) {
    var next = first;
    do {
      unreliable.remove(next);
      queuedBytes -= cost(next);
      pool.giveBack(next);
      next = unreliable.first();
    } while (next != null && next.fragmentNumber > 0);
  }

  private static long cost(OutgoingCommand command) {
    return OVERHEAD + command.length;
  }

  private boolean fitsWindow(OutgoingCommand command) {
    int allowed = Math.max(window * roundTrip.throttle() / RoundTrip.THROTTLE_SCALE, peer.mtu);
    return bytesInFlight + command.length <= allowed;
  }

  private void send(OutgoingCommand command, DatagramWriter out, long now) {
    command.queue.remove(command);
    command.write(out);
    if (!command.isReliable()) {
      queuedBytes -= cost(command);
      pool.giveBack(command);
      return;
    }
    if (command.transmissions++ == 0) {
      command.firstSent = now;
      command.firstTimeout = peer.host.firstTimeout(roundTrip);
      command.timeout = command.firstTimeout;
      if (command.carriesMessage()) {
        channels[command.channel].sentFirst(command);
      } else {
        controlInFlight.put(command);
      }
    } else {
      peer.host.counters.retransmissions++;
    }
    if (command.carriesMessage()) {
      bytesInFlight += command.length;
    }
    command.sent = now;
    nextTimeout = Math.min(nextTimeout, now + command.timeout);
    sent.addLast(command);
  }

  // ---- time

  private boolean isPingDue(long now) {
    return peer.isConnected()
        && sent.isEmpty()
        && again.isEmpty()
        && reliable.isEmpty()
        && now - lastAcknowledged >= peer.host.pingInterval;
  }

  long dueAt() {
    if (!sent.isEmpty()) {
      return nextTimeout;
    }
    return peer.isConnected() ? lastAcknowledged + peer.host.pingInterval : Endpoint.NEVER;
  }

  /**
   * Moves what has not been acknowledged in time to where it is sent again (§9).
   *
   * @return false when the peer is lost
   */
  boolean expire(long now) {
    if (now < nextTimeout) {
      return true;
    }
    nextTimeout = Endpoint.NEVER;
    for (var command = sent.first(); command != null; command = command.next) {
      if (now - command.sent >= command.timeout) {
        earliestTimeout = Math.min(earliestTimeout, command.sent);
      } else {
        nextTimeout = Math.min(nextTimeout, command.sent + command.timeout);
      }
    }
    // From the last to the first, so that the first comes to stand in front.
    for (var command = sent.last(); command != null; ) {
      var before = command.previous;
      if (now - command.sent >= command.timeout) {
        if (peer.host.isLost(command, now - earliestTimeout, now)) {
          return false;
        }
        command.timeout = peer.host.nextTimeout(command);
        sent.remove(command);
        if (command.carriesMessage()) {
          bytesInFlight -= command.length;
          again.addFirst(command);
        } else {
          control.addFirst(command);
        }
      }
      command = before;
    }
    return true;
  }

  // ---- the rest

  void setWindow(int bytes) {
    window = bytes;
  }

  int window() {
    return window;
  }

  long queuedBytes() {
    return queuedBytes;
  }

  int bytesInFlight() {
    return bytesInFlight;
  }

  /** Drops everything but the acknowledgements that are due. */
  void clear() {
    pool.giveBackAll(control);
    pool.giveBackAll(again);
    pool.giveBackAll(reliable);
    pool.giveBackAll(unreliable);
    pool.giveBackAll(sent);
    controlInFlight.clear();
    channels = new OutgoingChannel[0];
    bytesInFlight = 0;
    queuedBytes = 0;
    nextTimeout = Endpoint.NEVER;
  }

  private OutgoingChannel channel(int number) {
    if (number >= channels.length) {
      channels = Arrays.copyOf(channels, Math.max(number + 1, Math.min(2 * number, 255)));
    }
    if (channels[number] == null) {
      channels[number] = new OutgoingChannel();
    }
    return channels[number];
  }
}
