package io.linkspan.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A C program with the stock ENet library, compiled into {@code target}. */
public final class CProgram extends ChildProcess {

  private static final Path PROJECT = Path.of(System.getProperty("basedir", "")).toAbsolutePath();
  private static final Path HEADER = Path.of("/usr/include/enet/enet.h");

  private CProgram(ProcessBuilder builder) {
    super(builder);
  }

  /** Whether the library is there; on CI it has to be, so there the tests fail without it. */
  public static boolean available() {
    return "true".equals(System.getenv("CI")) || Files.exists(HEADER);
  }

  /**
   * Compiles a program; its warnings are errors.
   *
   * @param source path below the project's folder
   * @return the program
   */
  public static Path compile(String source) throws InterruptedException {
    Path code = PROJECT.resolve(source);
    Path folder = PROJECT.resolve(Path.of("target", "c"));
    Path program = folder.resolve(code.getFileName().toString().replace(".c", ""));
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    var gcc =
        new ProcessBuilder(
            "gcc",
            "-std=gnu11",
            "-O1",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-o",
            program.toString(),
            code.toString(),
            "-lenet");
    try (var compiler = new ChildProcess(gcc)) {
      compiler.awaitSuccess();
    }
    return program;
  }

  public static CProgram start(Path program, Object... arguments) {
    List<String> command = new ArrayList<>();
    command.add(program.toString());
    Stream.of(arguments).map(Object::toString).forEach(command::add);
    return new CProgram(new ProcessBuilder(command));
  }
}
