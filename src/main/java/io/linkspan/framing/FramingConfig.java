package io.linkspan.framing;

import io.netty.handler.codec.compression.ZlibWrapper;
import io.vertx.core.buffer.Buffer;
import java.nio.ByteOrder;

/**
 * How a byte stream is cut into frames.
 *
 * @param maxFrameSize most bytes of a frame, both ways; its header counts, its delimiter does not
 * @param lengthField where the length of a frame is; of no effect with other kinds
 * @param delimiter ends each frame of kind delimiter; of no effect with other kinds
 * @param compression of the whole stream, each way
 * @param maxInflated most bytes that what is read at once may become without its compression
 */
public record FramingConfig(
    Kind kind,
    int maxFrameSize,
    LengthField lengthField,
    Buffer delimiter,
    Compression compression,
    int maxInflated) {

  /** The most bytes in front of a message, and the most that a length may be off. */
  public static final int LONGEST_HEADER = 1024;

  public static final int LONGEST_DELIMITER = 8;

  /**
   * Whether a delimiter may begin so: JSON can hide it in an escape. What stands outside of JSON's
   * strings, or in an escape, can not be hidden.
   */
  public static boolean mayBeginDelimiter(byte first) {
    boolean ascii = first >= 0;
    return ascii && !Character.isLetterOrDigit(first) && "{}[]:,\"\\".indexOf(first) < 0;
  }

  /** What tells where a frame ends. */
  public enum Kind {
    /** A length in front; the frame holds the binary form. */
    LENGTH_FIELD,
    /** The end of a line; the frame holds the JSON form. */
    LINE,
    /** Some other mark; the frame holds the JSON form. */
    DELIMITER
  }

  /** What is done to the stream below the frames. */
  public enum Compression {
    NONE(null),
    ZLIB(ZlibWrapper.ZLIB),
    GZIP(ZlibWrapper.GZIP);

    private final ZlibWrapper wrapper;

    Compression(ZlibWrapper wrapper) {
      this.wrapper = wrapper;
    }

    ZlibWrapper wrapper() {
      return wrapper;
    }
  }

  /**
   * As the parameters of Netty's decoder.
   *
   * @param offset bytes before the length
   * @param length bytes of the length: 1, 2, 3, 4 or 8
   * @param adjustment to be added to the length to get the bytes that follow it
   * @param strip bytes before the message; at least offset and length
   * @param header what is sent in these bytes, apart from the length itself; all of them
   */
  public record LengthField(
      ByteOrder byteOrder, int offset, int length, int adjustment, int strip, Buffer header) {}
}
