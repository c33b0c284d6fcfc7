package io.linkspan.framing;

import io.linkspan.config.ConfigNode;
import io.linkspan.protocol.compression.Decompressor.Format;
import io.netty.handler.codec.compression.ZlibWrapper;
import io.vertx.core.buffer.Buffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Settings for how a byte stream is split into frames.
 *
 * @param maxFrameSize most bytes of a frame, both ways; its header counts, its delimiter does not
 * @param lengthField position of the length; ignored by the other kinds
 * @param delimiter end of each frame; ignored by the other kinds
 * @param compression of the whole stream, in each direction
 * @param maxInflated most bytes to which the compressed bytes of one read may inflate
 */
public record FramingConfig(
    Kind kind,
    int maxFrameSize,
    LengthField lengthField,
    Buffer delimiter,
    Compression compression,
    int maxInflated) {

  /** Most bytes in front of a message, and largest adjustment of a length. */
  public static final int LONGEST_HEADER = 1024;

  public static final int LONGEST_DELIMITER = 8;

  /** An escape, or a character of ASCII that stands for itself. */
  private static final Pattern DELIMITER_BYTE =
      Pattern.compile("\\\\(?:x(\\p{XDigit}{2})|([0rnt\\\\]))|([\\p{ASCII}&&[^\\\\]])");

  private static final Map<String, Integer> ESCAPES =
      Map.of("0", 0, "r", (int) '\r', "n", (int) '\n', "t", (int) '\t', "\\", (int) '\\');

  private static final int MIN_FRAME = 128;
  private static final int MAX_FRAME = 1 << 30;

  /**
   * Returns whether a delimiter may start with this byte, because JSON can escape it. Characters
   * that JSON uses outside strings or within escapes cannot be escaped.
   */
  public static boolean mayBeginDelimiter(byte first) {
    boolean ascii = first >= 0;
    return ascii && !Character.isLetterOrDigit(first) && "{}[]:,\"\\".indexOf(first) < 0;
  }

  /** How the end of a frame is recognised. */
  public enum Kind {
    /** A length in front; the frame contains the binary form. */
    LENGTH_FIELD,
    /** The end of a line; the frame contains the JSON form. */
    LINE,
    /** Another delimiter; the frame contains the JSON form. */
    DELIMITER
  }

  /** Compression of the stream below the frames. */
  public enum Compression {
    NONE(null, null),
    /** Sent as one zlib stream; received streams may follow each other. */
    ZLIB(ZlibWrapper.ZLIB, Format.ZLIB),
    /** Sent as one gzip member; received members may follow each other. */
    GZIP(ZlibWrapper.GZIP, Format.GZIP);

    private final ZlibWrapper wrapper;
    private final Format format;

    Compression(ZlibWrapper wrapper, Format format) {
      this.wrapper = wrapper;
      this.format = format;
    }

    Format format() {
      return format;
    }

    ZlibWrapper wrapper() {
      return wrapper;
    }
  }

  /**
   * Parameters of Netty's decoder.
   *
   * @param offset bytes before the length
   * @param length bytes of the length: 1, 2, 3, 4 or 8
   * @param adjustment to be added to the length to get the bytes that follow it
   * @param strip bytes before the message; at least offset and length
   * @param header sent as these bytes, with the length written over its place
   */
  public record LengthField(
      ByteOrder byteOrder, int offset, int length, int adjustment, int strip, Buffer header) {}

  /** Reads a section {@code framing}. */
  public static FramingConfig read(ConfigNode framing) {
    int maxFrameSize = framing.size("maxFrameSize", MIN_FRAME, MAX_FRAME);
    int maxInflated = framing.size("maxInflated", MIN_FRAME, MAX_FRAME);
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
    int most = LONGEST_HEADER;
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
    while (next.lookingAt() && delimiter.length() <= LONGEST_DELIMITER) {
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
    if (!whole || length == 0 || length > LONGEST_DELIMITER) {
      framing.reject("delimiter", "1 to " + LONGEST_DELIMITER + " bytes such as \\0 or ||");
    } else if (!mayBeginDelimiter(delimiter.getByte(0))) {
      framing.reject("delimiter", "to begin with ASCII and no letter, digit or {}[]:,\"\\");
    }
    return delimiter;
  }
}
