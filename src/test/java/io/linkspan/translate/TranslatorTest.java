package io.linkspan.translate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.MessageLite;
import io.linkspan.api.AckMessage;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.protocol.ProtocolException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TranslatorTest {

  /** Type 11, eventId "e1", to "bob", type "text", body "你好". */
  private static final String MESSAGE_HEX =
      "0b00" + "0a026531" + "1a03626f62" + "2a0474657874" + "3206e4bda0e5a5bd";

  private static final Message MESSAGE =
      Message.newBuilder().setEventId("e1").setTo("bob").setType("text").setBody("你好").build();

  private static Buffer hex(String bytes) {
    return Buffer.buffer(HexFormat.of().parseHex(bytes));
  }

  @Test
  void theBytesOfExistingClientsAreReadAndWritten() {
    assertThat(BinaryTranslator.decode(hex(MESSAGE_HEX), MessageLimits.NONE)).isEqualTo(MESSAGE);
    assertThat(HexFormat.of().formatHex(BinaryTranslator.encode(MESSAGE))).isEqualTo(MESSAGE_HEX);
    assertThat(BinaryTranslator.decode(hex("0a000a026531"), MessageLimits.NONE))
        .isEqualTo(AckMessage.newBuilder().setEventId("e1").build());
    assertThat(HexFormat.of().formatHex(BinaryTranslator.encodeAck("e1")))
        .isEqualTo("0a000a026531");
  }

  @Test
  void everyTruncationIsAProtocolError() {
    Buffer whole = hex(MESSAGE_HEX);
    for (int length = 0; length < whole.length(); length++) {
      Buffer cut = whole.slice(0, length);
      try {
        BinaryTranslator.decode(cut, MessageLimits.NONE);
      } catch (ProtocolException e) {
        assertThat(e.getMessage()).isNotBlank();
      }
    }
  }

  @Test
  void everyFlippedBitIsReadOrAProtocolError() {
    for (int bit = 0; bit < MESSAGE_HEX.length() / 2 * 8; bit++) {
      byte[] bytes = HexFormat.of().parseHex(MESSAGE_HEX);
      bytes[bit / 8] ^= (byte) (1 << (bit % 8));
      try {
        BinaryTranslator.decode(Buffer.buffer(bytes), MessageLimits.NONE);
      } catch (ProtocolException e) {
        assertThat(e.getMessage()).isNotBlank();
      }
    }
  }

  @Test
  void jsonCarriesEveryField() {
    Message full =
        MESSAGE.toBuilder()
            .setFrom("alice")
            .setCreateAt("2026-01-01T00:00:00Z")
            .addAttachments(ByteString.copyFrom(new byte[] {0, 1, 2}))
            .setContentType("text/plain")
            .putHeaders("k", "v")
            .setReplyTo("e0")
            .build();
    assertThat(JsonTranslator.decode(JsonTranslator.encode(full), MessageLimits.NONE))
        .isEqualTo(full);
    assertThat(
            JsonTranslator.decodeFrame(
                new String(
                    JsonTranslator.encodeFrame(full), java.nio.charset.StandardCharsets.UTF_8),
                MessageLimits.NONE))
        .isEqualTo(full);
    assertThat(new JsonObject(JsonTranslator.encode(full)).fieldNames())
        .containsExactly(
            "eventId",
            "from",
            "to",
            "createAt",
            "type",
            "body",
            "attachments",
            "contentType",
            "headers",
            "replyTo");
  }

  @Test
  void deeplyNestedJsonIsRejected() {
    String deep = "{\"message\":".repeat(100_000);
    assertThatThrownBy(() -> JsonTranslator.decodeFrame(deep, MessageLimits.NONE))
        .isInstanceOf(ProtocolException.class);
  }

  @Test
  void anErrorHasACodeAReasonAndARetryTime() {
    Message error =
        ErrorTranslator.toMessage(
            "e1", new MessageException(ErrorCode.RATE_LIMITED, "slow down", 250));
    assertThat(error.getType()).isEqualTo("error");
    assertThat(error.getReplyTo()).isEqualTo("e1");
    assertThat(new JsonObject(error.getBody()))
        .isEqualTo(
            new JsonObject()
                .put("code", "rate-limited")
                .put("message", "slow down")
                .put("retryAfterMs", 250));
  }

  @Test
  void dataAfterAJsonFrameIsRejected() {
    String ack = "{\"ack\":{\"eventId\":\"x\"}}";
    assertThat(JsonTranslator.decodeFrame(ack + " \n", MessageLimits.NONE))
        .isEqualTo(AckMessage.newBuilder().setEventId("x").build());
    for (String more : new String[] {ack, "}", "x", "1"}) {
      assertThatThrownBy(() -> JsonTranslator.decodeFrame(ack + more, MessageLimits.NONE))
          .isInstanceOf(ProtocolException.class)
          .hasMessageContaining("something follows it");
    }
  }

  private static final MessageLimits FEW = new MessageLimits(10, 20);

  private static Message parts(int headers, int attachments) {
    Message.Builder message = MESSAGE.toBuilder();
    for (int i = 0; i < headers; i++) {
      message.putHeaders("h" + i, "");
    }
    for (int i = 0; i < attachments; i++) {
      message.addAttachments(ByteString.EMPTY);
    }
    return message.build();
  }

  @Test
  void aMessageMayHaveAsManyPartsAsTheLimitsAllow() {
    Message full = parts(10, 20);
    assertThat(BinaryTranslator.decode(BinaryTranslator.encode(full), FEW)).isEqualTo(full);
    assertThat(JsonTranslator.decode(JsonTranslator.encode(full), FEW)).isEqualTo(full);
  }

  @ParameterizedTest
  @CsvSource({"100000, 0, headers", "0, 520000, attachments"})
  void tooManyPartsAreRejectedBeforeObjectsAreMadeOfThem(
      int headers, int attachments, String what) {
    Message many = parts(headers, attachments);
    byte[] frame = BinaryTranslator.encode(many);
    String json = JsonTranslator.encode(many);
    for (MessageLimits limits : List.of(FEW, new MessageLimits(1_000, 1_000))) {
      assertThatThrownBy(() -> BinaryTranslator.decode(frame, limits))
          .isInstanceOf(ProtocolException.class)
          .hasMessageContaining("has at most")
          .hasMessageContaining(what);
      assertThatThrownBy(() -> JsonTranslator.decode(json, limits))
          .isInstanceOf(ProtocolException.class)
          .hasMessageContaining("has at most");
    }
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        // Numbers 99 to 103: a varint, eight bytes, a text, a group, four bytes.
        99 << 3,
        100 << 3 | 1,
        101 << 3 | 2,
        102 << 3 | 3,
        103 << 3 | 5
      })
  void unknownFieldsCountAsHeaders(int tag) throws IOException {
    var bytes = new ByteArrayOutputStream();
    var fields = CodedOutputStream.newInstance(bytes);
    fields.writeRawBytes(new byte[] {11, 0});
    for (int i = 0; i < 1_000; i++) {
      fields.writeUInt32NoTag(tag);
      switch (tag & 7) {
        case 0 -> fields.writeUInt64NoTag(Long.MAX_VALUE);
        case 1 -> fields.writeFixed64NoTag(1);
        case 2 -> fields.writeStringNoTag("text");
        case 3 -> fields.writeUInt32NoTag(tag + 1);
        default -> fields.writeFixed32NoTag(1);
      }
    }
    fields.flush();
    assertThatThrownBy(() -> BinaryTranslator.decode(bytes.toByteArray(), FEW))
        .isInstanceOf(ProtocolException.class)
        .hasMessageContaining("has at most 10 headers");
  }

  /** The count is never a reason to accept or reject what the parser would not. */
  @RepeatedTest(200)
  void randomBytesAreTreatedAsWithoutLimits(RepetitionInfo seed) {
    Random random = new Random(seed.getCurrentRepetition());
    byte[] frame = BinaryTranslator.encode(parts(random.nextInt(40), random.nextInt(40)));
    for (int i = random.nextInt(4); i > 0; i--) {
      frame[2 + random.nextInt(frame.length - 2)] = (byte) random.nextInt(256);
    }
    String unbounded = outcome(frame, MessageLimits.NONE);
    String bounded = outcome(frame, new MessageLimits(30, 30));
    if (!bounded.contains("has at most")) {
      assertThat(bounded).as("seed %d", seed.getCurrentRepetition()).isEqualTo(unbounded);
    }
  }

  private static String outcome(byte[] frame, MessageLimits limits) {
    try {
      MessageLite decoded = BinaryTranslator.decode(frame, limits);
      return decoded.getClass() + " " + HexFormat.of().formatHex(decoded.toByteArray());
    } catch (ProtocolException e) {
      return e.getMessage();
    }
  }
}
