package io.linkspan.translate;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.linkspan.api.AckMessage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Compares what is read with what the general way reads. */
class AckReaderTest {

  private static final String JSON = "{\"ack\":{\"eventId\":\"e1\"}}";
  private static final String CHARACTERS = "{}\":,\\ \t\n\u0000\u0001ae1é你\ud800\u2028[]";

  private static AckMessage general(String text) {
    JsonFrame.Builder frame = JsonFrame.newBuilder();
    try {
      JsonFormat.parser().merge(text, frame);
    } catch (InvalidProtocolBufferException e) {
      return null;
    }
    return frame.hasAck() ? frame.getAck() : null;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        JSON,
        "{\"ack\":{\"eventId\":\"\"}}",
        "{\"ack\":{\"eventId\":\"é你 '/~\"}}",
        " {\t\"ack\" :\n{ \"eventId\"\r: \"e 1\" } } "
      })
  void theFormsThatClientsWriteAreRead(String text) {
    assertThat(AckReader.read(text)).isNotNull().isEqualTo(general(text));
    assertThat(JsonTranslator.decodeFrame(text, MessageLimits.NONE)).isEqualTo(general(text));
    assertThat(JsonTranslator.decodeFrameOrMessage(text, MessageLimits.NONE))
        .isEqualTo(general(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{}",
        "{\"ack\":{}}",
        "{\"ack\":{\"eventId\":1}}",
        "{\"ack\":{\"eventId\":\"e\\u0031\"}}",
        "{\"ack\":{\"eventId\":\"😀\"}}",
        "{\"ack\":{\"eventId\":\"e\",\"eventId\":\"e\"}}",
        "{\"ack\":{\"eventId\":\"e\"},\"message\":{}}",
        "{\"ack\":{\"eventId\":\"e\"}}x",
        "{\"message\":{\"eventId\":\"e\"}}"
      })
  void theOtherFormsAreLeftToTheGeneralWay(String text) {
    assertThat(AckReader.read(text)).isNull();
  }

  @Test
  void changedTextsAreReadAsTheGeneralWayReadsThem() {
    ChangedTexts.assertReadAlike(JSON, CHARACTERS, AckReader::read, AckReaderTest::general);
  }
}
