package io.linkspan.protocol.compression;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.linkspan.protocol.ProtocolException;
import io.linkspan.protocol.compression.Decompressor.Format;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that compressed streams are read to their end, and that damage is always reported. */
class DecompressorTest {

  private static final int FHCRC = 0x02;
  private static final int FEXTRA = 0x04;
  private static final int FNAME = 0x08;
  private static final int FCOMMENT = 0x10;

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] concat(byte[]... parts) {
    var all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }

  private static byte[] compress(Format format, byte[] plain) {
    var compressed = new ByteArrayOutputStream();
    var deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, format == Format.RAW);
    try (OutputStream stream =
        format == Format.GZIP
            ? new GZIPOutputStream(compressed)
            : new DeflaterOutputStream(compressed, deflater)) {
      stream.write(plain);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      deflater.end();
    }
    return compressed.toByteArray();
  }

  /** Returns a gzip member with the optional fields of its flags. */
  private static byte[] member(int flags, byte[] plain) {
    byte[] simple = compress(Format.GZIP, plain);
    var header = new ByteArrayOutputStream();
    header.writeBytes(new byte[] {0x1F, (byte) 0x8B, 8, (byte) flags, 1, 2, 3, 4, 5, 6});
    if ((flags & FEXTRA) != 0) {
      header.writeBytes(new byte[] {5, 0, 'A', 'p', 1, 0, 0});
    }
    if ((flags & FNAME) != 0) {
      header.writeBytes(bytes("name.txt\0"));
    }
    if ((flags & FCOMMENT) != 0) {
      header.writeBytes(bytes("a comment\0"));
    }
    if ((flags & FHCRC) != 0) {
      var crc = new CRC32();
      crc.update(header.toByteArray());
      header.write((int) crc.getValue());
      header.write((int) (crc.getValue() >> 8));
    }
    return concat(header.toByteArray(), Arrays.copyOfRange(simple, 10, simple.length));
  }

  /** Inflates pieces one after the other; fails unless they end with the end of a stream. */
  private static String inflate(Format format, byte[]... pieces) {
    try (var decompressor = new Decompressor(format)) {
      var plain = new ByteArrayOutputStream();
      byte[] output = new byte[7];
      for (byte[] piece : pieces) {
        decompressor.input(piece);
        for (int n; (n = decompressor.inflate(output, 0, output.length)) > 0; ) {
          plain.write(output, 0, n);
        }
      }
      if (!decompressor.isComplete()) {
        throw new ProtocolException("incomplete");
      }
      return plain.toString(StandardCharsets.UTF_8);
    }
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        0,
        FHCRC,
        FEXTRA,
        FNAME,
        FCOMMENT,
        FEXTRA | FHCRC,
        FNAME | FCOMMENT,
        FHCRC | FEXTRA | FNAME | FCOMMENT,
        1 | FHCRC | FEXTRA | FNAME | FCOMMENT
      })
  void everyHeaderFieldOfGzipIsReadAtEverySplit(int flags) {
    byte[] two = concat(member(flags, bytes("first ")), member(flags, bytes("second")));
    for (int split = 0; split <= two.length; split++) {
      byte[] head = Arrays.copyOfRange(two, 0, split);
      byte[] tail = Arrays.copyOfRange(two, split, two.length);
      assertThat(inflate(Format.GZIP, head, tail))
          .as("split at %d", split)
          .isEqualTo("first second");
    }
  }

  @Test
  void emptyExtraFieldIsRead() {
    byte[] plain = compress(Format.GZIP, bytes("x"));
    byte[] extra = concat(new byte[] {0x1F, (byte) 0x8B, 8, FEXTRA, 0, 0, 0, 0, 0, 0, 0, 0});
    assertThat(inflate(Format.GZIP, extra, Arrays.copyOfRange(plain, 10, plain.length)))
        .isEqualTo("x");
  }

  @ParameterizedTest
  @EnumSource(names = {"GZIP", "ZLIB"})
  void streamsMayFollowEachOther(Format format) {
    byte[] one = compress(format, bytes("one "));
    byte[] empty = compress(format, new byte[0]);
    byte[] two = compress(format, bytes("two"));
    byte[] all = concat(one, empty, empty, two, empty);
    for (int split = 0; split <= all.length; split++) {
      assertThat(
              inflate(
                  format,
                  Arrays.copyOfRange(all, 0, split),
                  Arrays.copyOfRange(all, split, all.length)))
          .isEqualTo("one two");
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyCutIsNoticed(Format format) {
    byte[] whole = compress(format, bytes("some text that is long enough to be cut"));
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> inflate(format, cut)).isInstanceOf(ProtocolException.class);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"GZIP", "ZLIB"})
  void garbageAfterAStreamIsAnError(Format format) {
    byte[] whole = compress(format, bytes("text"));
    for (String garbage : new String[] {"garbage", "\0", "{\"ack\":{}}", "\u001f\u0001"}) {
      assertThatThrownBy(() -> inflate(format, concat(whole, bytes(garbage))))
          .as(garbage)
          .isInstanceOf(ProtocolException.class);
    }
  }

  @Test
  void malformedGzipHeadersAreErrors() {
    byte[] good = member(FHCRC | FNAME, bytes("x"));
    byte[] wrongChecksum = good.clone();
    wrongChecksum[12] ^= 1;
    byte[] reserved = good.clone();
    reserved[3] |= 0x20;
    byte[] otherMethod = good.clone();
    otherMethod[2] = 7;
    byte[] endlessName =
        concat(Arrays.copyOf(good, 10), new byte[] {'x'}, bytes("x".repeat(10_000)));
    for (byte[] bad : new byte[][] {wrongChecksum, reserved, otherMethod, endlessName}) {
      assertThatThrownBy(() -> inflate(Format.GZIP, bad))
          .isInstanceOf(ProtocolException.class)
          .hasMessageContaining("malformed gzip");
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"GZIP", "ZLIB"})
  void flippedBitsNeverChangeTheText(Format format) {
    String text = "a text with a checksum";
    byte[] whole = compress(format, bytes(text));
    for (int bit = 0; bit < whole.length * 8; bit++) {
      byte[] damaged = whole.clone();
      damaged[bit / 8] ^= (byte) (1 << (bit % 8));
      String inflated;
      try {
        inflated = inflate(format, damaged);
      } catch (ProtocolException e) {
        continue;
      }
      // Such as a bit of the time in the header.
      assertThat(inflated).as("bit %d", bit).isEqualTo(text);
    }
  }

  @Test
  void zlibWithADictionaryIsAnError() {
    var deflater = new Deflater();
    deflater.setDictionary(bytes("dictionary"));
    deflater.setInput(bytes("dictionary"));
    deflater.finish();
    byte[] compressed = new byte[100];
    int length = deflater.deflate(compressed);
    deflater.end();
    assertThatThrownBy(() -> inflate(Format.ZLIB, Arrays.copyOf(compressed, length)))
        .isInstanceOf(ProtocolException.class)
        .hasMessageContaining("dictionary");
  }

  @RepeatedTest(100)
  void streamsInRandomPiecesAreReadWhole(RepetitionInfo seed) {
    var random = new Random(seed.getCurrentRepetition());
    Format format = random.nextBoolean() ? Format.GZIP : Format.ZLIB;
    var plain = new ByteArrayOutputStream();
    var wire = new ByteArrayOutputStream();
    for (int i = random.nextInt(5); i >= 0; i--) {
      byte[] part = new byte[random.nextInt(5_000)];
      Arrays.fill(part, (byte) ('a' + random.nextInt(26)));
      plain.writeBytes(part);
      wire.writeBytes(
          format == Format.GZIP ? member(random.nextInt(32), part) : compress(format, part));
    }
    byte[] all = wire.toByteArray();
    var pieces = new java.util.ArrayList<byte[]>();
    for (int at = 0; at < all.length; ) {
      int end = Math.min(all.length, at + 1 + random.nextInt(50));
      pieces.add(Arrays.copyOfRange(all, at, end));
      at = end;
    }
    assertThat(inflate(format, pieces.toArray(byte[][]::new)))
        .isEqualTo(plain.toString(StandardCharsets.UTF_8));
  }
}
