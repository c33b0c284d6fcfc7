package io.linkspan.protocol.enet;

/**
 * The commands that datagrams consist of (§4). Every command begins with
 *
 * <pre>
 *   0  u8   bit 7 acknowledge me · bit 6 unsequenced · bits 3..0 number
 *   1  u8   channel, 0xFF for control commands
 *   2  u16  reliable sequence number
 * </pre>
 *
 * <p>and has {@code size} fixed bytes. The {@code SEND_} commands are followed by the number of
 * bytes in their length field.
 */
enum Command {
  /** 4 u16 acknowledged number · 6 u16 its sent time. */
  ACKNOWLEDGE(1, 8),
  /** See {@link Handshake}. */
  CONNECT(2, 48),
  /** See {@link Handshake}. */
  VERIFY_CONNECT(3, 44),
  /** 4 u32 data. */
  DISCONNECT(4, 8),
  PING(5, 4),
  /** 4 u16 length. */
  SEND_RELIABLE(6, 6),
  /** 4 u16 unreliable sequence number · 6 u16 length. */
  SEND_UNRELIABLE(7, 8),
  /**
   * 4 u16 start number · 6 u16 length · 8 u32 fragment count · 12 u32 fragment number · 16 u32
   * total length · 20 u32 offset.
   */
  SEND_FRAGMENT(8, 24),
  /** 4 u16 group · 6 u16 length. */
  SEND_UNSEQUENCED(9, 8),
  /** 4 u32 incoming bandwidth · 8 u32 outgoing bandwidth. */
  BANDWIDTH_LIMIT(10, 12),
  /** 4 u32 interval · 8 u32 acceleration · 12 u32 deceleration. */
  THROTTLE_CONFIGURE(11, 16),
  /** As {@link #SEND_FRAGMENT}. */
  SEND_UNRELIABLE_FRAGMENT(12, 24);

  static final int HEAD_LENGTH = 4;
  static final int ACKNOWLEDGE_ME = 0x80;
  static final int UNSEQUENCED = 0x40;
  static final int NUMBER_MASK = 0x0F;

  /** The channel of control commands; it has only a reliable sequence, kept in the peer. */
  static final int CONTROL_CHANNEL = 0xFF;

  private static final Command[] BY_NUMBER = new Command[NUMBER_MASK + 1];

  static {
    for (var command : values()) {
      BY_NUMBER[command.number] = command;
    }
  }

  final int number;
  final int size;

  Command(int number, int size) {
    this.number = number;
    this.size = size;
  }

  /** The command with this first byte, or null when its number does not exist. */
  static Command of(int firstByte) {
    return BY_NUMBER[firstByte & NUMBER_MASK];
  }
}
