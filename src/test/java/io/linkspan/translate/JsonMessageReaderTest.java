package io.linkspan.translate;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.linkspan.api.Message;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Compares what is read with what the general way reads. */
class JsonMessageReaderTest {

  private static final String JSON =
      "{\"eventId\":\"e1\",\"from\":\"a\",\"to\":\"b\",\"createAt\":\"c\",\"type\":\"t\","
          + "\"body\":\"\\u00e9\\n\",\"contentType\":\"\",\"replyTo\":\"r\"}";
  private static final String CHARACTERS = "{}\":,\\ \t\n\u0000\u0001abt/u1eé你\ud800\u2028[]٣";

  private static Message general(String text) {
    Message.Builder message = Message.newBuilder();
    try {
      JsonFormat.parser().merge(text, message);
    } catch (InvalidProtocolBufferException e) {
      return null;
    }
    return message.build();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        JSON,
        "{}",
        " { } ",
        "{\"body\":\"\"}",
        "{\"replyTo\":\"r\",\"body\":\"é你 '/~\",\"to\":\"b\"}",
        "{\"body\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u8C37\\u6b4C\\u0000\"}",
        " {\t\"body\" :\n\"x\"\r, \"to\" : \"y\" } "
      })
  void theFormsThatClientsWriteAreRead(String text) {
    Message read = JsonMessageReader.read(text);
    assertThat(read).isNotNull().isEqualTo(general(text));
    assertThat(JsonTranslator.decode(text, MessageLimits.NONE)).isEqualTo(read);
    String frame = "{ \"message\" :" + text + "}";
    assertThat(JsonMessageReader.readFrame(frame)).isEqualTo(read);
    assertThat(JsonTranslator.decodeFrame(frame, MessageLimits.NONE)).isEqualTo(read);
    assertThat(JsonTranslator.decodeFrameOrMessage(frame, MessageLimits.NONE)).isEqualTo(read);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{\"body\":1}",
        "{\"body\":null}",
        "{\"body\":\"a\",\"body\":\"a\"}",
        "{\"body\":\"a\",}",
        "{\"body\":\"a\"}x",
        "{\"body\":\"a\"",
        "{\"body\":\"a",
        "{\"body\":\"a\\",
        "{\"body\":\"\\u12\"}",
        "{\"body\":\"\\u٣٣٣٣\"}",
        "{\"body\":\"\\q\"}",
        "{\"body\":\"a\nb\"}",
        "{\"body\":\"\\\"\n\"}",
        "{\"body\":\"😀\"}",
        "{\"body\":\"\\uD83D\\uDE01\"}",
        "{\"bod\\u0079\":\"a\"}",
        "{\"nobody\":\"a\"}",
        "{\"headers\":{}}",
        "{\"attachments\":[]}",
        "\ufeff{}"
      })
  void theOtherFormsAreLeftToTheGeneralWay(String text) {
    assertThat(JsonMessageReader.read(text)).isNull();
    assertThat(JsonMessageReader.readFrame("{\"message\":" + text + "}")).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"ack\":{}}",
        "{\"message\":{},\"ack\":{}}",
        "{\"message\":{},\"message\":{}}",
        "{\"message\":{}}x",
        "{\"message\":{}"
      })
  void otherFramesAreLeftToTheGeneralWay(String text) {
    assertThat(JsonMessageReader.readFrame(text)).isNull();
  }

  @Test
  void whatIsWrittenIsRead() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < 1_000; i++) {
      Message message = MessageWriterTest.random(random).toBuilder().clearAttachments().build();
      String json = new String(JsonTranslator.encodeUtf8(message), StandardCharsets.UTF_8);
      assertThat(JsonTranslator.decode(json, MessageLimits.NONE))
          .as("seed %d", seed)
          .isEqualTo(message);
    }
  }

  @Test
  void changedTextsAreReadAsTheGeneralWayReadsThem() {
    ChangedTexts.assertReadAlike(
        JSON, CHARACTERS, JsonMessageReader::read, JsonMessageReaderTest::general);
  }
}
