package io.linkspan.protocol.methodchannel;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.linkspan.protocol.ProtocolException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Converts the values of method channels to JSON and back.
 *
 * <pre>
 *   value                          JSON                          and back
 *   null, boolean, string          the same                      the same
 *   int32, int64, big integer      a number, all its digits      the smallest of the three it fits
 *   float64                        a number; "NaN", "Infinity"   float64
 *                                  or "-Infinity", a string      a string
 *   uint8 list                     base64, a string              a string
 *   the other typed lists          an array of numbers           a list
 *   list                           an array                      a list
 *   map                            an object; keys as text,      a map with strings as keys
 *                                  null as "null"
 * </pre>
 */
public final class JsonValues {

  private static final ObjectMapper JSON =
      new ObjectMapper(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(MethodCodec.MAX_DEPTH)
                          .build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private JsonValues() {}

  /**
   * Reads the value that fills the rest of the buffer.
   *
   * @throws ProtocolException when it is not JSON in UTF-8
   */
  public static Object read(ByteBuffer bytes) {
    try {
      return JSON.readValue(
          StandardCharsets.UTF_8.newDecoder().decode(bytes.slice()).toString(), Object.class);
    } catch (CharacterCodingException e) {
      throw new ProtocolException("JSON must be UTF-8");
    } catch (JsonProcessingException e) {
      // The parser's message quotes the input.
      long position = e.getLocation() == null ? 0 : e.getLocation().getCharOffset();
      throw new ProtocolException("not JSON at character " + position);
    }
  }

  /**
   * Writes a value in UTF-8.
   *
   * @throws IllegalArgumentException when it holds a value without a JSON form
   */
  public static byte[] write(Object value) {
    var out = new ByteArrayOutputStream();
    try (JsonGenerator json = JSON.createGenerator(out)) {
      write(json, value, 0);
    } catch (IOException e) {
      throw new UncheckedIOException("an array does not fail", e);
    }
    return out.toByteArray();
  }

  private static void write(JsonGenerator json, Object value, int depth) throws IOException {
    if (value == null) {
      json.writeNull();
    } else if (value instanceof Boolean flag) {
      json.writeBoolean(flag);
    } else if (value instanceof Number number) {
      writeNumber(json, number);
    } else if (value instanceof CharSequence text) {
      json.writeString(text.toString());
    } else if (value instanceof List<?> list) {
      writeList(json, list, depth + 1);
    } else if (value instanceof Map<?, ?> map) {
      writeMap(json, map, depth + 1);
    } else if (value instanceof JsonArray array) {
      writeList(json, array.getList(), depth + 1);
    } else if (value instanceof JsonObject object) {
      writeMap(json, object.getMap(), depth + 1);
    } else {
      writeArray(json, value);
    }
  }

  private static void writeNumber(JsonGenerator json, Number value) throws IOException {
    if (value instanceof Integer || value instanceof Short || value instanceof Byte) {
      json.writeNumber(value.intValue());
    } else if (value instanceof Long) {
      json.writeNumber(value.longValue());
    } else if (value instanceof Float) {
      json.writeNumber(value.floatValue());
    } else if (value instanceof Double) {
      json.writeNumber(value.doubleValue());
    } else if (value instanceof BigInteger integer) {
      json.writeNumber(integer);
    } else if (value instanceof BigDecimal decimal) {
      json.writeNumber(decimal);
    } else {
      throw unsupported(value);
    }
  }

  private static void writeArray(JsonGenerator json, Object value) throws IOException {
    if (value instanceof byte[] bytes) {
      json.writeBinary(bytes);
    } else if (value instanceof Buffer buffer) {
      json.writeBinary(buffer.getBytes());
    } else if (value instanceof int[] ints) {
      json.writeArray(ints, 0, ints.length);
    } else if (value instanceof long[] longs) {
      json.writeArray(longs, 0, longs.length);
    } else if (value instanceof double[] doubles) {
      json.writeArray(doubles, 0, doubles.length);
    } else if (value instanceof float[] floats) {
      json.writeStartArray();
      for (float element : floats) {
        json.writeNumber(element);
      }
      json.writeEndArray();
    } else {
      throw unsupported(value);
    }
  }

  private static void writeList(JsonGenerator json, List<?> list, int depth) throws IOException {
    requireDepth(depth);
    json.writeStartArray();
    for (Object element : list) {
      write(json, element, depth);
    }
    json.writeEndArray();
  }

  private static void writeMap(JsonGenerator json, Map<?, ?> map, int depth) throws IOException {
    requireDepth(depth);
    Set<String> names = new HashSet<>();
    json.writeStartObject();
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      String name = String.valueOf(entry.getKey());
      if (!names.add(name)) {
        // The number 1 and the text "1" are different keys, but the same key in JSON.
        throw new IllegalArgumentException("two keys of a map are the same as text");
      }
      json.writeFieldName(name);
      write(json, entry.getValue(), depth);
    }
    json.writeEndObject();
  }

  private static void requireDepth(int depth) {
    if (depth > MethodCodec.MAX_DEPTH) {
      throw new IllegalArgumentException(
          "lists and maps nest deeper than " + MethodCodec.MAX_DEPTH + " levels");
    }
  }

  private static IllegalArgumentException unsupported(Object value) {
    return new IllegalArgumentException("JSON has no form for a " + value.getClass().getName());
  }
}
