package io.linkspan.translate;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.linkspan.api.Message;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Compares what is written with what protobuf's printer writes. */
class JsonMessageWriterTest {

  private static final int MESSAGES = 3_000;
  private static final JsonFormat.Printer PRINTER =
      JsonFormat.printer().omittingInsignificantWhitespace();

  private static byte[] printed(Message message) throws InvalidProtocolBufferException {
    return PRINTER.print(message).getBytes(StandardCharsets.UTF_8);
  }

  private static void assertSame(Message message, String description)
      throws InvalidProtocolBufferException {
    assertThat(JsonMessageWriter.writes(message)).as(description).isTrue();
    String written = new String(JsonMessageWriter.write("<", message, ">"), StandardCharsets.UTF_8);
    String expected = new String(printed(message), StandardCharsets.UTF_8);
    assertThat(written).as(description).isEqualTo("<" + expected + ">");
  }

  @Test
  void eachCharacterIsWrittenAsThePrinterWritesIt() throws Exception {
    for (int start = 0; start < 0x1_0000; start += 0x100) {
      StringBuilder text = new StringBuilder("a");
      for (int next = start; next < start + 0x100; next++) {
        text.append((char) next);
      }
      assertSame(
          Message.newBuilder().setBody(text.append("😀😀z").toString()).build(),
          "from " + Integer.toHexString(start));
    }
  }

  @Test
  void randomMessagesAreWrittenAsThePrinterWritesThem() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < MESSAGES; i++) {
      Message message = MessageWriterTest.random(random).toBuilder().clearAttachments().build();
      assertSame(message, "seed " + seed);
    }
    assertSame(Message.getDefaultInstance(), "empty");
  }

  @Test
  void aLargeMessageIsWritten() throws Exception {
    assertSame(Message.newBuilder().setBody("é\n".repeat(100_000)).build(), "large");
    assertSame(Message.newBuilder().setBody("x").build(), "after a large one");
  }

  @Test
  void otherMessagesAreLeftToThePrinter() throws Exception {
    Message headers = Message.newBuilder().putHeaders("a", "b").build();
    Message attachment = Message.newBuilder().addAttachments(ByteString.EMPTY).build();
    for (Message other : new Message[] {headers, attachment}) {
      assertThat(JsonMessageWriter.writes(other)).isFalse();
      assertThat(JsonTranslator.encodeUtf8(other)).isEqualTo(printed(other));
    }
  }

  @Test
  void aFrameIsThatOfThePrinter() throws Exception {
    Message message = Message.newBuilder().setTo("bob").setBody("hi").build();
    assertThat(JsonTranslator.encodeFrame(message))
        .isEqualTo(
            PRINTER
                .print(JsonFrame.newBuilder().setMessage(message))
                .getBytes(StandardCharsets.UTF_8));
    assertThat(JsonTranslator.encodeUtf8(message)).isEqualTo(printed(message));
  }
}
