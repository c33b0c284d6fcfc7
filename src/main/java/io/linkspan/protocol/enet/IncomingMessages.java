package io.linkspan.protocol.enet;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;

/**
 * Takes the messages of one peer, holds back what cannot be delivered yet, and bounds what is held
 * (§10.2 to §10.5, §18).
 */
final class IncomingMessages implements IncomingChannel.Sink {

  /** Takes the messages in the order of delivery. */
  interface Receiver {
    void received(int channel, Delivery delivery, byte[] payload);

    /** The first message above the longest was refused. */
    void tooLarge(int channel, long length);

    /** Ends the connection, because others need the room that it takes. */
    void evict();
  }

  /** Reliable fragments of one message; the last of more could never be acknowledged (§10.6). */
  private static final int FRAGMENTS = 24_576;

  /** Cost of a channel that a message has come on. */
  private static final long CHANNEL = 256;

  private final EnetConfig.Limits limits;
  private final EnetCounters counters;
  private final ReceiveBudget budget;
  private final ReceiveBudget.Account account;
  private final long patience;
  private final Receiver receiver;
  private IncomingChannel[] channels = {};
  private UnsequencedWindow unsequenced;
  private long waiting;
  private long delivered;
  private long held;
  private long progressAt;
  private boolean tooLarge;

  IncomingMessages(PeerResources shared, Receiver receiver) {
    this.receiver = receiver;
    limits = shared.limits();
    counters = shared.counters();
    budget = shared.budget();
    account = new ReceiveBudget.Account(receiver::evict);
    patience = shared.timeouts().maximum();
  }

  /** Bytes held back, incomplete, or not yet taken by the application. */
  long waiting() {
    return waiting;
  }

  /** Whether a number is so far ahead that it is not acknowledged (§10.1). */
  boolean leavesUnanswered(int number, int sequence) {
    return number < channels.length
        && channels[number] != null
        && channels[number].leavesUnanswered(sequence);
  }

  /**
   * Handles a command that carries a message.
   *
   * @return null, or why the command is refused
   */
  DropReason receive(
      Command command, int number, int sequence, ByteBuf bytes, int at, int end, long now) {
    long length = length(command, bytes, at, end);
    if (length > limits.packetSize()) {
      if (!tooLarge) {
        tooLarge = true;
        receiver.tooLarge(number, length);
      }
      return DropReason.TOO_LARGE;
    }
    if (isNew(number) && !budget.admits(account, CHANNEL)) {
      return DropReason.WAITING_DATA;
    }
    var channel = channel(number);
    return switch (command) {
      case SEND_RELIABLE -> reliable(channel, sequence, bytes, at + command.size, end, now);
      case SEND_UNRELIABLE -> unreliable(channel, sequence, bytes, at, end, now);
      case SEND_UNSEQUENCED -> unsequenced(number, bytes, at, end);
      case SEND_FRAGMENT, SEND_UNRELIABLE_FRAGMENT ->
          fragment(command, channel, sequence, bytes, at, end, now);
      default -> throw new IllegalStateException("unhandled " + command);
    };
  }

  /** The length of the message that a command carries, or a fragment of which it carries. */
  private static long length(Command command, ByteBuf bytes, int at, int end) {
    return switch (command) {
      case SEND_FRAGMENT, SEND_UNRELIABLE_FRAGMENT -> bytes.getUnsignedInt(at + 16);
      default -> end - at - command.size;
    };
  }

  private DropReason reliable(
      IncomingChannel channel, int sequence, ByteBuf bytes, int at, int end, long now) {
    if (!channel.accepts(sequence) || channel.isLast(sequence) || channel.held(sequence) != null) {
      return null;
    }
    if (channel.isNext(sequence)) {
      if (!hasRoom() && !isAwaited(channel, sequence)) {
        return DropReason.WAITING_DATA;
      }
      channel.deliverNext(copy(bytes, at, end), this);
      return null;
    }
    if (!hasRoom() || !admits(end - at)) {
      return DropReason.WAITING_DATA;
    }
    var message = IncomingMessage.whole(sequence, 0, Delivery.RELIABLE, copy(bytes, at, end));
    reserve(message, now);
    channel.hold(message);
    return null;
  }

  private DropReason unreliable(
      IncomingChannel channel, int sequence, ByteBuf bytes, int at, int end, long now) {
    int number = bytes.getUnsignedShort(at + 4);
    if (!channel.acceptsUnreliable(sequence, number)) {
      return null;
    }
    int payloadAt = at + Command.SEND_UNRELIABLE.size;
    if (channel.isTimely(sequence)) {
      if (hasRoom()) {
        channel.deliverTimely(number, Delivery.UNRELIABLE, copy(bytes, payloadAt, end), this);
      } else {
        counters.drop(DropReason.WAITING_DATA);
      }
      return null;
    }
    if (channel.isUnreliableFull() || !hasRoom() || !admits(end - payloadAt)) {
      counters.drop(DropReason.WAITING_DATA);
      return null;
    }
    if (channel.heldUnreliable(sequence, number) == null) {
      var message =
          IncomingMessage.whole(sequence, number, Delivery.UNRELIABLE, copy(bytes, payloadAt, end));
      reserve(message, now);
      channel.holdUnreliable(message);
      channel.deliverUnreliable(this);
    }
    return null;
  }

  private DropReason unsequenced(int number, ByteBuf bytes, int at, int end) {
    if (unsequenced == null) {
      unsequenced = new UnsequencedWindow();
    }
    if (!hasRoom()) {
      counters.drop(DropReason.WAITING_DATA);
    } else if (unsequenced.admits(bytes.getUnsignedShort(at + 4))) {
      deliver(number, Delivery.UNSEQUENCED, copy(bytes, at + Command.SEND_UNSEQUENCED.size, end));
    }
    return null;
  }

  private DropReason fragment(
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
    // A reliable message is found by the number of its first fragment, an unreliable one by the
    // reliable number that it follows and its own.
    boolean wanted =
        lossy
            ? channel.acceptsUnreliable(sequence, start)
            : channel.accepts(start) && !channel.isLast(start);
    if (!wanted) {
      return null;
    }
    if (length == 0
        || count < 1
        || count > FRAGMENTS
        || number < 0
        || number >= count
        || total < count
        || offset < 0
        || offset >= total
        || length > total - offset) {
      return DropReason.BAD_COMMAND;
    }
    var message = lossy ? channel.heldUnreliable(sequence, start) : channel.held(start);
    if (message == null) {
      boolean room =
          lossy ? hasRoom() && !channel.isUnreliableFull() : hasRoom() || isAwaited(channel, start);
      if (!room || !admits(length + (long) count / Byte.SIZE)) {
        return lossy ? null : DropReason.WAITING_DATA;
      }
      message =
          lossy
              ? IncomingMessage.inFragments(
                  sequence, start, Delivery.UNRELIABLE_FRAGMENTS, total, count)
              : IncomingMessage.inFragments(start, 0, Delivery.RELIABLE, total, count);
      reserve(message, now);
      if (lossy) {
        channel.holdUnreliable(message);
      } else {
        channel.hold(message);
      }
    } else if (!message.isInFragments()
        || message.totalLength != total
        || message.fragmentCount != count) {
      return DropReason.BAD_COMMAND;
    }
    if (message.hasFragment(number)) {
      return null;
    }
    if (!admits(length)) {
      return lossy ? null : DropReason.WAITING_DATA;
    }
    long before = message.held();
    message.add(number, offset, copy(bytes, at + command.size, end));
    hold(message.held() - before);
    progressAt = now;
    if (message.isComplete()) {
      if (lossy) {
        channel.deliverUnreliable(this);
      } else {
        channel.deliverHeld(this);
      }
    }
    return null;
  }

  private static byte[] copy(ByteBuf bytes, int at, int end) {
    byte[] payload = new byte[end - at];
    bytes.getBytes(at, payload);
    return payload;
  }

  // ---- bounds

  private boolean hasRoom() {
    if (isFull()) {
      discardIncomplete();
    }
    return !isFull();
  }

  private void discardIncomplete() {
    for (var channel : channels) {
      if (channel != null) {
        channel.discardIncomplete(this);
      }
    }
  }

  /**
   * Whether a reliable message is the one that others wait for. It is accepted even when they leave
   * no room, or there would never be any; the C library refuses it.
   */
  private boolean isAwaited(IncomingChannel channel, int sequence) {
    return channel.isNext(sequence)
        && waiting < (long) limits.waitingPerPeer() + limits.packetSize();
  }

  private boolean isFull() {
    return waiting >= limits.waitingPerPeer();
  }

  /** Whether the host has room for a payload of this length that cannot be delivered yet. */
  private boolean admits(long length) {
    return budget.admits(account, IncomingMessage.COST + length);
  }

  /**
   * Whether messages have been incomplete for so long, without a further part, that every ENet
   * library would have given up the connection.
   */
  boolean isStalled(long now) {
    if (waiting == delivered || now - progressAt < patience) {
      return false;
    }
    // Parts of unreliable messages are lost for good now and then.
    discardIncomplete();
    return waiting > delivered;
  }

  @Override
  public void deliver(int channel, Delivery delivery, byte[] payload) {
    long cost = IncomingMessage.OVERHEAD + payload.length;
    waiting += cost;
    delivered += cost;
    budget.deliver(cost);
    receiver.received(channel, delivery, payload);
  }

  /** The application has taken a delivered message. */
  void taken(byte[] payload) {
    long cost = IncomingMessage.OVERHEAD + payload.length;
    waiting -= cost;
    delivered -= cost;
    budget.deliver(-cost);
  }

  private void reserve(IncomingMessage message, long now) {
    waiting += message.reserved();
    hold(message.held());
    progressAt = now;
  }

  @Override
  public void release(IncomingMessage message) {
    waiting -= message.reserved();
    hold(-message.held());
  }

  private void hold(long bytes) {
    held += bytes;
    budget.hold(account, bytes);
  }

  /** Drops what is held back; delivered messages stay charged until they are taken. */
  void clear() {
    hold(-held);
    waiting = delivered;
    channels = new IncomingChannel[0];
    unsequenced = null;
  }

  private boolean isNew(int number) {
    return number >= channels.length || channels[number] == null;
  }

  private IncomingChannel channel(int number) {
    if (number >= channels.length) {
      channels = Arrays.copyOf(channels, Math.max(number + 1, Math.min(2 * number, 255)));
    }
    if (channels[number] == null) {
      channels[number] = new IncomingChannel(number);
      hold(CHANNEL);
    }
    return channels[number];
  }
}
