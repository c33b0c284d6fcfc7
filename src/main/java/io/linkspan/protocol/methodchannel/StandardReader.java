package io.linkspan.protocol.methodchannel;

import io.linkspan.protocol.ProtocolException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads one message of the standard codec from its first byte to its last. */
final class StandardReader {

  /** Digits of a big integer; reading one takes time that grows with their square. */
  static final int MAX_DIGITS = 4096;

  /**
   * Keys of one message that are neither strings nor 32-bit integers. Keys of several other types
   * can be made to collide in a hash table, and then each costs as much as all before it.
   */
  static final int MAX_OTHER_KEYS = 10_000;

  // The size of a list is chosen by the sender: memory is allocated for received elements only.
  private static final int INITIAL_CAPACITY = 16;

  private final ByteBuffer in;
  private int otherKeys;

  /** Reads from the buffer's position on, without moving it. */
  StandardReader(ByteBuffer bytes) {
    // Alignment counts from the first byte of the message, so it must be the first one of the
    // buffer.
    in = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
  }

  boolean hasRemaining() {
    return in.hasRemaining();
  }

  byte readByte() {
    require(1);
    return in.get();
  }

  /** Reads the next value, of any type. */
  Object readValue() {
    return readValue(0);
  }

  /** Checks that nothing follows. */
  void requireEnd() {
    if (in.hasRemaining()) {
      throw new ProtocolException(in.remaining() + " bytes follow the last value");
    }
  }

  private Object readValue(int depth) {
    byte type = readByte();
    return switch (type) {
      case StandardType.NULL -> null;
      case StandardType.TRUE -> true;
      case StandardType.FALSE -> false;
      case StandardType.INT32 -> {
        require(Integer.BYTES);
        yield in.getInt();
      }
      case StandardType.INT64 -> {
        require(Long.BYTES);
        yield in.getLong();
      }
      case StandardType.BIG_INTEGER -> readBigInteger();
      case StandardType.FLOAT64 -> {
        align(Double.BYTES);
        require(Double.BYTES);
        yield in.getDouble();
      }
      case StandardType.STRING -> readText();
      case StandardType.UINT8_LIST -> readBytes();
      case StandardType.INT32_LIST -> {
        int[] values = new int[readCount(Integer.BYTES)];
        in.asIntBuffer().get(values);
        yield skip(values, values.length * Integer.BYTES);
      }
      case StandardType.INT64_LIST -> {
        long[] values = new long[readCount(Long.BYTES)];
        in.asLongBuffer().get(values);
        yield skip(values, values.length * Long.BYTES);
      }
      case StandardType.FLOAT32_LIST -> {
        float[] values = new float[readCount(Float.BYTES)];
        in.asFloatBuffer().get(values);
        yield skip(values, values.length * Float.BYTES);
      }
      case StandardType.FLOAT64_LIST -> {
        double[] values = new double[readCount(Double.BYTES)];
        in.asDoubleBuffer().get(values);
        yield skip(values, values.length * Double.BYTES);
      }
      case StandardType.LIST -> readList(depth + 1);
      case StandardType.MAP -> readMap(depth + 1);
      default -> throw new ProtocolException("no value begins with the byte " + (type & 0xFF));
    };
  }

  private BigInteger readBigInteger() {
    String text = readText();
    if (text.length() > MAX_DIGITS) {
      throw new ProtocolException("an integer has more than " + MAX_DIGITS + " digits");
    }
    try {
      return new BigInteger(text, 16);
    } catch (NumberFormatException e) {
      throw new ProtocolException("a big integer must be hexadecimal text");
    }
  }

  private String readText() {
    int size = readSize(1);
    ByteBuffer text = in.slice().limit(size);
    in.position(in.position() + size);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(text).toString();
    } catch (CharacterCodingException e) {
      throw new ProtocolException("a string must be UTF-8");
    }
  }

  private byte[] readBytes() {
    byte[] bytes = new byte[readSize(1)];
    in.get(bytes);
    return bytes;
  }

  private List<Object> readList(int depth) {
    int size = readNested(1, depth);
    List<Object> list = new ArrayList<>(Math.min(size, INITIAL_CAPACITY));
    for (int i = 0; i < size; i++) {
      list.add(readValue(depth));
    }
    return list;
  }

  private Map<Object, Object> readMap(int depth) {
    int size = readNested(2, depth);
    Map<Object, Object> map = new LinkedHashMap<>();
    for (int i = 0; i < size; i++) {
      map.put(readKey(), readValue(depth));
    }
    return map;
  }

  private Object readKey() {
    require(1);
    switch (in.get(in.position())) {
      case StandardType.NULL,
          StandardType.TRUE,
          StandardType.FALSE,
          StandardType.INT32,
          StandardType.STRING -> {
        // Bounded by the number of bytes.
      }
      case StandardType.INT64, StandardType.BIG_INTEGER, StandardType.FLOAT64 -> {
        if (++otherKeys > MAX_OTHER_KEYS) {
          throw new ProtocolException(
              "more than "
                  + MAX_OTHER_KEYS
                  + " keys of maps are neither strings nor 32-bit integers");
        }
      }
      default ->
          throw new ProtocolException(
              "a key of a map must be null, a boolean, a number or a string");
    }
    return readValue(MethodCodec.MAX_DEPTH);
  }

  private int readNested(int bytesOfEach, int depth) {
    if (depth > MethodCodec.MAX_DEPTH) {
      throw new ProtocolException(
          "lists and maps nest deeper than " + MethodCodec.MAX_DEPTH + " levels");
    }
    return readSize(bytesOfEach);
  }

  /** Reads the number of aligned elements that follow, and checks that all of them are present. */
  private int readCount(int bytesOfEach) {
    int size = readSize(bytesOfEach);
    align(bytesOfEach);
    require((long) size * bytesOfEach);
    return size;
  }

  /** Reads a size and checks that the bytes of so many elements can be present. */
  private int readSize(int bytesOfEach) {
    int first = readByte() & 0xFF;
    long size =
        switch (first) {
          case StandardType.SIZE_16 -> {
            require(Short.BYTES);
            yield in.getShort() & 0xFFFF;
          }
          case StandardType.SIZE_32 -> {
            require(Integer.BYTES);
            yield in.getInt() & 0xFFFF_FFFFL;
          }
          default -> first;
        };
    require(size * bytesOfEach);
    return (int) size;
  }

  private void align(int alignment) {
    int padding = -in.position() & (alignment - 1);
    require(padding);
    in.position(in.position() + padding);
  }

  private <T> T skip(T values, int bytes) {
    in.position(in.position() + bytes);
    return values;
  }

  private void require(long bytes) {
    if (bytes > in.remaining()) {
      throw new ProtocolException(
          "a value ends after " + in.remaining() + " of at least " + bytes + " bytes");
    }
  }
}
