package io.linkspan.protocol.enet;

import java.nio.ByteBuffer;

/**
 * Holds what a peer is to be sent: acknowledgements, commands never sent and commands in flight.
 * Decides what the next datagram contains (§7.4) and what is sent again (§9).
 */
final class PeerOutput {
  private static final byte[] NO_BODY = {};

  private final PeerLink link;
  private final CommandPool pool;
  private final Timeouts timeouts;
  private final EnetCounters counters;
  private final RoundTrip roundTrip;

  private final Acknowledgements acknowledgements = new Acknowledgements();
  private final OutgoingMessages messages;
  private final CommandQueue control = new CommandQueue();
  private final CommandQueue expired = new CommandQueue();
  private final CommandQueue sent = new CommandQueue();
  private final SequenceMap<OutgoingCommand> controlInFlight = new SequenceMap<>();
  private int controlSequence;

  private int window = Handshake.MAXIMUM_WINDOW;
  private int bytesInFlight;
  private boolean pings;
  private long nextTimeout = Endpoint.NEVER;
  private long earliestTimeout = Endpoint.NEVER;
  private long lastAcknowledged;

  PeerOutput(PeerLink link, PeerResources shared, RoundTrip roundTrip, long lastAcknowledged) {
    this.link = link;
    this.roundTrip = roundTrip;
    this.lastAcknowledged = lastAcknowledged;
    pool = shared.commands();
    timeouts = shared.timeouts();
    counters = shared.counters();
    messages = new OutgoingMessages(link, pool);
  }

  // ---- queueing

  /** The number of the next control command. */
  int nextControl() {
    controlSequence = (controlSequence + 1) & 0xFFFF;
    return controlSequence;
  }

  /** Counts the VERIFY_CONNECT that the handshake sent. */
  void handshakeSent() {
    controlSequence = 1;
  }

  void queueControl(Command command, int... fields) {
    var body = ByteBuffer.allocate(Integer.BYTES * fields.length);
    body.asIntBuffer().put(fields);
    queueControl(command, body.array());
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

  /** Queues a message whose channel and length are within the limits. */
  void queueMessage(int channel, byte[] payload, Delivery delivery) {
    messages.queue(channel, payload, delivery);
  }

  /**
   * Queues the acknowledgement of a command.
   *
   * @return false when there are too many; the sender will repeat the command
   */
  boolean queueAcknowledgement(int channel, int sequence, int sentTime) {
    return acknowledgements.add(channel, sequence, sentTime);
  }

  // ---- received acknowledgements

  /**
   * Handles an acknowledgement (§8.2). Only one that matches a command in flight counts; the C
   * library also takes the round trip time of others.
   *
   * @return the acknowledged command, or null
   */
  Command acknowledged(int number, int sequence, int sentTime, long now) {
    var command = inFlight(number, sequence);
    if (command == null) {
      return null;
    }
    int sample = link.since(sentTime, now);
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

  /** Handles VERIFY_CONNECT, which is the acknowledgement of our CONNECT (§6.3). */
  void handshakeAnswered() {
    var connect = inFlight(Command.CONTROL_CHANNEL, 1);
    if (connect != null) {
      forget(connect);
    }
    earliestTimeout = Endpoint.NEVER;
  }

  private OutgoingCommand inFlight(int number, int sequence) {
    return number == Command.CONTROL_CHANNEL
        ? controlInFlight.get(sequence)
        : messages.inFlight(number, sequence);
  }

  private void forget(OutgoingCommand command) {
    boolean message = command.carriesMessage();
    if (command.awaitsTimeout) {
      sent.remove(command);
      bytesInFlight -= message ? command.length : 0;
    } else {
      (message ? expired : control).remove(command);
    }
    if (message) {
      messages.acknowledged(command);
    } else {
      controlInFlight.remove(command.sequence);
      pool.giveBack(command);
    }
  }

  // ---- sending

  boolean hasSomething() {
    return !acknowledgements.isEmpty()
        || !control.isEmpty()
        || !expired.isEmpty()
        || !messages.isEmpty();
  }

  /** Whether everything was sent, and acknowledged where that is asked for. */
  boolean isDrained() {
    return control.isEmpty() && expired.isEmpty() && messages.isEmpty() && sent.isEmpty();
  }

  /**
   * Fills one datagram.
   *
   * @return whether another one is needed
   */
  boolean transmit(DatagramWriter out, long now) {
    if (!acknowledgements.write(out)
        || !writeControl(out, now)
        || !writeExpired(out, now)
        || !writeMessages(out, now)) {
      return true;
    }
    if (isPingDue(now) && out.fits(Command.PING.size)) {
      queueControl(Command.PING, NO_BODY);
      sendControl(control.first(), out, now);
    }
    return false;
  }

  private boolean writeControl(DatagramWriter out, long now) {
    for (var next = control.first(); next != null; next = control.first()) {
      if (!out.fits(next.size())) {
        return false;
      }
      sendControl(next, out, now);
    }
    return true;
  }

  private void sendControl(OutgoingCommand command, DatagramWriter out, long now) {
    control.remove(command);
    if (command.transmissions == 0) {
      controlInFlight.put(command);
    }
    send(command, out, now);
  }

  private boolean writeExpired(DatagramWriter out, long now) {
    for (var next = expired.first(); next != null && fitsWindow(next); next = expired.first()) {
      if (!out.fits(next.size())) {
        return false;
      }
      expired.remove(next);
      bytesInFlight += next.length;
      send(next, out, now);
    }
    return true;
  }

  /** Writes messages in the order of queueing; the windows hold back only the reliable ones. */
  private boolean writeMessages(DatagramWriter out, long now) {
    while (true) {
      var reliable = expired.isEmpty() ? messages.firstReliable() : null;
      if (reliable != null && !fitsWindow(reliable)) {
        reliable = null;
      }
      var lossy = messages.firstUnreliable();
      if (lossy != null && (reliable == null || lossy.order < reliable.order)) {
        if (!messages.passesThrottle(lossy, roundTrip)) {
          continue;
        }
        if (!out.fits(lossy.size())) {
          return false;
        }
        lossy.write(out);
        messages.sentUnreliable(lossy);
      } else if (reliable != null) {
        if (!out.fits(reliable.size())) {
          return false;
        }
        messages.sentReliable(reliable);
        bytesInFlight += reliable.length;
        send(reliable, out, now);
      } else {
        return true;
      }
    }
  }

  private boolean fitsWindow(OutgoingCommand command) {
    int allowed = Math.max(window * roundTrip.throttle() / RoundTrip.THROTTLE_SCALE, link.mtu);
    return bytesInFlight + command.length <= allowed;
  }

  /** Writes a command that asks for an acknowledgement and waits for that. */
  private void send(OutgoingCommand command, DatagramWriter out, long now) {
    command.write(out);
    if (command.transmissions++ == 0) {
      command.firstSent = now;
      command.firstTimeout = timeouts.first(roundTrip);
      command.timeout = command.firstTimeout;
    } else {
      counters.retransmissions++;
    }
    command.sent = now;
    command.awaitsTimeout = true;
    nextTimeout = Math.min(nextTimeout, now + command.timeout);
    sent.addLast(command);
  }

  // ---- time

  /** Sets whether the connection is kept alive by pings (§11). */
  void setPings(boolean value) {
    pings = value;
  }

  private boolean isPingDue(long now) {
    return pings
        && sent.isEmpty()
        && expired.isEmpty()
        && !messages.hasReliable()
        && now - lastAcknowledged >= timeouts.pingInterval();
  }

  long dueAt() {
    if (!sent.isEmpty()) {
      return nextTimeout;
    }
    return pings ? lastAcknowledged + timeouts.pingInterval() : Endpoint.NEVER;
  }

  /**
   * Queues the commands whose wait is over for retransmission (§9).
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
    // From the last to the first, which keeps the order among those put in front.
    for (var command = sent.last(); command != null; ) {
      var before = command.previous;
      if (now - command.sent >= command.timeout) {
        if (timeouts.isLost(command, now - earliestTimeout, now)) {
          return false;
        }
        command.timeout = timeouts.next(command);
        command.awaitsTimeout = false;
        sent.remove(command);
        if (command.carriesMessage()) {
          bytesInFlight -= command.length;
          expired.addFirst(command);
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

  /** Bytes queued or in flight, with 64 for each command. */
  long queuedBytes() {
    return messages.queuedBytes();
  }

  /** When the other side last acknowledged anything; before that, when the connection began. */
  long lastAcknowledged() {
    return lastAcknowledged;
  }

  int bytesInFlight() {
    return bytesInFlight;
  }

  /** Bytes of messages queued since {@link #restartShare} (§14). */
  long bytesSinceShare() {
    return messages.bytesSinceShare();
  }

  void restartShare() {
    messages.restartShare();
  }

  /** Drops everything but the acknowledgements that are due, and stops the pings. */
  void clear() {
    messages.clear();
    pool.giveBackAll(control);
    pool.giveBackAll(expired);
    pool.giveBackAll(sent);
    controlInFlight.clear();
    bytesInFlight = 0;
    pings = false;
    nextTimeout = Endpoint.NEVER;
  }
}
