package io.linkspan.protocol.methodchannel;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Writes one message of the standard codec. */
final class StandardWriter {

  private static final int INITIAL_CAPACITY = 128;

  private ByteBuffer out = ByteBuffer.allocate(INITIAL_CAPACITY).order(ByteOrder.LITTLE_ENDIAN);

  void writeByte(int value) {
    room(1).put((byte) value);
  }

  void writeValue(Object value) {
    writeValue(value, 0);
  }

  byte[] bytes() {
    return Arrays.copyOf(out.array(), out.position());
  }

  private void writeValue(Object value, int depth) {
    if (value == null) {
      writeByte(StandardType.NULL);
    } else if (value instanceof Boolean flag) {
      writeByte(flag ? StandardType.TRUE : StandardType.FALSE);
    } else if (value instanceof Number number) {
      writeNumber(number);
    } else if (value instanceof CharSequence text) {
      writeByte(StandardType.STRING);
      writeBytes(text.toString().getBytes(StandardCharsets.UTF_8));
    } else if (value instanceof List<?> list) {
      writeList(list, depth + 1);
    } else if (value instanceof Map<?, ?> map) {
      writeMap(map, depth + 1);
    } else if (value instanceof JsonArray array) {
      writeList(array.getList(), depth + 1);
    } else if (value instanceof JsonObject object) {
      writeMap(object.getMap(), depth + 1);
    } else {
      writeArray(value);
    }
  }

  private void writeNumber(Number value) {
    if (value instanceof Integer || value instanceof Short || value instanceof Byte) {
      writeByte(StandardType.INT32);
      room(Integer.BYTES).putInt(value.intValue());
    } else if (value instanceof Long) {
      writeByte(StandardType.INT64);
      room(Long.BYTES).putLong(value.longValue());
    } else if (value instanceof Double || value instanceof Float) {
      writeByte(StandardType.FLOAT64);
      align(Double.BYTES);
      room(Double.BYTES).putDouble(value.doubleValue());
    } else if (value instanceof BigInteger integer) {
      writeByte(StandardType.BIG_INTEGER);
      writeBytes(integer.toString(16).getBytes(StandardCharsets.US_ASCII));
    } else {
      throw unsupported(value);
    }
  }

  private void writeArray(Object value) {
    if (value instanceof byte[] bytes) {
      writeByte(StandardType.UINT8_LIST);
      writeBytes(bytes);
    } else if (value instanceof Buffer buffer) {
      writeByte(StandardType.UINT8_LIST);
      writeBytes(buffer.getBytes());
    } else if (value instanceof int[] ints) {
      int bytes = startArray(StandardType.INT32_LIST, ints.length, Integer.BYTES);
      out.asIntBuffer().put(ints);
      out.position(out.position() + bytes);
    } else if (value instanceof long[] longs) {
      int bytes = startArray(StandardType.INT64_LIST, longs.length, Long.BYTES);
      out.asLongBuffer().put(longs);
      out.position(out.position() + bytes);
    } else if (value instanceof float[] floats) {
      int bytes = startArray(StandardType.FLOAT32_LIST, floats.length, Float.BYTES);
      out.asFloatBuffer().put(floats);
      out.position(out.position() + bytes);
    } else if (value instanceof double[] doubles) {
      int bytes = startArray(StandardType.FLOAT64_LIST, doubles.length, Double.BYTES);
      out.asDoubleBuffer().put(doubles);
      out.position(out.position() + bytes);
    } else {
      throw unsupported(value);
    }
  }

  /** Writes everything before the elements, and makes room for them. */
  private int startArray(byte type, int length, int bytesOfEach) {
    int bytes = Math.multiplyExact(length, bytesOfEach);
    writeByte(type);
    writeSize(length);
    align(bytesOfEach);
    room(bytes);
    return bytes;
  }

  private void writeList(List<?> list, int depth) {
    requireDepth(depth);
    writeByte(StandardType.LIST);
    writeSize(list.size());
    for (Object element : list) {
      writeValue(element, depth);
    }
  }

  private void writeMap(Map<?, ?> map, int depth) {
    requireDepth(depth);
    writeByte(StandardType.MAP);
    writeSize(map.size());
    map.forEach(
        (key, value) -> {
          writeKey(key);
          writeValue(value, depth);
        });
  }

  private void writeKey(Object key) {
    if (key != null
        && !(key instanceof CharSequence)
        && !(key instanceof Number)
        && !(key instanceof Boolean)) {
      throw new IllegalArgumentException(
          "a key of a map must be null, a boolean, a number or a string, not a "
              + key.getClass().getName());
    }
    writeValue(key, MethodCodec.MAX_DEPTH);
  }

  private void writeBytes(byte[] bytes) {
    writeSize(bytes.length);
    room(bytes.length).put(bytes);
  }

  private void writeSize(int size) {
    if (size < StandardType.SIZE_16) {
      writeByte(size);
    } else if (size <= 0xFFFF) {
      writeByte(StandardType.SIZE_16);
      room(Short.BYTES).putShort((short) size);
    } else {
      writeByte(StandardType.SIZE_32);
      room(Integer.BYTES).putInt(size);
    }
  }

  private void align(int alignment) {
    int padding = -out.position() & (alignment - 1);
    for (int i = 0; i < padding; i++) {
      writeByte(0);
    }
  }

  private ByteBuffer room(int bytes) {
    if (out.remaining() < bytes) {
      int capacity = Math.max(Math.addExact(out.position(), bytes), out.capacity() * 2);
      out =
          ByteBuffer.wrap(Arrays.copyOf(out.array(), capacity))
              .order(ByteOrder.LITTLE_ENDIAN)
              .position(out.position());
    }
    return out;
  }

  private static void requireDepth(int depth) {
    if (depth > MethodCodec.MAX_DEPTH) {
      throw new IllegalArgumentException(
          "lists and maps nest deeper than " + MethodCodec.MAX_DEPTH + " levels");
    }
  }

  private static IllegalArgumentException unsupported(Object value) {
    return new IllegalArgumentException(
        "the standard codec has no form for a " + value.getClass().getName());
  }
}
