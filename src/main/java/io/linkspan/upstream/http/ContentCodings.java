package io.linkspan.upstream.http;

import io.linkspan.api.ErrorCode;
import io.linkspan.protocol.ProtocolException;
import io.linkspan.protocol.compression.Decompressor;
import io.linkspan.protocol.compression.Decompressor.Format;
import io.linkspan.translate.ErrorAnswer;
import io.linkspan.upstream.BackendException;
import io.linkspan.upstream.BackendException.Kind;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Removes the content codings of an answer (RFC 9110, section 8.4). */
final class ContentCodings {

  /** More codings than any service needs; each one is a pass over the answer. */
  private static final int MOST = 4;

  private static final String IDENTITY = "identity";
  private static final int PIECE = 8 << 10;

  private ContentCodings() {}

  /**
   * Decodes a whole body.
   *
   * @param fields the values of all {@code Content-Encoding} fields; each is a list, and the
   *     codings were applied in their order
   * @param limit most bytes of the decoded body
   * @throws BackendException when a coding is unknown, the body is malformed, or it is too large
   */
  static Buffer decode(List<String> fields, Buffer body, int limit) {
    List<String> codings = codings(fields);
    if (codings.size() > MOST) {
      throw refused("the service's answer has too many content codings");
    }
    Buffer decoded = body;
    for (int i = codings.size() - 1; i >= 0 && decoded.length() > 0; i--) {
      decoded = decode(codings.get(i), decoded, limit);
    }
    return decoded;
  }

  /**
   * Returns whether a body has any coding but {@code identity}.
   *
   * @param fields the values of all {@code Content-Encoding} fields
   */
  static boolean isEncoded(List<String> fields) {
    return !codings(fields).isEmpty();
  }

  private static List<String> codings(List<String> fields) {
    List<String> codings = new ArrayList<>();
    for (String field : fields) {
      for (String element : field.split(",", -1)) {
        String coding = element.strip().toLowerCase(Locale.ROOT);
        if (!coding.isEmpty() && !coding.equals(IDENTITY)) {
          codings.add(coding);
        }
      }
    }
    return codings;
  }

  private static Buffer decode(String coding, Buffer body, int limit) {
    return switch (coding) {
      case "gzip", "x-gzip" -> inflate(Format.GZIP, body, limit);
      case "deflate" -> inflate(isZlib(body) ? Format.ZLIB : Format.RAW, body, limit);
      default ->
          throw refused("the service's answer is encoded as " + ErrorAnswer.shortened(coding));
    };
  }

  /** Some services send deflate without the zlib wrapping (RFC 9110, section 8.4.1.2). */
  private static boolean isZlib(Buffer body) {
    if (body.length() < 2) {
      return true;
    }
    int header = body.getUnsignedShort(0);
    return (header >> 8 & 0x0F) == 8 && header % 31 == 0;
  }

  private static Buffer inflate(Format format, Buffer body, int limit) {
    Buffer inflated = Buffer.buffer();
    byte[] piece = new byte[PIECE];
    try (var decompressor = new Decompressor(format)) {
      decompressor.input(body.getBytes());
      for (int n; (n = decompressor.inflate(piece, 0, piece.length)) > 0; ) {
        if (inflated.length() + n > limit) {
          throw tooLarge(limit);
        }
        inflated.appendBytes(piece, 0, n);
      }
      if (!decompressor.isComplete()) {
        throw refused("the service's answer ends within its compressed data");
      }
      if (format != Format.GZIP && decompressor.streams() > 1) {
        throw refused("the service's answer goes on after its compressed data");
      }
    } catch (ProtocolException e) {
      throw refused("the service's answer is " + e.getMessage());
    }
    return inflated;
  }

  static BackendException tooLarge(int limit) {
    return refused("the service's answer is larger than " + limit + " bytes");
  }

  private static BackendException refused(String text) {
    return new BackendException(Kind.REFUSED, ErrorCode.INTERNAL, text);
  }
}
