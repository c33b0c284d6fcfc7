package io.linkspan.protocol.enet;

import io.netty.buffer.ByteBuf;

/** Walks through the commands of each datagram of one peer and acknowledges them (§3.1, §8.1). */
final class PeerInput {

  /** Carries out what the commands say about the connection. */
  interface Control extends IncomingMessages.Receiver {
    PeerState state();

    /** Channels agreed on. */
    int channels();

    /**
     * The other side answers our CONNECT (§6.3).
     *
     * @return false when the answer is refused
     */
    boolean verified(Handshake answer);

    /** The other side acknowledges a command. */
    void acknowledged(Command what);

    /** The other side announces its limits (§10.7). */
    void limitBandwidth(int incoming, int outgoing);

    /** The other side sets the packet throttle (§13). */
    void configureThrottle(int interval, int acceleration, int deceleration);

    /**
     * The other side has disconnected.
     *
     * @param sequence the number to acknowledge, or -1
     */
    void disconnected(int data, int sequence, int sentTime);

    /** The other side has violated the protocol too often (§17). */
    void expel();
  }

  private static final int VIOLATION_INTERVAL = 10_000;
  private static final int COMMAND_INTERVAL = 1_000;

  private final EnetConfig.Limits limits;
  private final EnetCounters counters;
  private final Control control;
  private final PeerOutput output;
  private final IncomingMessages messages;

  private int commands;
  private long commandsSince;
  private int violations;
  private long violationsSince;

  PeerInput(PeerResources shared, Control control, PeerOutput output) {
    this.control = control;
    this.output = output;
    limits = shared.limits();
    counters = shared.counters();
    messages = new IncomingMessages(shared, control);
  }

  /** Handles the commands of a datagram up to the first that is refused. */
  void receive(DatagramReader in, long now) {
    if (messages.isStalled(now)) {
      counters.drop(DropReason.STALLED);
      control.expel();
      return;
    }
    for (int at = in.start; at < in.end; ) {
      if (at + Command.HEAD_LENGTH > in.end) {
        counters.drop(DropReason.TRUNCATED_COMMAND);
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
      boolean asksAcknowledgement = (first & Command.ACKNOWLEDGE_ME) != 0;
      var refusal = refusalInGeneral(asksAcknowledgement, in, now);
      if (refusal == null) {
        refusal = handle(command, asksAcknowledgement, in, at, next, now);
      }
      if (refusal == DropReason.BAD_COMMAND && command != Command.VERIFY_CONNECT) {
        violate(refusal, now);
        return;
      }
      if (refusal != null) {
        counters.drop(refusal);
        return;
      }
      if (control.state() == PeerState.DISCONNECTED
          || (asksAcknowledgement && !acknowledge(in, at))) {
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

  private DropReason refusalInGeneral(boolean asksAcknowledgement, DatagramReader in, long now) {
    if (now - commandsSince >= COMMAND_INTERVAL) {
      commandsSince = now;
      commands = 0;
    }
    if (++commands > limits.commandsPerSecond()) {
      return DropReason.TOO_MANY_COMMANDS;
    }
    return asksAcknowledgement && in.sentTime < 0 ? DropReason.NO_SENT_TIME : null;
  }

  private DropReason handle(
      Command command, boolean acknowledged, DatagramReader in, int at, int end, long now) {
    var bytes = in.bytes;
    switch (command) {
      case ACKNOWLEDGE -> {
        acknowledged(bytes, at, now);
        return null;
      }
      case VERIFY_CONNECT -> {
        return control.verified(Handshake.decode(bytes, at, command))
            ? null
            : DropReason.BAD_COMMAND;
      }
      case DISCONNECT -> {
        control.disconnected(
            bytes.getInt(at + 4), acknowledged ? bytes.getUnsignedShort(at + 2) : -1, in.sentTime);
        return null;
      }
      case CONNECT -> {
        return DropReason.WRONG_STATE;
      }
      default -> {
        return switch (control.state()) {
          case CONNECTED -> handleConnected(command, bytes, at, end, now);
          case DISCONNECT_LATER -> handleWhileLeaving(command, bytes, at);
          case CONNECTING, DISCONNECTING, DISCONNECTED -> DropReason.WRONG_STATE;
        };
      }
    }
  }

  /** Before a disconnect, received messages are discarded, but fragments are refused (§10.5). */
  private DropReason handleWhileLeaving(Command command, ByteBuf bytes, int at) {
    switch (command) {
      case SEND_FRAGMENT, SEND_UNRELIABLE_FRAGMENT -> {
        return DropReason.WRONG_STATE;
      }
      case BANDWIDTH_LIMIT, THROTTLE_CONFIGURE -> configure(command, bytes, at);
      default -> {
        // Only the acknowledgement is left to do.
      }
    }
    return null;
  }

  private DropReason handleConnected(Command command, ByteBuf bytes, int at, int end, long now) {
    switch (command) {
      case PING -> {
        return null;
      }
      case BANDWIDTH_LIMIT, THROTTLE_CONFIGURE -> {
        configure(command, bytes, at);
        return null;
      }
      default -> {
        int number = bytes.getUnsignedByte(at + 1);
        if (number >= control.channels()) {
          return DropReason.BAD_COMMAND;
        }
        if (output.queuedBytes() > limits.queuedPerPeer() / 2) {
          // Answers are made faster than the other side takes them: it must wait with its messages.
          return DropReason.QUEUED_DATA;
        }
        return messages.receive(
            command, number, bytes.getUnsignedShort(at + 2), bytes, at, end, now);
      }
    }
  }

  private void configure(Command command, ByteBuf bytes, int at) {
    if (command == Command.BANDWIDTH_LIMIT) {
      control.limitBandwidth(bytes.getInt(at + 4), bytes.getInt(at + 8));
    } else {
      control.configureThrottle(bytes.getInt(at + 4), bytes.getInt(at + 8), bytes.getInt(at + 12));
    }
  }

  private void acknowledged(ByteBuf bytes, int at, long now) {
    var what =
        output.acknowledged(
            bytes.getUnsignedByte(at + 1),
            bytes.getUnsignedShort(at + 4),
            bytes.getUnsignedShort(at + 6),
            now);
    if (what == null) {
      // Usual when a command was sent twice and is acknowledged twice.
      counters.drop(DropReason.BAD_ACKNOWLEDGEMENT);
    } else {
      control.acknowledged(what);
    }
  }

  private boolean acknowledge(DatagramReader in, int at) {
    if (control.state() == PeerState.DISCONNECTING) {
      return true;
    }
    int number = in.bytes.getUnsignedByte(at + 1);
    int sequence = in.bytes.getUnsignedShort(at + 2);
    if (messages.leavesUnanswered(number, sequence)
        || output.queueAcknowledgement(number, sequence, in.sentTime)) {
      return true;
    }
    counters.drop(DropReason.TOO_MANY_COMMANDS);
    return false;
  }

  /** Refuses what no ENet library sends; too much of it ends the connection (§17). */
  private void violate(DropReason reason, long now) {
    counters.drop(reason);
    if (control.state() == PeerState.DISCONNECTED) {
      return;
    }
    if (now - violationsSince >= VIOLATION_INTERVAL) {
      violationsSince = now;
      violations = 0;
    }
    if (++violations >= limits.violations()) {
      control.expel();
    }
  }

  // ---- totals

  /** Bytes held back, incomplete, or not yet taken by the application. */
  long waiting() {
    return messages.waiting();
  }

  /** The application has taken a delivered message. */
  void taken(byte[] payload) {
    messages.taken(payload);
  }

  /** Drops what is held back; delivered messages stay charged until they are taken. */
  void clear() {
    messages.clear();
  }
}
