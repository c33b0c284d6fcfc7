package io.linkspan.protocol.engineio;

/** Type of an Engine.IO packet; its position is its number on the wire. */
public enum PacketType {
  OPEN,
  CLOSE,
  PING,
  PONG,
  MESSAGE,
  UPGRADE,
  NOOP;

  private static final PacketType[] BY_NUMBER = values();

  /** Returns the type that a text packet's first character names, or null. */
  static PacketType ofDigit(char digit) {
    int number = digit - '0';
    return number >= 0 && number < BY_NUMBER.length ? BY_NUMBER[number] : null;
  }
}
