package io.linkspan.protocol.enet;

import java.util.Arrays;

/**
 * Holds a message that cannot be delivered yet, because an earlier message or a part of it is
 * missing. Parts are kept as they arrive and joined at the end, so that the claim of a long message
 * costs nothing (§18).
 */
final class IncomingMessage implements SequenceMap.Numbered {
  /** Cost of a part, or of a delivered message, besides its bytes. */
  static final long OVERHEAD = 64;

  /** Cost of holding a message besides its parts and its first bytes. */
  static final long COST = 192;

  private static final class Part {
    final byte[] bytes;
    final int offset;
    final Part next;

    Part(byte[] bytes, int offset, Part next) {
      this.bytes = bytes;
      this.offset = offset;
      this.next = next;
    }
  }

  final int reliableNumber;
  final int unreliableNumber;
  final Delivery delivery;
  final int totalLength;
  final int fragmentCount;
  IncomingMessage next;

  private byte[] payload;
  private Part parts;
  private int missing;
  private long[] arrived;
  private long held;

  private IncomingMessage(
      int reliableNumber,
      int unreliableNumber,
      Delivery delivery,
      int totalLength,
      int fragmentCount) {
    this.reliableNumber = reliableNumber;
    this.unreliableNumber = unreliableNumber;
    this.delivery = delivery;
    this.totalLength = totalLength;
    this.fragmentCount = fragmentCount;
  }

  static IncomingMessage whole(int reliable, int unreliable, Delivery delivery, byte[] payload) {
    var message = new IncomingMessage(reliable, unreliable, delivery, payload.length, 1);
    message.payload = payload;
    message.held = COST + payload.length;
    return message;
  }

  static IncomingMessage inFragments(
      int reliable, int unreliable, Delivery delivery, int totalLength, int fragmentCount) {
    var message = new IncomingMessage(reliable, unreliable, delivery, totalLength, fragmentCount);
    message.missing = fragmentCount;
    message.arrived = new long[1];
    message.held = COST + fragmentCount / Byte.SIZE;
    return message;
  }

  @Override
  public int sequence() {
    return reliableNumber;
  }

  boolean isComplete() {
    return missing == 0;
  }

  boolean isInFragments() {
    return arrived != null;
  }

  boolean hasFragment(int number) {
    int word = number / Long.SIZE;
    return word < arrived.length && (arrived[word] >>> number & 1) != 0;
  }

  /** Adds a fragment that has not arrived before; the caller has checked its bounds. */
  void add(int number, int offset, byte[] bytes) {
    int word = number / Long.SIZE;
    if (word >= arrived.length) {
      int words = (fragmentCount + Long.SIZE - 1) / Long.SIZE;
      arrived = Arrays.copyOf(arrived, Math.min(Math.max(2 * arrived.length, word + 1), words));
    }
    arrived[word] |= 1L << number;
    missing--;
    parts = new Part(bytes, offset, parts);
    held += OVERHEAD + bytes.length;
  }

  /** The complete message. Of overlapping parts the first one received wins. */
  byte[] payload() {
    if (payload == null) {
      payload = new byte[totalLength];
      for (var part = parts; part != null; part = part.next) {
        System.arraycopy(part.bytes, 0, payload, part.offset, part.bytes.length);
      }
      parts = null;
    }
    return payload;
  }

  /**
   * Bytes charged to the peer: the whole message, so that a message once begun can be completed.
   */
  long reserved() {
    return OVERHEAD + totalLength;
  }

  /** Bytes that are really held. */
  long held() {
    return held;
  }
}
