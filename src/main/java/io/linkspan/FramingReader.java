package io.linkspan;

import io.linkspan.config.ConfigNode;
import io.linkspan.framing.FramingConfig;
import io.linkspan.framing.FramingConfig.Compression;
import io.linkspan.framing.FramingConfig.Kind;
import io.linkspan.framing.FramingConfig.LengthField;
import io.vertx.core.buffer.Buffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads how a byte stream is cut into frames. */
final class FramingReader {

  /** An escape, or a character of ASCII that stands for itself. */
  private static final Pattern DELIMITER_BYTE =
      Pattern.compile("\\\\(?:x(\\p{XDigit}{2})|([0rnt\\\\]))|([\\p{ASCII}&&[^\\\\]])");

  private static final Map<String, Integer> ESCAPES =
      Map.of("0", 0, "r", (int) '\r', "n", (int) '\n', "t", (int) '\t', "\\", (int) '\\');

  private static final int MIN_FRAME = 128;

  private FramingReader() {}

  static FramingConfig read(ConfigNode framing) {
    int maxFrameSize = framing.size("maxFrameSize", MIN_FRAME, 1 << 30);
    int maxInflated = framing.size("maxInflated", MIN_FRAME, 1 << 30);
    Compression compression =
        framing.choice(
            "compression",
            Map.of("none", Compression.NONE, "zlib", Compression.ZLIB, "gzip", Compression.GZIP));
    if (compression != Compression.NONE && maxInflated < maxFrameSize) {
      framing.reject("maxInflated", "no less than " + framing.keyOf("maxFrameSize"));
    }
    return new FramingConfig(
        framing.choice(
            "kind",
            Map.of(
                "length-field", Kind.LENGTH_FIELD,
                "line", Kind.LINE,
                "delimiter", Kind.DELIMITER)),
        maxFrameSize,
        lengthField(framing, maxFrameSize),
        delimiter(framing),
        compression,
        maxInflated);
  }

  private static LengthField lengthField(ConfigNode framing, int maxFrameSize) {
    int most = FramingConfig.LONGEST_HEADER;
    int offset = framing.count("lengthFieldOffset", 0, most);
    Integer length =
        framing.choice("lengthFieldLength", Map.of("1", 1, "2", 2, "3", 3, "4", 4, "8", 8));
    int end = offset + (length == null ? 1 : length);
    int strip = framing.count("initialBytesToStrip", 0, most);
    if (strip < end) {
      framing.reject("initialBytesToStrip", "at least " + end + ", the end of the length");
      strip = end;
    }
    if (strip >= maxFrameSize) {
      framing.reject("initialBytesToStrip", "less than " + framing.keyOf("maxFrameSize"));
    }
    int adjustment = framing.count("lengthAdjustment", -most, most);
    if (adjustment > strip - end) {
      framing.reject(
          "lengthAdjustment",
          "at most " + (strip - end) + ", the bytes between the length and the message");
    }
    return new LengthField(
        framing.choice(
            "byteOrder", Map.of("big", ByteOrder.BIG_ENDIAN, "little", ByteOrder.LITTLE_ENDIAN)),
        offset,
        end - offset,
        adjustment,
        strip,
        header(framing, strip));
  }

  private static Buffer header(ConfigNode framing, int size) {
    String hex = framing.text("header");
    byte[] header = new byte[size];
    if (!hex.isEmpty()) {
      try {
        header = HexFormat.of().parseHex(hex);
      } catch (IllegalArgumentException e) {
        header = new byte[0];
      }
      if (header.length != size) {
        framing.reject("header", size + " bytes in hexadecimal, or nothing");
      }
    }
    return Buffer.buffer(header);
  }

  private static Buffer delimiter(ConfigNode framing) {
    String text = framing.text("delimiter");
    Buffer delimiter = Buffer.buffer();
    Matcher next = DELIMITER_BYTE.matcher(text);
    while (next.lookingAt() && delimiter.length() <= FramingConfig.LONGEST_DELIMITER) {
      if (next.group(1) != null) {
        delimiter.appendByte((byte) HexFormat.fromHexDigits(next.group(1)));
      } else if (next.group(2) != null) {
        delimiter.appendByte(ESCAPES.get(next.group(2)).byteValue());
      } else {
        delimiter.appendBytes(next.group(3).getBytes(StandardCharsets.US_ASCII));
      }
      next.region(next.end(), text.length());
    }
    boolean whole = next.regionStart() == text.length();
    int length = delimiter.length();
    if (!whole || length == 0 || length > FramingConfig.LONGEST_DELIMITER) {
      framing.reject(
          "delimiter", "1 to " + FramingConfig.LONGEST_DELIMITER + " bytes such as \\0 or ||");
    } else if (!FramingConfig.mayBeginDelimiter(delimiter.getByte(0))) {
      framing.reject("delimiter", "to begin with ASCII and no letter, digit or {}[]:,\"\\");
    }
    return delimiter;
  }
}
