package io.linkspan.protocol.methodchannel;

/** Constants of the byte before each value of the standard codec. */
final class StandardType {

  static final byte NULL = 0;
  static final byte TRUE = 1;
  static final byte FALSE = 2;
  static final byte INT32 = 3;
  static final byte INT64 = 4;
  static final byte BIG_INTEGER = 5;
  static final byte FLOAT64 = 6;
  static final byte STRING = 7;
  static final byte UINT8_LIST = 8;
  static final byte INT32_LIST = 9;
  static final byte INT64_LIST = 10;
  static final byte FLOAT64_LIST = 11;
  static final byte LIST = 12;
  static final byte MAP = 13;
  static final byte FLOAT32_LIST = 14;

  /** Precedes a 16-bit size; a size up to 253 is one byte. */
  static final int SIZE_16 = 254;

  /** Precedes a 32-bit size. */
  static final int SIZE_32 = 255;

  private StandardType() {}
}
