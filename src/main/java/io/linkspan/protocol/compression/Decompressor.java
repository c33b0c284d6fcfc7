package io.linkspan.protocol.compression;

import io.linkspan.protocol.ProtocolException;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Inflates a stream of bytes, and verifies all of its checksums. Streams may follow each other:
 * gzip members, as RFC 1952 defines, and zlib streams as well. Pure; must be closed, since its
 * memory is not on the heap.
 *
 * <pre>
 *               header is complete            last block            checksum is right
 *   HEADER ───────────────────────► DATA ───────────────► TRAILER ─────────┐
 *     ▲                                                                    │
 *     └────────────────────────────────────────────────────────────────────┘
 * </pre>
 */
public final class Decompressor implements AutoCloseable {

  /** Wrapping of the deflated data. */
  public enum Format {
    GZIP("gzip"),
    ZLIB("zlib"),
    /** Deflated data without a wrapping, and without a checksum. */
    RAW("deflate");

    private final String label;

    Format(String label) {
      this.label = label;
    }
  }

  private enum State {
    HEADER,
    DATA,
    TRAILER
  }

  /** CRC-32 and size of the inflated data, four bytes each (RFC 1952, section 2.3.1). */
  private static final int GZIP_TRAILER_LENGTH = 8;

  private final Format format;
  private final Inflater inflater;
  private final GzipHeader header = new GzipHeader();
  private final CRC32 crc = new CRC32();
  private State state = State.HEADER;
  private byte[] input = {};
  private int position;
  private int end;
  private long trailer;
  private int trailerLength;
  private int streams;

  public Decompressor(Format format) {
    this.format = format;
    // Inflater itself reads the header and the checksum of zlib.
    inflater = new Inflater(format != Format.ZLIB);
  }

  /**
   * Adds compressed bytes; those before must be used up.
   *
   * @param compressed is not copied and must not change until it is used up
   */
  public void input(byte[] compressed) {
    if (position < end || (state == State.DATA && !inflater.needsInput())) {
      throw new IllegalStateException("the input before is not used up");
    }
    input = compressed;
    position = 0;
    end = compressed.length;
  }

  /**
   * Inflates as much of the input as fits.
   *
   * @return bytes written to the output; 0 when the input is used up
   * @throws ProtocolException when the input is malformed
   */
  public int inflate(byte[] output, int offset, int length) {
    while (true) {
      switch (state) {
        case HEADER -> {
          if (!readHeader()) {
            return 0;
          }
        }
        case DATA -> {
          int inflated = readData(output, offset, length);
          if (inflated > 0 || state == State.DATA) {
            return inflated;
          }
        }
        case TRAILER -> {
          if (!readTrailer()) {
            return 0;
          }
        }
      }
    }
  }

  /** Returns whether the input so far ends at the end of a stream. */
  public boolean isComplete() {
    return state == State.HEADER && header.isEmpty() && streams > 0 && position == end;
  }

  /** Returns how many streams have ended. */
  public int streams() {
    return streams;
  }

  @Override
  public void close() {
    inflater.end();
  }

  private boolean readHeader() {
    boolean complete = false;
    if (format != Format.GZIP) {
      complete = position < end;
    } else {
      while (!complete && position < end) {
        complete = header.read(input[position++]);
      }
    }
    if (complete) {
      state = State.DATA;
      inflater.reset();
      crc.reset();
    }
    return complete;
  }

  private int readData(byte[] output, int offset, int length) {
    int inflated;
    try {
      do {
        if (inflater.needsInput()) {
          if (position == end) {
            return 0;
          }
          inflater.setInput(input, position, end - position);
          position = end;
        }
        inflated = inflater.inflate(output, offset, length);
        if (inflater.needsDictionary()) {
          throw malformed("it needs a dictionary");
        }
      } while (inflated == 0 && !inflater.finished());
    } catch (DataFormatException e) {
      throw malformed(String.valueOf(e.getMessage()));
    }
    if (format == Format.GZIP) {
      crc.update(output, offset, inflated);
    }
    if (inflater.finished()) {
      position = end - inflater.getRemaining();
      state = State.TRAILER;
    }
    return inflated;
  }

  private boolean readTrailer() {
    if (format == Format.GZIP) {
      while (trailerLength < GZIP_TRAILER_LENGTH && position < end) {
        trailer |= (input[position++] & 0xFFL) << (8 * trailerLength++);
      }
      if (trailerLength < GZIP_TRAILER_LENGTH) {
        return false;
      }
      if ((trailer & 0xFFFF_FFFFL) != crc.getValue()) {
        throw malformed("its checksum is wrong");
      }
      if (trailer >>> 32 != (inflater.getBytesWritten() & 0xFFFF_FFFFL)) {
        throw malformed("its length is wrong");
      }
    }
    trailer = 0;
    trailerLength = 0;
    header.reset();
    streams++;
    state = State.HEADER;
    return true;
  }

  private ProtocolException malformed(String problem) {
    return new ProtocolException("malformed " + format.label + ": " + problem);
  }
}
