package io.linkspan.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** The code in the project's documents. */
public final class DocumentedCode {

  private static final Path PROJECT = Path.of(System.getProperty("basedir", "")).toAbsolutePath();
  private static final Pattern BLOCK = Pattern.compile("(?ms)^```(\\w+)\\n(.*?)^```$");

  private DocumentedCode() {}

  /** Returns the only block of code in a document that contains a text. */
  public static String block(String document, String language, String text) {
    List<String> found =
        BLOCK
            .matcher(read(document))
            .results()
            .filter(block -> block.group(1).equals(language))
            .map((MatchResult block) -> block.group(2))
            .filter(code -> code.contains(text))
            .toList();
    if (found.size() != 1) {
      throw new AssertionError(
          document + " has " + found.size() + " blocks of " + language + " with " + text);
    }
    return found.get(0);
  }

  /** Reads a file of the project. */
  public static String read(String path) {
    try {
      return Files.readString(PROJECT.resolve(path));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns a file or folder of the project. */
  public static Path path(String path) {
    return PROJECT.resolve(path);
  }
}
