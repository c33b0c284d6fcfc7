package io.linkspan.translate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.linkspan.api.Message;
import io.linkspan.protocol.ProtocolException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests the JSON cases of protobuf's conformance suite for the types of fields that {@code Message}
 * and {@code AckMessage} have: strings, repeated bytes, a map of strings, and messages.
 */
class JsonIsReadAsProtobufDefinesItTest {

  private static Message read(String json) {
    return JsonTranslator.decode(json, MessageLimits.NONE);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"Hello world!\"          | Hello world!",
        "\"谷歌\"                   | 谷歌",
        "\"\\u8C37\\u6B4C\"        | 谷歌",
        "\"\\u8c37\\u6b4c\"        | 谷歌",
        "\"\\uD83D\\uDE01\"        | 😁",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\" | `\"\\/\b\f\n\r\t`",
        "\"Hello\\u0000world!\"    | `Hello\0world!`",
        "\"\"                      | ``",
        "null                      | ``",
      })
  void stringIsRead(String json, String value) {
    assertThat(read("{\"body\":" + json + "}").getBody()).isEqualTo(value);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        // Another type.
        "{\"body\":12345}",
        "{\"body\":1e3}",
        "{\"body\":-0}",
        "{\"body\":true}",
        "{\"body\":false}",
        "{\"body\":{}}",
        "{\"body\":[]}",
        "{\"body\":[\"a\"]}",
        "{\"eventId\":1}",
        "{\"createAt\":1700000000000}",
        // Escapes and surrogates.
        "{\"body\":\"\\U8C37\"}",
        "{\"body\":\"\\q\"}",
        "{\"body\":\"\\\"}",
        "{\"body\":\"\\u12\"}",
        "{\"body\":\"\\uD800\"}",
        "{\"body\":\"\\uDC00\"}",
        "{\"body\":\"\\uDE01\\uD83D\"}",
        // Quotes and commas.
        "{'body':\"a\"}",
        "{\"body\":'a'}",
        "{body:\"a\"}",
        "{\"body\":a}",
        "{\"body\":\"a\",}",
        "{\"body\":\"a\" \"type\":\"b\"}",
        "{\"body\":\"a\"\n\"type\":\"b\"}",
        "{\"body\":\"a\" // comment\n}",
        "{\"body\":\"a\" /* comment */}",
        "{\"body\":\"a\";\"type\":\"b\"}",
        "{\"body\"=\"a\"}",
        "{\"body\":\"a\nb\"}",
        // The text as a whole.
        "",
        " ",
        "null",
        "[]",
        "\"a\"",
        "1",
        "{",
        "{\"body\"",
        "{\"body\":\"a\"",
        "{\"body\":\"a\"}}",
        "{\"body\":\"a\"}{}",
        ")]}'{\"body\":\"a\"}",
        // Names.
        "{\"nobody\":\"a\"}",
        "{\"Body\":\"a\"}",
        "{\"10\":\"a\"}",
        "{\"body\":\"a\",\"body\":\"b\"}",
        "{\"message\":{}}",
        // Repeated bytes.
        "{\"attachments\":\"AQI=\"}",
        "{\"attachments\":{}}",
        "{\"attachments\":[1]}",
        "{\"attachments\":[true]}",
        "{\"attachments\":[null]}",
        "{\"attachments\":[[\"AQI=\"]]}",
        "{\"attachments\":[\"-_*\"]}",
        "{\"attachments\":[\"AQI=\",]}",
        // A map of strings.
        "{\"headers\":[]}",
        "{\"headers\":\"a\"}",
        "{\"headers\":{\"a\":1}}",
        "{\"headers\":{\"a\":true}}",
        "{\"headers\":{\"a\":null}}",
        "{\"headers\":{\"a\":{}}}",
        "{\"headers\":{\"a\":[\"b\"]}}",
        "{\"headers\":{\"attachments\":[\"b\"]}}",
        "{\"headers\":{\"a\":\"b\",\"a\":\"c\"}}",
        "{\"headers\":{1:\"b\"}}",
        "{\"headers\":{null:\"b\"}}",
      })
  void otherTextIsRejectedWithoutTheWordsOfAParser(String json) {
    assertThatThrownBy(() -> read(json))
        .isInstanceOf(ProtocolException.class)
        .message()
        .doesNotContainIgnoringCase("exception")
        .doesNotContainIgnoringCase("gson")
        .doesNotContainIgnoringCase("jackson")
        .doesNotContain("socket.", "token", "line ", "column", "path $", "com.", "Source:")
        .hasSizeLessThan(150);
  }

  @Test
  void refusalNamesTheField() {
    assertThatThrownBy(() -> read("{\"headers\":{\"retries\":3}}"))
        .hasMessage("not a Message in JSON: retries is not a string");
    assertThatThrownBy(() -> read("{\"body\":true}"))
        .hasMessage("not a Message in JSON: body is not a string");
  }

  @Test
  void bytesAreBase64OfEitherAlphabetWithOrWithoutPadding() {
    assertThat(
            read("{\"attachments\":[\"AQI=\",\"AQI\",\"-_8\",\"+/8=\",\"\"]}").getAttachmentsList())
        .containsExactly(
            ByteString.copyFrom(new byte[] {1, 2}),
            ByteString.copyFrom(new byte[] {1, 2}),
            ByteString.copyFrom(new byte[] {-5, -1}),
            ByteString.copyFrom(new byte[] {-5, -1}),
            ByteString.EMPTY);
  }

  @Test
  void nullIsAFieldThatIsNotSet() {
    assertThat(
            read(
                "{\"eventId\":null,\"from\":null,\"to\":null,\"createAt\":null,\"type\":null,"
                    + "\"body\":null,\"attachments\":null,\"contentType\":null,\"headers\":null,"
                    + "\"replyTo\":null}"))
        .isEqualTo(Message.getDefaultInstance());
  }

  @Test
  void mapIsRead() {
    assertThat(read("{\"headers\":{\"a\":\"b\",\"\":\"\",\"12\":\"x\"}}").getHeadersMap())
        .isEqualTo(Map.of("a", "b", "", "", "12", "x"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"ack\":{\"eventId\":1}}",
        "{\"ack\":true}",
        "{\"ack\":[]}",
        "{\"ack\":\"a\"}",
        "{\"ack\":null}",
        "{\"message\":{\"body\":1}}",
        "{\"message\":1}",
        "{\"message\":{},\"ack\":{}}",
        "{\"ack\":{},\"ack\":{}}",
        "{\"message\":{\"message\":{}}}",
        "{}",
      })
  void frameIsRejected(String json) {
    assertThatThrownBy(() -> JsonTranslator.decodeFrame(json, MessageLimits.NONE))
        .isInstanceOf(ProtocolException.class);
  }
}
