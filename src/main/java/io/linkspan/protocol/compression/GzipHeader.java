package io.linkspan.protocol.compression;

import io.linkspan.protocol.ProtocolException;
import java.util.zip.CRC32;

/**
 * Reads the header of one gzip member (RFC 1952, section 2.3), byte by byte.
 *
 * <pre>
 *  +---+---+---+---+---+---+---+---+---+---+
 *  |ID1|ID2|CM |FLG|     MTIME     |XFL|OS |   FIXED
 *  +---+---+---+---+---+---+---+---+---+---+
 *  | XLEN  | XLEN bytes of extra field     |   if FLG.FEXTRA
 *  | file name, terminated by zero         |   if FLG.FNAME
 *  | comment, terminated by zero           |   if FLG.FCOMMENT
 *  | CRC16 |                                   if FLG.FHCRC
 *  +---+---+
 * </pre>
 */
final class GzipHeader {

  private enum Field {
    FIXED,
    EXTRA_LENGTH,
    EXTRA,
    NAME,
    COMMENT,
    CRC16,
    END
  }

  private static final int FIXED_LENGTH = 10;
  private static final int ID1 = 0x1F;
  private static final int ID2 = 0x8B;
  private static final int DEFLATE = 8;

  private static final int FHCRC = 0x02;
  private static final int FEXTRA = 0x04;
  private static final int FNAME = 0x08;
  private static final int FCOMMENT = 0x10;
  private static final int RESERVED = 0xE0;

  /** Most bytes of a name or a comment; the format itself has no limit. */
  private static final int LONGEST_TEXT = 4096;

  private final CRC32 crc = new CRC32();
  private Field field = Field.FIXED;
  private int length;
  private int flags;
  private int number;

  /** Prepares for the next header. */
  void reset() {
    crc.reset();
    field = Field.FIXED;
    length = 0;
  }

  /** Returns whether nothing of the header was read. */
  boolean isEmpty() {
    return field == Field.FIXED && length == 0;
  }

  /**
   * Reads the next byte.
   *
   * @return whether it was the last one of the header
   * @throws ProtocolException when the header is malformed
   */
  boolean read(byte next) {
    int octet = next & 0xFF;
    if (field != Field.CRC16) {
      crc.update(octet);
    }
    switch (field) {
      case FIXED -> readFixed(octet);
      case EXTRA_LENGTH -> {
        if (readNumber(octet)) {
          enter(number == 0 ? textAfter(Field.EXTRA) : Field.EXTRA);
        }
      }
      case EXTRA -> {
        if (++length == number) {
          enter(textAfter(Field.EXTRA));
        }
      }
      case NAME, COMMENT -> readText(octet);
      case CRC16 -> {
        if (readNumber(octet)) {
          require(number == (crc.getValue() & 0xFFFF), "the checksum of its header is wrong");
          enter(Field.END);
        }
      }
      case END -> throw new IllegalStateException("the header has ended");
    }
    return field == Field.END;
  }

  private void readFixed(int octet) {
    switch (length++) {
      case 0 -> require(octet == ID1, "it does not start with a gzip header");
      case 1 -> require(octet == ID2, "it does not start with a gzip header");
      case 2 -> require(octet == DEFLATE, "its method is not deflate");
      case 3 -> {
        require((octet & RESERVED) == 0, "its header has reserved flags");
        flags = octet;
      }
      case FIXED_LENGTH - 1 ->
          enter((flags & FEXTRA) != 0 ? Field.EXTRA_LENGTH : textAfter(Field.EXTRA));
      default -> {
        // MTIME, XFL and OS are for files.
      }
    }
  }

  private void readText(int octet) {
    if (octet == 0) {
      enter(textAfter(field));
    } else {
      require(++length <= LONGEST_TEXT, "a text in its header is too long");
    }
  }

  /** Reads a number of two bytes; returns whether it is complete. */
  private boolean readNumber(int octet) {
    number = length++ == 0 ? octet : number | octet << 8;
    return length == 2;
  }

  private void enter(Field next) {
    field = next;
    length = 0;
  }

  /** Returns the next field that the flags announce. */
  private Field textAfter(Field previous) {
    if (previous.compareTo(Field.NAME) < 0 && (flags & FNAME) != 0) {
      return Field.NAME;
    }
    if (previous.compareTo(Field.COMMENT) < 0 && (flags & FCOMMENT) != 0) {
      return Field.COMMENT;
    }
    return (flags & FHCRC) != 0 ? Field.CRC16 : Field.END;
  }

  private static void require(boolean condition, String problem) {
    if (!condition) {
      throw new ProtocolException("malformed gzip: " + problem);
    }
  }
}
