package io.linkspan.protocol.methodchannel;

import io.linkspan.protocol.ProtocolException;
import java.nio.ByteBuffer;

/**
 * Flutter's {@code StandardMessageCodec}: one value of any of its types. All numbers are
 * little-endian, as on every platform that Flutter supports.
 *
 * <pre>
 *   value     one byte of type, then
 *     0 null, 1 true, 2 false   nothing
 *     3 int32, 4 int64          4 or 8 bytes
 *     5 big integer             size, hexadecimal text
 *     6 float64                 padding to a multiple of 8, 8 bytes
 *     7 string                  size, UTF-8
 *     8 uint8 list              size, bytes
 *     9 int32 list              size, padding to a multiple of 4, elements; 14 float32 list likewise
 *    10 int64 list              size, padding to a multiple of 8, elements; 11 float64 list likewise
 *    12 list                    size, values
 *    13 map                     size, for each entry a value for its key and one for itself
 *   size      one byte up to 253; else 254 and 16 bits, or 255 and 32 bits
 * </pre>
 *
 * Padding counts from the first byte of the message.
 *
 * <p>Beyond Flutter's own rules the keys of a map must be scalars: Dart compares lists and maps by
 * identity, so such a key could not be looked up.
 */
public final class StandardMessageCodec {

  private StandardMessageCodec() {}

  /**
   * Writes a value. Some other Java types are written as the nearest type of the codec: {@code
   * Short}, {@code Byte}, {@code Float}, any {@code CharSequence}, Vert.x's JSON and buffers.
   *
   * @throws IllegalArgumentException when it holds anything else, or nests deeper than {@link
   *     MethodCodec#MAX_DEPTH}
   */
  public static byte[] encode(Object value) {
    var out = new StandardWriter();
    out.writeValue(value);
    return out.bytes();
  }

  /**
   * Reads a value, which must fill the rest of the buffer; its position does not change.
   *
   * @throws ProtocolException when it is malformed; the message says why
   */
  public static Object decode(ByteBuffer bytes) {
    var in = new StandardReader(bytes);
    Object value = in.readValue();
    in.requireEnd();
    return value;
  }
}
