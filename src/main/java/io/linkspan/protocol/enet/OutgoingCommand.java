package io.linkspan.protocol.enet;

import io.netty.buffer.ByteBuf;

/**
 * One command that is queued or in flight. The host pools commands; each is linked into one {@link
 * CommandQueue} at a time.
 */
final class OutgoingCommand implements SequenceMap.Numbered {
  private static final byte[] NOTHING = {};

  OutgoingCommand previous;
  OutgoingCommand next;

  Command command;
  int flags;
  int channel;
  int sequence;

  /** Unreliable sequence number, group, or start number of the fragments. */
  int second;

  /** The message, or the whole body of a control command. */
  byte[] payload = NOTHING;

  int offset;
  int length;
  int fragmentNumber;
  int fragmentCount;

  /** Position in the order of the messages queued for the peer. */
  long order;

  int transmissions;
  long firstSent;
  long sent;
  long timeout;
  long firstTimeout;

  /** Whether it was sent and its wait for an acknowledgement is not over. */
  boolean awaitsTimeout;

  @Override
  public int sequence() {
    return sequence;
  }

  /** Whether its payload counts against the byte window (§7.4). */
  boolean carriesMessage() {
    return channel != Command.CONTROL_CHANNEL;
  }

  int size() {
    return carriesMessage() ? command.size + length : command.size;
  }

  void write(DatagramWriter writer) {
    ByteBuf out = writer.command(command, flags, channel, sequence, size());
    switch (command) {
      case SEND_RELIABLE -> out.writeShort(length);
      case SEND_UNRELIABLE, SEND_UNSEQUENCED -> {
        out.writeShort(second);
        out.writeShort(length);
      }
      case SEND_FRAGMENT, SEND_UNRELIABLE_FRAGMENT -> {
        out.writeShort(second);
        out.writeShort(length);
        out.writeInt(fragmentCount);
        out.writeInt(fragmentNumber);
        out.writeInt(payload.length);
        out.writeInt(offset);
      }
      case ACKNOWLEDGE,
          CONNECT,
          VERIFY_CONNECT,
          DISCONNECT,
          PING,
          BANDWIDTH_LIMIT,
          THROTTLE_CONFIGURE -> {
        // The body is the payload.
      }
    }
    out.writeBytes(payload, offset, length);
  }

  void clear() {
    payload = NOTHING;
    offset = 0;
    length = 0;
    second = 0;
    fragmentNumber = 0;
    fragmentCount = 0;
    transmissions = 0;
    awaitsTimeout = false;
  }
}
