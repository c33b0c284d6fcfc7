package io.linkspan.protocol.enet;

import java.util.Arrays;

/**
 * Turns messages into numbered commands (§7.1 to §7.3) and holds the commands that were never sent.
 * Knows for each channel which commands are in flight.
 */
final class OutgoingMessages {
  /** Cost of a queued command in addition to its bytes. */
  private static final long OVERHEAD = 64;

  private final PeerLink link;
  private final CommandPool pool;
  private final CommandQueue reliable = new CommandQueue();
  private final CommandQueue unreliable = new CommandQueue();
  private OutgoingChannel[] channels = {};
  private int unsequencedGroup;
  private long order;
  private long queuedBytes;
  private long bytesSinceShare;

  OutgoingMessages(PeerLink link, CommandPool pool) {
    this.link = link;
    this.pool = pool;
  }

  /** Queues a message whose channel and length are within the limits. */
  void queue(int number, byte[] payload, Delivery delivery) {
    var channel = channel(number);
    int limit = link.longestFragment();
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
      add(unreliable, command);
    } else if (delivery == Delivery.RELIABLE || channel.isUnreliableExhausted()) {
      command.command = Command.SEND_RELIABLE;
      command.flags = Command.ACKNOWLEDGE_ME;
      command.sequence = channel.nextReliable();
      add(reliable, command);
    } else {
      command.command = Command.SEND_UNRELIABLE;
      command.flags = 0;
      command.sequence = channel.reliable();
      command.second = channel.nextUnreliable();
      add(unreliable, command);
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
      add(lossy ? unreliable : reliable, command);
    }
  }

  private void add(CommandQueue queue, OutgoingCommand command) {
    command.order = order++;
    queuedBytes += cost(command);
    bytesSinceShare += command.size();
    queue.addLast(command);
  }

  // ---- sending

  boolean isEmpty() {
    return reliable.isEmpty() && unreliable.isEmpty();
  }

  boolean hasReliable() {
    return !reliable.isEmpty();
  }

  /** The first reliable command, or null when there is none or its sequence window is closed. */
  OutgoingCommand firstReliable() {
    var first = reliable.first();
    return first == null || channels[first.channel].isBlocked(first.sequence) ? null : first;
  }

  /** The first unreliable or unsequenced command, or null. */
  OutgoingCommand firstUnreliable() {
    return unreliable.first();
  }

  /**
   * Asks the throttle, once per message, and discards what it rejects (§13).
   *
   * @return whether the command may be sent
   */
  boolean passesThrottle(OutgoingCommand command, RoundTrip roundTrip) {
    if (command.fragmentNumber > 0 || command.transmissions > 0) {
      return true;
    }
    if (!roundTrip.admitsUnreliable()) {
      discard(command);
      return false;
    }
    // The decision stands when the command does not fit into this datagram.
    command.transmissions = 1;
    return true;
  }

  /** Discards an unreliable message with all its fragments. */
  private void discard(OutgoingCommand first) {
    var next = first;
    do {
      unreliable.remove(next);
      release(next);
      next = unreliable.first();
    } while (next != null && next.fragmentNumber > 0);
  }

  /** Removes a command that is never sent again: it was unreliable. */
  void sentUnreliable(OutgoingCommand command) {
    unreliable.remove(command);
    release(command);
  }

  /** Notes the first transmission of a reliable command. */
  void sentReliable(OutgoingCommand command) {
    reliable.remove(command);
    channels[command.channel].sentFirst(command);
  }

  /** The command in flight with this number, or null. */
  OutgoingCommand inFlight(int number, int sequence) {
    return number < channels.length && channels[number] != null
        ? channels[number].inFlight(sequence)
        : null;
  }

  /** Forgets a command that the other side has acknowledged. */
  void acknowledged(OutgoingCommand command) {
    channels[command.channel].acknowledged(command.sequence);
    release(command);
  }

  private void release(OutgoingCommand command) {
    queuedBytes -= cost(command);
    pool.giveBack(command);
  }

  private static long cost(OutgoingCommand command) {
    return OVERHEAD + command.length;
  }

  // ---- totals

  /** Bytes queued or in flight, with 64 for each command. */
  long queuedBytes() {
    return queuedBytes;
  }

  /** Bytes of commands queued since {@link #restartShare} (§14). */
  long bytesSinceShare() {
    return bytesSinceShare;
  }

  void restartShare() {
    bytesSinceShare = 0;
  }

  /** Drops everything that was never sent, and the numbering. */
  void clear() {
    pool.giveBackAll(reliable);
    pool.giveBackAll(unreliable);
    channels = new OutgoingChannel[0];
    queuedBytes = 0;
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
