package io.linkspan.upstream.http;

import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/** Compresses whole bodies, fast rather than small, since it runs on an event loop. */
final class Gzip {

  private static final class FastStream extends GZIPOutputStream {
    FastStream(ByteArrayOutputStream compressed) throws IOException {
      super(compressed);
      def.setLevel(Deflater.BEST_SPEED);
    }
  }

  private Gzip() {}

  static Buffer of(byte[] plain) {
    var compressed = new ByteArrayOutputStream(plain.length / 2);
    try (var stream = new FastStream(compressed)) {
      stream.write(plain);
    } catch (IOException e) {
      throw new UncheckedIOException("a stream in memory cannot fail", e);
    }
    return Buffer.buffer(compressed.toByteArray());
  }
}
