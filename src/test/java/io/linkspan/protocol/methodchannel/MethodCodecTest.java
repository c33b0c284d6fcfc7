package io.linkspan.protocol.methodchannel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.linkspan.protocol.ProtocolException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
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

/** Calls and envelopes in both codecs; the bytes are worked out by hand. */
class MethodCodecTest {

  private static final MethodCodec STANDARD = StandardMethodCodec.INSTANCE;
  private static final MethodCodec JSON = JsonMethodCodec.INSTANCE;

  static Stream<Arguments> standardEnvelopes() {
    return Stream.of(
        Arguments.of("00 00", new Envelope.Success(null)),
        // Padding counts from the first byte of the envelope.
        Arguments.of("00 06 000000000000 000000000000f83f", new Envelope.Success(1.5)),
        Arguments.of("01 07 01 45 00 00", new Envelope.Failure("E", null, null, null)),
        Arguments.of(
            "01 07 01 45 07 02 6e6f 0c 01 03 01000000",
            new Envelope.Failure("E", "no", List.of(1), null)),
        Arguments.of(
            "01 07 01 45 07 02 6e6f 00 07 02 6174", new Envelope.Failure("E", "no", null, "at")));
  }

  @ParameterizedTest(name = "{1}")
  @MethodSource("standardEnvelopes")
  void standardEnvelopesHaveTheirBytes(String hex, Envelope envelope) {
    assertThat(Values.hex(STANDARD.encodeEnvelope(envelope))).isEqualTo(hex.replace(" ", ""));
    assertThat(STANDARD.decodeEnvelope(Values.buffer(hex))).isEqualTo(envelope);
  }

  @Test
  void aStandardCallIsItsNameAndItsArguments() {
    var call = new MethodCall("get", Map.of("id", 7));
    String hex = "07 03 676574 0d 01 07 02 6964 03 07000000".replace(" ", "");
    assertThat(Values.hex(STANDARD.encodeCall(call))).isEqualTo(hex);
    assertThat(STANDARD.decodeCall(Values.buffer(hex))).isEqualTo(call);
  }

  @Test
  void aStackTraceMayBeNull() {
    assertThat(STANDARD.decodeEnvelope(Values.buffer("01 07 01 45 00 00 00")))
        .isEqualTo(new Envelope.Failure("E", null, null, null));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource({
    "'', ends after 0",
    "02 00, no envelope begins with the byte 2",
    "00, ends after 0",
    "00 00 00, follow",
    "01 00 00 00, must be strings",
    "01 07 01 45 01 00, must be strings",
    "01 07 01 45 00 00 01, must be strings",
    "01 07 01 45 00 00 00 00, follow",
  })
  void malformedStandardEnvelopesAreRejected(String hex, String why) {
    assertThatThrownBy(() -> STANDARD.decodeEnvelope(Values.buffer(hex)))
        .isInstanceOf(ProtocolException.class)
        .hasMessageContaining(why);
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource({
    "'', ends after 0",
    "03 00000000 00, name of its method",
    "00 00, name of its method",
    "07 01 61, ends after 0",
    "07 01 61 00 00, follow",
  })
  void malformedStandardCallsAreRejected(String hex, String why) {
    assertThatThrownBy(() -> STANDARD.decodeCall(Values.buffer(hex)))
        .isInstanceOf(ProtocolException.class)
        .hasMessageContaining(why);
  }

  static Stream<Arguments> jsonEnvelopes() {
    return Stream.of(
        Arguments.of("[null]", new Envelope.Success(null)),
        Arguments.of("[{\"a\":[1.5]}]", new Envelope.Success(Map.of("a", List.of(1.5)))),
        Arguments.of("[\"E\",null,null]", new Envelope.Failure("E", null, null, null)),
        Arguments.of("[\"E\",\"no\",1,\"at\"]", new Envelope.Failure("E", "no", 1, "at")));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("jsonEnvelopes")
  void jsonEnvelopesAreArrays(String json, Envelope envelope) {
    assertThat(new String(JSON.encodeEnvelope(envelope), StandardCharsets.UTF_8)).isEqualTo(json);
    assertThat(JSON.decodeEnvelope(text(json))).isEqualTo(envelope);
  }

  @Test
  void aJsonCallIsAnObject() {
    var call = new MethodCall("get", List.of("é"));
    assertThat(JSON.decodeCall(ByteBuffer.wrap(JSON.encodeCall(call)))).isEqualTo(call);
    assertThat(JSON.decodeCall(text("{\"args\":null,\"method\":\"get\",\"more\":1}")))
        .isEqualTo(new MethodCall("get", null));
    assertThat(JSON.decodeCall(text("{\"method\":\"get\"}")))
        .isEqualTo(new MethodCall("get", null));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "''| not JSON",
        "{\"method\":1}| method's name",
        "{}| method's name",
        "[]| method's name",
        "{\"method\":\"a\"} x| not JSON at character",
        "{\"method\":\"a\"}{}| not JSON at character",
        "{method:\"a\"}| not JSON at character 1",
      })
  void malformedJsonCallsAreRejected(String json, String why) {
    assertThatThrownBy(() -> JSON.decodeCall(text(json)))
        .isInstanceOf(ProtocolException.class)
        .hasMessageContaining(why);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"[]", "[1,2]", "[1,2,3]", "[\"E\",2,3]", "[\"E\",null,3,4]", "[1,2,3,4,5]", "{}"})
  void malformedJsonEnvelopesAreRejected(String json) {
    assertThatThrownBy(() -> JSON.decodeEnvelope(text(json))).isInstanceOf(ProtocolException.class);
  }

  @Test
  void jsonMustBeUtf8AndIsBoundedInDepth() {
    assertThatThrownBy(() -> JSON.decodeEnvelope(Values.buffer("5b 22 ff 22 5d")))
        .isInstanceOf(ProtocolException.class)
        .hasMessageContaining("UTF-8");
    int depth = MethodCodec.MAX_DEPTH;
    assertThat(JSON.decodeEnvelope(text("[".repeat(depth) + "]".repeat(depth)))).isNotNull();
    assertThatThrownBy(
            () -> JSON.decodeEnvelope(text("[".repeat(depth + 1) + "]".repeat(depth + 1))))
        .isInstanceOf(ProtocolException.class);
    Object deep = 1;
    for (int i = 0; i < depth; i++) {
      deep = List.of(deep);
    }
    var tooDeep = new Envelope.Success(deep);
    assertThatIllegalArgumentException().isThrownBy(() -> JSON.encodeEnvelope(tooDeep));
  }

  @Test
  void valuesWithoutAJsonTypeBecomeTheNearestType() {
    Map<Object, Object> values = new LinkedHashMap<>();
    values.put("bytes", new byte[] {1, 2, -1});
    values.put("ints", new int[] {1, -1});
    values.put("longs", new long[] {1L << 40});
    values.put("doubles", new double[] {0.5, Double.POSITIVE_INFINITY});
    values.put("floats", new float[] {0.5f, Float.NaN});
    values.put("big", BigInteger.TEN.pow(20));
    values.put("nan", Double.NaN);
    values.put(7, "seven");
    values.put(null, "none");
    assertThat(
            new String(JSON.encodeEnvelope(new Envelope.Success(values)), StandardCharsets.UTF_8))
        .isEqualTo(
            "[{\"bytes\":\"AQL/\",\"ints\":[1,-1],\"longs\":[1099511627776],"
                + "\"doubles\":[0.5,\"Infinity\"],\"floats\":[0.5,\"NaN\"],"
                + "\"big\":100000000000000000000,\"nan\":\"NaN\",\"7\":\"seven\",\"null\":\"none\"}]");
  }

  @Test
  void anIntegerOfJsonIsTheSmallestTypeItFits() {
    assertThat(JSON.decodeEnvelope(text("[[1,-2147483649,100000000000000000000,1.0,1e2]]")))
        .isEqualTo(
            new Envelope.Success(List.of(1, -2147483649L, BigInteger.TEN.pow(20), 1.0, 100.0)));
  }

  @Test
  void keysThatJsonCannotDistinguishAreRejected() {
    Map<Object, Object> same = new LinkedHashMap<>();
    same.put(1, "number");
    same.put("1", "text");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> JSON.encodeEnvelope(new Envelope.Success(same)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> JSON.encodeEnvelope(new Envelope.Success(new Object())))
        .withMessageContaining("java.lang.Object");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> JSON.encodeEnvelope(new Envelope.Success(Collections.nCopies(1, 'c'))));
  }

  @RepeatedTest(50)
  void callsAndEnvelopesAreReadAsWritten(RepetitionInfo seed) {
    var random = new Random(seed.getCurrentRepetition());
    Object value = Values.random(random, 3);
    var call = new MethodCall("method", value);
    MethodCall read = STANDARD.decodeCall(ByteBuffer.wrap(STANDARD.encodeCall(call)));
    assertThat(read.method()).isEqualTo("method");
    assertThat(Values.describe(read.arguments())).isEqualTo(Values.describe(value));
    String stackTrace = random.nextBoolean() ? "at" : null;
    byte[] failure = STANDARD.encodeEnvelope(new Envelope.Failure("E", "why", value, stackTrace));
    var failed = (Envelope.Failure) STANDARD.decodeEnvelope(ByteBuffer.wrap(failure));
    assertThat(failed.code()).isEqualTo("E");
    assertThat(failed.message()).isEqualTo("why");
    assertThat(failed.stackTrace()).isEqualTo(stackTrace);
    assertThat(Values.describe(failed.details())).isEqualTo(Values.describe(value));
    byte[] success = STANDARD.encodeEnvelope(new Envelope.Success(value));
    var succeeded = (Envelope.Success) STANDARD.decodeEnvelope(ByteBuffer.wrap(success));
    assertThat(Values.describe(succeeded.result())).isEqualTo(Values.describe(value));
    assertThatThrownBy(
            () ->
                STANDARD.decodeEnvelope(
                    ByteBuffer.wrap(Arrays.copyOf(success, success.length + 1))))
        .isInstanceOf(ProtocolException.class);
  }

  private static ByteBuffer text(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }
}
