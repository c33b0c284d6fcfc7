package io.linkspan.protocol.methodchannel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.linkspan.protocol.ProtocolException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The bytes are worked out by hand from Flutter's description of its standard codec. */
class StandardMessageCodecTest {

  static Stream<Arguments> vectors() {
    return Stream.of(
        Arguments.of("null", "00", null),
        Arguments.of("true", "01", true),
        Arguments.of("false", "02", false),
        Arguments.of("zero", "03 00000000", 0),
        Arguments.of("a 32-bit integer", "03 78563412", 0x12345678),
        Arguments.of("the least 32-bit integer", "03 00000080", Integer.MIN_VALUE),
        Arguments.of("a 64-bit integer", "04 f0debc9a78563412", 0x123456789abcdef0L),
        Arguments.of("minus one in 64 bits", "04 ffffffffffffffff", -1L),
        Arguments.of(
            "a big integer",
            "05 11 3130303030303030303030303030303030",
            BigInteger.ONE.shiftLeft(64)),
        Arguments.of("a negative big integer", "05 03 2d6666", BigInteger.valueOf(-255)),
        Arguments.of("a double", "06 00000000000000 000000000000f83f", 1.5),
        Arguments.of("not a number", "06 00000000000000 000000000000f87f", Double.NaN),
        Arguments.of("no text", "07 00", ""),
        Arguments.of("text of every width", "07 0a 78 c3a9 e282ac f09d849e", "xé€𝄞"),
        Arguments.of("bytes", "08 03 0001ff", new byte[] {0, 1, -1}),
        Arguments.of("no bytes", "08 00", new byte[0]),
        Arguments.of("32-bit integers", "09 02 0000 01000000 ffffffff", new int[] {1, -1}),
        Arguments.of("no 32-bit integers, padded all the same", "09 00 0000", new int[0]),
        Arguments.of("64-bit integers", "0a 01 000000000000 feffffffffffffff", new long[] {-2}),
        Arguments.of("64-bit floats", "0b 01 000000000000 000000000000e0bf", new double[] {-0.5}),
        Arguments.of("32-bit floats", "0e 02 0000 0000003f 0000c0bf", new float[] {0.5f, -1.5f}),
        Arguments.of("an empty list", "0c 00", List.of()),
        Arguments.of("a list", "0c 03 00 01 03 2a000000", Arrays.asList(null, true, 42)),
        Arguments.of("a list in a list", "0c 01 0c 01 02", List.of(List.of(false))),
        Arguments.of("an empty map", "0d 00", Map.of()),
        Arguments.of("a map", "0d 01 07 01 61 03 01000000", Map.of("a", 1)),
        Arguments.of("a number as a key", "0d 01 03 07000000 0c 00", Map.of(7, List.of())),
        Arguments.of("null as a key", "0d 01 00 00", Collections.singletonMap(null, null)),
        Arguments.of(
            "a double where no padding is needed",
            "0c 06 01 01 01 01 01 06 0000000000000040",
            List.of(true, true, true, true, true, 2.0)),
        Arguments.of(
            "a double where most padding is needed",
            "0c 07 01 01 01 01 01 01 06 00000000000000 0000000000000040",
            List.of(true, true, true, true, true, true, 2.0)),
        Arguments.of(
            "typed lists behind others, each with its own padding",
            "0c 03  07 01 61  09 01 00 05000000  0b 01 0000 0000000000000040",
            List.of("a", new int[] {5}, new double[] {2.0})));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("vectors")
  void everyTypeHasItsBytes(String name, String hex, Object value) {
    assertThat(Values.hex(StandardMessageCodec.encode(value))).isEqualTo(hex.replace(" ", ""));
    Object decoded = StandardMessageCodec.decode(Values.buffer(hex));
    assertSame(decoded, value);
  }

  private static void assertSame(Object actual, Object expected) {
    assertThat(Values.describe(actual)).isEqualTo(Values.describe(expected));
  }

  @ParameterizedTest(name = "{0} bytes")
  @CsvSource({"253, fd", "254, fefe00", "65535, feffff", "65536, ff00000100"})
  void aSizeTakesAsManyBytesAsItNeeds(int size, String hex) {
    byte[] encoded = StandardMessageCodec.encode(new byte[size]);
    assertThat(Values.hex(encoded)).startsWith("08" + hex);
    assertThat(encoded).hasSize(1 + hex.length() / 2 + size);
    assertThat((byte[]) StandardMessageCodec.decode(ByteBuffer.wrap(encoded))).hasSize(size);
    String text = "x".repeat(size);
    assertThat(StandardMessageCodec.decode(ByteBuffer.wrap(StandardMessageCodec.encode(text))))
        .isEqualTo(text);
    List<Object> list = Collections.nCopies(size, null);
    assertThat(StandardMessageCodec.decode(ByteBuffer.wrap(StandardMessageCodec.encode(list))))
        .isEqualTo(list);
  }

  @Test
  void aSizeMayTakeMoreBytesThanItNeeds() {
    assertThat(StandardMessageCodec.decode(Values.buffer("07 fe0100 61"))).isEqualTo("a");
    assertThat(StandardMessageCodec.decode(Values.buffer("07 ff01000000 61"))).isEqualTo("a");
  }

  @Test
  void aMessageMayLieAnywhereInItsBuffer() {
    ByteBuffer bytes = Values.buffer("ffffff 06 00000000000000 000000000000f83f ffff");
    bytes.position(3).limit(3 + 16);
    assertThat(StandardMessageCodec.decode(bytes.asReadOnlyBuffer())).isEqualTo(1.5);
    assertThat(bytes.position()).isEqualTo(3);
  }

  @Test
  void otherJavaTypesAreWrittenAsTheNearestType() {
    assertThat(StandardMessageCodec.encode((short) 7)).isEqualTo(StandardMessageCodec.encode(7));
    assertThat(StandardMessageCodec.encode((byte) 7)).isEqualTo(StandardMessageCodec.encode(7));
    assertThat(StandardMessageCodec.encode(0.5f)).isEqualTo(StandardMessageCodec.encode(0.5));
    assertThat(StandardMessageCodec.encode(java.nio.CharBuffer.wrap("a")))
        .isEqualTo(StandardMessageCodec.encode("a"));
    assertThat(StandardMessageCodec.encode(Buffer.buffer("a")))
        .isEqualTo(StandardMessageCodec.encode(new byte[] {'a'}));
    assertThat(StandardMessageCodec.encode(new JsonObject().put("a", JsonArray.of(1))))
        .isEqualTo(StandardMessageCodec.encode(Map.of("a", List.of(1))));
  }

  @Test
  void unsupportedValuesAreRejected() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> StandardMessageCodec.encode(List.of(new Object())))
        .withMessageContaining("java.lang.Object");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> StandardMessageCodec.encode(new java.math.BigDecimal("1.5")));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> StandardMessageCodec.encode(Map.of(List.of(), 1)))
        .withMessageContaining("key");
  }

  @Test
  void nestingIsBoundedInBothDirections() {
    Object deepest = List.of();
    String hex = "0c00";
    for (int level = 1; level < MethodCodec.MAX_DEPTH; level++) {
      deepest = level % 2 == 0 ? List.of(deepest) : Map.of(1, deepest);
      hex = level % 2 == 0 ? "0c01" + hex : "0d010301000000" + hex;
    }
    assertThat(Values.hex(StandardMessageCodec.encode(deepest))).isEqualTo(hex);
    assertThat(StandardMessageCodec.decode(Values.buffer(hex))).isEqualTo(deepest);
    List<Object> deeper = List.of(deepest);
    assertThatIllegalArgumentException().isThrownBy(() -> StandardMessageCodec.encode(deeper));
    assertMalformed("0c01" + hex, "deeper than 64");
  }

  @Test
  void aListThatHoldsItselfIsRefused() {
    List<Object> itself = new ArrayList<>();
    itself.add(itself);
    assertThatIllegalArgumentException().isThrownBy(() -> StandardMessageCodec.encode(itself));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource({
    "'', ends after 0",
    "0f, no value begins with the byte 15",
    "ff, no value begins with the byte 255",
    "0000, 1 bytes follow",
    "03 000000, ends after 3",
    "07 02 61, ends after 1",
    "07 01 ff, UTF-8",
    "07 03 eda080, UTF-8",
    "05 00, hexadecimal",
    "05 02 2d2d, hexadecimal",
    "05 03 307831, hexadecimal",
    "06 00000000, ends after 4",
    "08 ffffffffff 00, ends after 1",
    "08 ff00000080 00, ends after 1",
    "09 ff00000040 0000 00000000, ends after 6",
    "0a ff00000020 0000 0000000000000000, ends after 10",
    "0c 02 00, ends after 1",
    "0c ffffffff7f 00, ends after 1",
    "0d 01 00, ends after 1",
    "0d ffffffff7f 0000, ends after 2",
    "0d 01 0c00 00, key of a map",
    "0d 01 0d00 00, key of a map",
    "0d 01 0800 00, key of a map",
  })
  void malformedValuesAreRejectedWithAReason(String hex, String why) {
    assertMalformed(hex, why);
  }

  private static void assertMalformed(String hex, String why) {
    assertThatThrownBy(() -> StandardMessageCodec.decode(Values.buffer(hex)))
        .isInstanceOf(ProtocolException.class)
        .hasMessageContaining(why);
  }

  @Test
  void aBigIntegerHasBoundedDigits() {
    byte[] longest = StandardMessageCodec.encode("f".repeat(StandardReader.MAX_DIGITS));
    longest[0] = StandardType.BIG_INTEGER;
    BigInteger all = BigInteger.ONE.shiftLeft(4 * StandardReader.MAX_DIGITS);
    assertThat(StandardMessageCodec.decode(ByteBuffer.wrap(longest)))
        .isEqualTo(all.subtract(BigInteger.ONE));
    assertThatThrownBy(
            () -> StandardMessageCodec.decode(ByteBuffer.wrap(StandardMessageCodec.encode(all))))
        .isInstanceOf(ProtocolException.class)
        .hasMessageContaining("digits");
  }

  @Test
  void keysThatCanBeMadeToCollideAreBoundedInNumber() {
    Map<Object, Object> keys = new LinkedHashMap<>();
    for (long key = 0; key < StandardReader.MAX_OTHER_KEYS; key++) {
      keys.put(key, null);
    }
    byte[] most = StandardMessageCodec.encode(keys);
    assertThat(StandardMessageCodec.decode(ByteBuffer.wrap(most))).isEqualTo(keys);
    keys.put(0.5, null);
    byte[] more = StandardMessageCodec.encode(keys);
    assertThatThrownBy(() -> StandardMessageCodec.decode(ByteBuffer.wrap(more)))
        .isInstanceOf(ProtocolException.class)
        .hasMessageContaining("keys");
  }

  @RepeatedTest(200)
  void writtenValuesAreReadUnchanged(RepetitionInfo seed) {
    Object value = Values.random(new Random(seed.getCurrentRepetition()), 4);
    byte[] encoded = StandardMessageCodec.encode(value);
    assertSame(StandardMessageCodec.decode(ByteBuffer.wrap(encoded)), value);
  }

  @RepeatedTest(20)
  void aTruncatedMessageIsRejected(RepetitionInfo seed) {
    byte[] whole =
        StandardMessageCodec.encode(Values.random(new Random(seed.getCurrentRepetition()), 2));
    for (int length = 0; length < whole.length; length++) {
      ByteBuffer beginning = ByteBuffer.wrap(whole, 0, length);
      assertThatThrownBy(() -> StandardMessageCodec.decode(beginning))
          .isInstanceOf(ProtocolException.class);
    }
  }

  @RepeatedTest(20)
  void aChangedByteGivesAnotherValueOrIsRejected(RepetitionInfo seed) {
    var random = new Random(seed.getCurrentRepetition());
    byte[] bytes = StandardMessageCodec.encode(Values.random(random, 3));
    for (int i = 0; i < bytes.length; i++) {
      byte[] changed = bytes.clone();
      changed[i] = (byte) random.nextInt();
      try {
        StandardMessageCodec.decode(ByteBuffer.wrap(changed));
      } catch (ProtocolException refused) {
        assertThat(refused.getMessage()).isNotEmpty();
      }
    }
  }
}
