package io.linkspan.upstream.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.linkspan.upstream.BackendException;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests content codings as RFC 9110, section 8.4, defines them. */
class ContentCodingsTest {

  private static final int LIMIT = 1_000;
  private static final Buffer TEA = Buffer.buffer("tea");

  private static Buffer gzip(Buffer plain) {
    var compressed = new ByteArrayOutputStream();
    try (OutputStream stream = new GZIPOutputStream(compressed)) {
      stream.write(plain.getBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Buffer.buffer(compressed.toByteArray());
  }

  private static Buffer deflate(Buffer plain, boolean raw) {
    var compressed = new ByteArrayOutputStream();
    var deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, raw);
    try (OutputStream stream = new DeflaterOutputStream(compressed, deflater)) {
      stream.write(plain.getBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      deflater.end();
    }
    return Buffer.buffer(compressed.toByteArray());
  }

  private static Buffer decode(Buffer body, String... fields) {
    return ContentCodings.decode(List.of(fields), body, LIMIT);
  }

  private static void assertRefused(String text, Buffer body, String... fields) {
    assertThatThrownBy(() -> decode(body, fields))
        .isInstanceOf(BackendException.class)
        .hasMessageContaining(text);
  }

  @Test
  void bodyWithoutACodingIsUnchanged() {
    assertThat(decode(TEA)).isEqualTo(TEA);
    assertThat(decode(TEA, "identity", " , Identity")).isEqualTo(TEA);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "GZip", " x-gzip ", ",gzip,", "identity, gzip"})
  void namesOfCodingsAreAListInAnyCase(String field) {
    assertThat(decode(gzip(TEA), field)).isEqualTo(TEA);
  }

  @Test
  void deflateIsZlibOrRaw() {
    assertThat(decode(deflate(TEA, false), "deflate")).isEqualTo(TEA);
    assertThat(decode(deflate(TEA, true), "deflate")).isEqualTo(TEA);
  }

  @Test
  void codingsAreRemovedInReverseOrder() {
    Buffer coded = gzip(deflate(TEA, false));
    assertThat(decode(coded, "deflate, gzip")).isEqualTo(TEA);
    assertThat(decode(coded, "deflate", "gzip")).isEqualTo(TEA);
    assertRefused("malformed", coded, "gzip, deflate");
    assertRefused("too many", TEA, "gzip,gzip,gzip,gzip,gzip");
  }

  @Test
  void membersOfGzipAreConcatenated() {
    assertThat(decode(gzip(TEA).copy().appendBuffer(gzip(TEA)), "gzip").toString())
        .isEqualTo("teatea");
  }

  @Test
  void unknownCodingIsAnError() {
    assertRefused("encoded as br", TEA, "br");
    assertRefused("encoded as br", gzip(TEA), "br, gzip");
  }

  @Test
  void cutBodyIsAnError() {
    byte[] whole = gzip(Buffer.buffer("some more tea")).getBytes();
    for (int length = 1; length < whole.length; length++) {
      assertRefused("ends within", Buffer.buffer(Arrays.copyOf(whole, length)), "gzip");
    }
    assertThat(decode(Buffer.buffer(), "gzip").length()).as("no body at all").isZero();
  }

  @Test
  void garbageAfterTheCompressedDataIsAnError() {
    assertRefused("malformed gzip", gzip(TEA).copy().appendString("x"), "gzip");
    assertRefused(
        "goes on", deflate(TEA, false).copy().appendBuffer(deflate(TEA, false)), "deflate");
    assertRefused("malformed", Buffer.buffer("not compressed"), "gzip");
  }

  @Test
  void inflatedSizeIsBounded() {
    Buffer most = Buffer.buffer(new byte[LIMIT]);
    assertThat(decode(gzip(most), "gzip")).isEqualTo(most);
    assertRefused("larger than", gzip(Buffer.buffer(new byte[LIMIT + 1])), "gzip");
    assertRefused("larger than", gzip(gzip(Buffer.buffer(new byte[1 << 20]))), "gzip, gzip");
  }
}
