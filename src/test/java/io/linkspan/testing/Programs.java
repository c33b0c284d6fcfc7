package io.linkspan.testing;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/** Finds programs that are installed on this machine. */
final class Programs {

  /** Folders that a user who is not root may not have in the path. */
  private static final String PATH = System.getenv("PATH") + ":/usr/sbin:/usr/local/sbin";

  private Programs() {}

  static boolean isInstalled(String name) {
    return search(name).isPresent();
  }

  /** Returns the path of a program; fails when it is not installed. */
  static String find(String name) {
    return search(name)
        .orElseThrow(() -> new AssertionError(name + " is not installed"))
        .toString();
  }

  private static Optional<Path> search(String name) {
    return Arrays.stream(PATH.split(":", -1))
        .map(folder -> Path.of(folder, name))
        .filter(Files::isExecutable)
        .findFirst();
  }
}
