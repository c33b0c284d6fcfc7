package io.linkspan.protocol.methodchannel;

import java.lang.reflect.Array;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Bytes from text, and values from a seed. */
final class Values {

  private Values() {}

  /** Bytes from hexadecimal text with blanks where they help. */
  static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", ""));
  }

  static ByteBuffer buffer(String hex) {
    return ByteBuffer.wrap(bytes(hex));
  }

  static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  /** The value with its types, to be compared: arrays have no equality of their own. */
  static String describe(Object value) {
    if (value instanceof List<?> list) {
      return list.stream().map(Values::describe).toList().toString();
    }
    if (value instanceof Map<?, ?> map) {
      return map.entrySet().stream()
          .map(entry -> describe(entry.getKey()) + '=' + describe(entry.getValue()))
          .collect(Collectors.joining(", ", "{", "}"));
    }
    if (value == null) {
      return "null";
    }
    String content =
        value.getClass().isArray()
            ? IntStream.range(0, Array.getLength(value))
                .mapToObj(i -> Array.get(value, i).toString())
                .collect(Collectors.joining(","))
            : value.toString();
    return value.getClass().getSimpleName() + '(' + content + ')';
  }

  /** Any value of the standard codec, in no more than so many levels. */
  static Object random(Random random, int levels) {
    return switch (random.nextInt(levels == 0 ? 8 : 15)) {
      case 0 -> null;
      case 1 -> random.nextBoolean();
      case 2 -> random.nextInt();
      case 3 -> random.nextLong();
      case 4 -> new BigInteger(random.nextInt(200), random).negate();
      case 5 -> random.nextGaussian();
      case 6 -> Double.longBitsToDouble(random.nextLong());
      case 7 -> text(random, random.nextInt(400));
      case 8 -> random.doubles(random.nextInt(300)).toArray();
      case 9 -> random.ints(random.nextInt(300)).toArray();
      case 10 -> random.longs(random.nextInt(300)).toArray();
      case 11 -> floats(random);
      case 12 -> {
        byte[] bytes = new byte[random.nextInt(300)];
        random.nextBytes(bytes);
        yield bytes;
      }
      case 13 -> {
        List<Object> list = new ArrayList<>();
        for (int i = random.nextInt(8); i > 0; i--) {
          list.add(random(random, levels - 1));
        }
        yield list;
      }
      default -> {
        Map<Object, Object> map = new LinkedHashMap<>();
        for (int i = random.nextInt(8); i > 0; i--) {
          map.put(random(random, 0), random(random, levels - 1));
        }
        yield map;
      }
    };
  }

  private static String text(Random random, int length) {
    var text = new StringBuilder();
    for (int i = 0; i < length; i++) {
      int character = random.nextInt(Character.MAX_CODE_POINT);
      boolean surrogate =
          character >= Character.MIN_SURROGATE && character <= Character.MAX_SURROGATE;
      text.appendCodePoint(surrogate ? 'x' : character);
    }
    return text.toString();
  }

  private static float[] floats(Random random) {
    float[] floats = new float[random.nextInt(300)];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = random.nextFloat();
    }
    return floats;
  }
}
