package io.linkspan.testing;

import io.vertx.core.json.JsonArray;
import java.util.List;

/** Reads the instructions of the Dockerfile. */
public final class Dockerfile {

  private Dockerfile() {}

  /** Returns the arguments of each instruction of this name; lines that continue are joined. */
  public static List<String> instructions(String name) {
    return DocumentedCode.read("Dockerfile")
        .replaceAll("\\\\\\n\\s*", "")
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .map(line -> line.substring(name.length() + 1))
        .toList();
  }

  /** Returns the only instruction of this name that has a text, without what precedes the text. */
  public static String instruction(String name, String text) {
    List<String> found =
        instructions(name).stream()
            .filter(arguments -> arguments.contains(text))
            .map(arguments -> arguments.substring(arguments.indexOf(text)))
            .toList();
    if (found.size() != 1) {
      throw new AssertionError(found.size() + " instructions " + name + " have " + text);
    }
    return found.get(0);
  }

  /** Returns the words of an instruction that is a JSON list from some text on. */
  public static List<String> words(String name) {
    return new JsonArray(instruction(name, "[")).stream().map(String.class::cast).toList();
  }
}
