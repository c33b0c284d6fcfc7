package io.linkspan.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Runs a C program with the stock ENet library, compiled into {@code target}. */
public final class CProgram extends ChildProcess {

  private static final Path PROJECT = Path.of(System.getProperty("basedir", "")).toAbsolutePath();
  private static final Path HEADER = Path.of("/usr/include/enet/enet.h");

  private CProgram(ProcessBuilder builder) {
    super(builder);
  }

  /** Returns whether the library is there. On CI it is true, so that the tests fail without it. */
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
    // Another process may be running the program, or compiling it.
    Path fresh = folder.resolve(program.getFileName() + "." + ProcessHandle.current().pid());
    var gcc =
        new ProcessBuilder(
            "gcc",
            "-std=gnu11",
            "-O1",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-o",
            fresh.toString(),
            code.toString(),
            "-lenet");
    try (var compiler = new ChildProcess(gcc)) {
      compiler.awaitSuccess();
    }
    try {
      return Files.move(fresh, program, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static CProgram start(Path program, Object... arguments) {
    List<String> command = new ArrayList<>();
    command.add(program.toString());
    Stream.of(arguments).map(Object::toString).forEach(command::add);
    return new CProgram(new ProcessBuilder(command));
  }
}
