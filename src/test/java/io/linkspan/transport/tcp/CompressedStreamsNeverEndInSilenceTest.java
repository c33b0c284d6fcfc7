package io.linkspan.transport.tcp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.testing.RawTcp;
import io.linkspan.testing.TestGateway;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests TCP clients that end their compressed stream, and go on after that. */
class CompressedStreamsNeverEndInSilenceTest {

  private TestGateway gateway;

  @AfterEach
  void stop() {
    gateway.close();
  }

  private RawTcp connect(String compression) {
    gateway =
        TestGateway.start(
            Map.of(
                "tcp.enabled", "true",
                "tcp.acknowledge", "transport",
                "tcp.framing.kind", "line",
                "tcp.framing.compression", compression));
    return RawTcp.connect(gateway.tcpPort());
  }

  private static byte[] compressed(String compression, String text) {
    var bytes = new ByteArrayOutputStream();
    try (OutputStream stream =
        compression.equals("gzip")
            ? new GZIPOutputStream(bytes)
            : new DeflaterOutputStream(bytes)) {
      stream.write(text.getBytes(UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static String message(int id) {
    return "{\"eventId\":\"%d\",\"to\":\"group:none\"}\n".formatted(id);
  }

  private static RawTcp inflating(RawTcp client, String compression) {
    return compression.equals("gzip") ? client.gunzipping() : client.inflating();
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "zlib"})
  void eachMessageMayBeAStreamOfItsOwn(String compression) {
    try (RawTcp client = connect(compression)) {
      client.send(compressed(compression, message(1)));
      RawTcp answers = inflating(client, compression);
      assertThat(answers.readLine()).isEqualTo("{\"ack\":{\"eventId\":\"1\"}}");
      for (int id = 2; id < 10; id++) {
        client.send(compressed(compression, message(id)));
        assertThat(answers.readLine()).isEqualTo("{\"ack\":{\"eventId\":\"%d\"}}", id);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "zlib"})
  void garbageAfterAStreamIsAnErrorAndClosesTheConnection(String compression) {
    try (RawTcp client = connect(compression)) {
      client.send(compressed(compression, message(1)));
      RawTcp answers = inflating(client, compression);
      assertThat(answers.readLine()).isEqualTo("{\"ack\":{\"eventId\":\"1\"}}");
      client.send(message(2));
      assertThat(answers.readLine()).contains("malformed " + compression);
      assertThat(answers.readLine()).contains("closing", "4400");
      assertThat(answers.atEnd()).isTrue();
    }
  }
}
