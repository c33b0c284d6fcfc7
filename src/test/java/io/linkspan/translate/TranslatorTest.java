package io.linkspan.translate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.linkspan.api.AckMessage;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.protocol.ProtocolException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

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
    assertThat(BinaryTranslator.decode(hex(MESSAGE_HEX))).isEqualTo(MESSAGE);
    assertThat(HexFormat.of().formatHex(BinaryTranslator.encode(MESSAGE))).isEqualTo(MESSAGE_HEX);
    assertThat(BinaryTranslator.decode(hex("0a000a026531")))
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
        BinaryTranslator.decode(cut);
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
        BinaryTranslator.decode(Buffer.buffer(bytes));
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
    assertThat(JsonTranslator.decode(JsonTranslator.encode(full))).isEqualTo(full);
    assertThat(
            JsonTranslator.decodeFrame(
                new String(
                    JsonTranslator.encodeFrame(full), java.nio.charset.StandardCharsets.UTF_8)))
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
    assertThatThrownBy(() -> JsonTranslator.decodeFrame(deep))
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
    assertThat(JsonTranslator.decodeFrame(ack + " \n"))
        .isEqualTo(AckMessage.newBuilder().setEventId("x").build());
    for (String more : new String[] {ack, "}", "x", "1"}) {
      assertThatThrownBy(() -> JsonTranslator.decodeFrame(ack + more))
          .isInstanceOf(ProtocolException.class)
          .hasMessageContaining("something follows it");
    }
  }
}
