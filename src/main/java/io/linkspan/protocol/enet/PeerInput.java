package io.linkspan.protocol.enet;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;

/** Handles the commands that a peer sends, and holds what can not be delivered yet (§8, §10). */
final class PeerInput {
  /** Reliable fragments of one message; with more, the last could never be acknowledged (§10.6). */
  private static final int FRAGMENTS = 24_576;

  private static final int VIOLATION_INTERVAL = 10_000;
  private static final int COMMAND_INTERVAL = 1_000;

  private final EnetPeer peer;
  private final EnetHost host;
  private IncomingChannel[] channels = {};
  private UnsequencedWindow unsequenced;
  private long waiting;
  private long delivered;
  private long held;

  private int commands;
  private long commandsSince;
  private int violations;
  private long violationsSince;

  PeerInput(EnetPeer peer) {
    this.peer = peer;
    this.host = peer.host;
  }

  /** Bytes held back, in pieces, or not yet taken. */
  long waiting() {
    return waiting;
  }

  /** Handles the commands of a datagram up to the first that is refused (§3.1). */
  void receive(DatagramReader in, long now) {
    for (int at = in.start; at < in.end; ) {
      if (at + Command.HEAD_LENGTH > in.end) {
        refuse(DropReason.TRUNCATED_COMMAND);
        return;
      }
      int first = in.bytes.getUnsignedByte(at);
      var command = Command.of(first);
      if (command == null) {
        violate(DropReason.UNKNOWN_COMMAND, now);
        return;
      }
      int next = end(command, in, at);
      if (next < 0) {
        violate(DropReason.TRUNCATED_COMMAND, now);
        return;
      }
      if (isTooMany(now)) {
        refuse(DropReason.TOO_MANY_COMMANDS);
        return;
      }
      boolean asksAcknowledgement = (first & Command.ACKNOWLEDGE_ME) != 0;
      if (asksAcknowledgement && in.sentTime < 0) {
        refuse(DropReason.NO_SENT_TIME);
        return;
      }
      if (!handle(command, asksAcknowledgement, in, at, next, now) || peer.isOver()) {
        return;
      }
      if (asksAcknowledgement && !acknowledge(in, at)) {
        return;
      }
      at = next;
    }
  }

  /** Where a command ends, or -1 when that is beyond the datagram. */
  private static int end(Command command, DatagramReader in, int at) {
    int end = at + command.size;
    if (end <= in.end) {
      end +=
          switch (command) {
            case SEND_RELIABLE -> in.bytes.getUnsignedShort(at + 4);
            case SEND_UNRELIABLE, SEND_UNSEQUENCED, SEND_FRAGMENT, SEND_UNRELIABLE_FRAGMENT ->
                in.bytes.getUnsignedShort(at + 6);
            default -> 0;
          };
    }
    return end <= in.end ? end : -1;
  }

  private boolean handle(
      Command command, boolean acknowledged, DatagramReader in, int at, int end, long now) {
    switch (command) {
      case ACKNOWLEDGE -> {
        return acknowledged(in.bytes, at, now);
      }
      case VERIFY_CONNECT -> {
        return peer.verified(Handshake.decode(in.bytes, at, command), now);
      }
      case DISCONNECT -> {
        peer.disconnected(
            in.bytes.getInt(at + 4),
            acknowledged ? in.bytes.getUnsignedShort(at + 2) : -1,
            in.sentTime,
            now);
        return true;
      }
      case CONNECT -> {
        return refuse(DropReason.WRONG_STATE);
      }
      default -> {
        if (peer.state() == EnetPeer.State.DISCONNECT_LATER) {
          return handleWhileLeaving(command, in.bytes, at);
        }
        return peer.isConnected()
            ? handleConnected(command, in.bytes, at, end, now)
            : refuse(DropReason.WRONG_STATE);
      }
    }
  }

  /** What still arrives before a disconnect is thrown away, but fragments are refused (§10.5). */
  private boolean handleWhileLeaving(Command command, ByteBuf bytes, int at) {
    switch (command) {
      case SEND_FRAGMENT, SEND_UNRELIABLE_FRAGMENT -> {
        return refuse(DropReason.WRONG_STATE);
      }
      case BANDWIDTH_LIMIT, THROTTLE_CONFIGURE -> configure(command, bytes, at);
      default -> {
        // Nothing is left to do but to acknowledge it.
      }
    }
    return true;
  }

  private boolean handleConnected(Command command, ByteBuf bytes, int at, int end, long now) {
    switch (command) {
      case PING -> {
        return true;
      }
      case BANDWIDTH_LIMIT, THROTTLE_CONFIGURE -> {
        configure(command, bytes, at);
        return true;
      }
      default -> {
        int number = bytes.getUnsignedByte(at + 1);
        if (number >= peer.channels()) {
          return violate(DropReason.BAD_COMMAND, now);
        }
        int sequence = bytes.getUnsignedShort(at + 2);
        var channel = channel(number);
        return switch (command) {
          case SEND_RELIABLE -> reliable(channel, sequence, bytes, at + command.size, end);
          case SEND_UNRELIABLE -> unreliable(channel, sequence, bytes, at, end);
          case SEND_UNSEQUENCED -> unsequenced(number, bytes, at, end);
          case SEND_FRAGMENT, SEND_UNRELIABLE_FRAGMENT ->
              fragment(command, channel, sequence, bytes, at, end, now);
          default -> throw new IllegalStateException("unhandled " + command);
        };
      }
    }
  }

  private void configure(Command command, ByteBuf bytes, int at) {
    if (command == Command.BANDWIDTH_LIMIT) {
      peer.limitBandwidth(bytes.getInt(at + 4), bytes.getInt(at + 8));
    } else {
      peer.roundTrip.configure(bytes.getInt(at + 4), bytes.getInt(at + 8), bytes.getInt(at + 12));
    }
  }

  private boolean acknowledged(ByteBuf bytes, int at, long now) {
    var what =
        peer.output.acknowledged(
            bytes.getUnsignedByte(at + 1),
            bytes.getUnsignedShort(at + 4),
            bytes.getUnsignedShort(at + 6),
            now);
    if (what == null) {
      // Usual when a command was sent twice and is acknowledged twice.
      host.counters.drop(DropReason.BAD_ACKNOWLEDGEMENT);
    } else {
      peer.acknowledged(what, now);
    }
    return true;
  }

  private boolean acknowledge(DatagramReader in, int at) {
    if (peer.state() == EnetPeer.State.DISCONNECTING) {
      return true;
    }
    int number = in.bytes.getUnsignedByte(at + 1);
    int sequence = in.bytes.getUnsignedShort(at + 2);
    if (number < channels.length
        && channels[number] != null
        && channels[number].leavesUnanswered(sequence)) {
      return true;
    }
    return peer.output.queueAcknowledgement(number, sequence, in.sentTime)
        || refuse(DropReason.TOO_MANY_COMMANDS);
  }

  // ---- messages

  private boolean reliable(IncomingChannel channel, int sequence, ByteBuf bytes, int at, int end) {
    if (!channel.accepts(sequence) || channel.isLast(sequence) || channel.held(sequence) != null) {
      return true;
    }
    if (!hasRoom() && !isAwaited(channel, sequence)) {
      return refuse(DropReason.WAITING_DATA);
    }
    byte[] payload = copy(bytes, at, end);
    if (channel.isNext(sequence)) {
      channel.deliverNext(payload, this);
    } else {
      var message = IncomingMessage.whole(sequence, 0, Delivery.RELIABLE, payload);
      reserve(message);
      channel.hold(message);
    }
    return true;
  }

  private boolean unreliable(
      IncomingChannel channel, int sequence, ByteBuf bytes, int at, int end) {
    int number = bytes.getUnsignedShort(at + 4);
    if (!channel.acceptsUnreliable(sequence, number)) {
      return true;
    }
    int payloadAt = at + Command.SEND_UNRELIABLE.size;
    if (channel.isTimely(sequence)) {
      if (hasRoom()) {
        channel.deliverTimely(number, Delivery.UNRELIABLE, copy(bytes, payloadAt, end), this);
      } else {
        host.counters.drop(DropReason.WAITING_DATA);
      }
      return true;
    }
    if (channel.isUnreliableFull() || !hasRoom()) {
      host.counters.drop(DropReason.WAITING_DATA);
      return true;
    }
    if (channel.heldUnreliable(sequence, number) == null) {
      var message =
          IncomingMessage.whole(sequence, number, Delivery.UNRELIABLE, copy(bytes, payloadAt, end));
      reserve(message);
      channel.holdUnreliable(message);
      channel.deliverUnreliable(this);
    }
    return true;
  }

  private boolean unsequenced(int number, ByteBuf bytes, int at, int end) {
    if (unsequenced == null) {
      unsequenced = new UnsequencedWindow();
    }
    if (!hasRoom()) {
      host.counters.drop(DropReason.WAITING_DATA);
    } else if (unsequenced.admits(bytes.getUnsignedShort(at + 4))) {
      deliver(number, Delivery.UNSEQUENCED, copy(bytes, at + Command.SEND_UNSEQUENCED.size, end));
    }
    return true;
  }

  private boolean fragment(
      Command command,
      IncomingChannel channel,
      int sequence,
      ByteBuf bytes,
      int at,
      int end,
      long now) {
    int start = bytes.getUnsignedShort(at + 4);
    int length = bytes.getUnsignedShort(at + 6);
    int count = bytes.getInt(at + 8);
    int number = bytes.getInt(at + 12);
    int total = bytes.getInt(at + 16);
    int offset = bytes.getInt(at + 20);
    boolean lossy = command == Command.SEND_UNRELIABLE_FRAGMENT;
    // Reliable ones are looked up by the number of the first, unreliable ones come after a number.
    boolean wanted =
        lossy
            ? channel.acceptsUnreliable(sequence, start)
            : channel.accepts(start) && !channel.isLast(start);
    if (!wanted) {
      return true;
    }
    if (length == 0
        || count < 1
        || count > FRAGMENTS
        || number < 0
        || number >= count
        || total < count
        || total > host.limits.packetSize()
        || offset < 0
        || offset >= total
        || length > total - offset) {
      return violate(DropReason.BAD_COMMAND, now);
    }
    var message = lossy ? channel.heldUnreliable(sequence, start) : channel.held(start);
    if (message == null) {
      boolean room =
          lossy ? hasRoom() && !channel.isUnreliableFull() : hasRoom() || isAwaited(channel, start);
      if (!room) {
        return lossy || refuse(DropReason.WAITING_DATA);
      }
      message =
          lossy
              ? IncomingMessage.inFragments(
                  sequence, start, Delivery.UNRELIABLE_FRAGMENTS, total, count)
              : IncomingMessage.inFragments(start, 0, Delivery.RELIABLE, total, count);
      reserve(message);
      if (lossy) {
        channel.holdUnreliable(message);
      } else {
        channel.hold(message);
      }
    } else if (!message.isInFragments()
        || message.totalLength != total
        || message.fragmentCount != count) {
      return violate(DropReason.BAD_COMMAND, now);
    }
    if (message.hasFragment(number)) {
      return true;
    }
    if (host.waiting >= host.limits.waitingInAll()) {
      return lossy || refuse(DropReason.WAITING_DATA);
    }
    long before = message.held();
    message.add(number, offset, copy(bytes, at + command.size, end));
    hold(message.held() - before);
    if (message.isComplete()) {
      if (lossy) {
        channel.deliverUnreliable(this);
      } else {
        channel.deliverHeld(this);
      }
    }
    return true;
  }

  private static byte[] copy(ByteBuf bytes, int at, int end) {
    byte[] payload = new byte[end - at];
    bytes.getBytes(at, payload);
    return payload;
  }

  // ---- what waits

  private boolean hasRoom() {
    if (isFull()) {
      for (var channel : channels) {
        if (channel != null) {
          channel.discardIncomplete(this);
        }
      }
    }
    return !isFull();
  }

  /**
   * Whether a reliable message is the one that others wait for. It is taken also when they leave no
   * room, or there would never be any; stock refuses it.
   */
  private boolean isAwaited(IncomingChannel channel, int sequence) {
    return channel.isNext(sequence)
        && waiting < (long) host.limits.waitingPerPeer() + host.limits.packetSize()
        && host.waiting < host.limits.waitingInAll();
  }

  private boolean isFull() {
    return waiting >= host.limits.waitingPerPeer() || host.waiting >= host.limits.waitingInAll();
  }

  void deliver(int channel, Delivery delivery, byte[] payload) {
    long cost = IncomingMessage.OVERHEAD + payload.length;
    waiting += cost;
    delivered += cost;
    hold(cost);
    host.deliver(new EnetEvent.Received(peer, channel, delivery, payload));
  }

  /** The application has taken a delivered message. */
  void taken(byte[] payload) {
    long cost = IncomingMessage.OVERHEAD + payload.length;
    waiting -= cost;
    delivered -= cost;
    hold(-cost);
  }

  private void reserve(IncomingMessage message) {
    waiting += message.reserved();
    hold(message.held());
  }

  void release(IncomingMessage message) {
    waiting -= message.reserved();
    hold(-message.held());
  }

  private void hold(long bytes) {
    held += bytes;
    host.waiting += bytes;
  }

  /** Forgets what is held back; what was delivered stays charged until it is taken. */
  void clear() {
    hold(delivered - held);
    waiting = delivered;
    channels = new IncomingChannel[0];
    unsequenced = null;
  }

  // ---- misbehaviour

  private boolean refuse(DropReason reason) {
    host.counters.drop(reason);
    return false;
  }

  /** Refuses what no ENet library sends; too much of it ends the connection (§17). */
  private boolean violate(DropReason reason, long now) {
    if (now - violationsSince >= VIOLATION_INTERVAL) {
      violationsSince = now;
      violations = 0;
    }
    if (++violations >= host.limits.violations()) {
      peer.expel();
    }
    return refuse(reason);
  }

  private boolean isTooMany(long now) {
    if (now - commandsSince >= COMMAND_INTERVAL) {
      commandsSince = now;
      commands = 0;
    }
    return ++commands > host.limits.commandsPerSecond();
  }

  private IncomingChannel channel(int number) {
    if (number >= channels.length) {
      channels = Arrays.copyOf(channels, Math.max(number + 1, Math.min(2 * number, 255)));
    }
    if (channels[number] == null) {
      channels[number] = new IncomingChannel(number);
    }
    return channels[number];
  }
}
