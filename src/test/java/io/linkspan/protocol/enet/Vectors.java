package io.linkspan.protocol.enet;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;

/**
 * Reads golden bytes from {@code src/test/resources/enet}: columns of hexadecimal, '#' starts a
 * comment.
 */
final class Vectors {
  private Vectors() {}

  static List<String[]> rows(String file) {
    try (var in = Objects.requireNonNull(Vectors.class.getResourceAsStream("/enet/" + file))) {
      return new String(in.readAllBytes(), StandardCharsets.US_ASCII)
          .lines()
          .filter(line -> !line.startsWith("#") && !line.isBlank())
          .map(line -> line.split(" +"))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A captured datagram by name; its columns are joined. */
  static byte[] capture(String name) {
    for (var row : rows("captures.txt")) {
      if (row[0].equals(name)) {
        return bytes(String.join("", row).substring(name.length()));
      }
    }
    throw new IllegalArgumentException(name);
  }

  static byte[] bytes(String hex) {
    return hex.equals("-") ? new byte[0] : HexFormat.of().parseHex(hex);
  }

  static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}
