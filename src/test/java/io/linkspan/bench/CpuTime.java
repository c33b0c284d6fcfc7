package io.linkspan.bench;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * Holds the CPU time of a process in microseconds, in the program itself and in the kernel on its
 * behalf.
 */
public record CpuTime(long user, long system) {

  /** Linux shows CPU time in hundredths of a second, whatever the unit of the kernel. */
  private static final long TICK_MICROS = 10_000;

  private static final Pattern COMPILER = Pattern.compile("\\(C[12] Compiler");
  private static final int USER_TIME = 11;
  private static final int SYSTEM_TIME = 12;
  private static final int IDLE_TIME = 4;
  private static final int WAITING_TIME = 5;

  /** Returns the time of all threads of a process so far. */
  public static CpuTime of(ProcessHandle process) throws IOException {
    return parse(Files.readString(folder(process).resolve("stat")));
  }

  /** Returns the time of the compiler threads of a JVM so far; 0 for other programs. */
  static long compilerMicros(ProcessHandle process) throws IOException {
    long sum = 0;
    try (DirectoryStream<Path> threads =
        Files.newDirectoryStream(folder(process).resolve("task"))) {
      for (Path thread : threads) {
        sum += compilerMicros(thread);
      }
    }
    return sum;
  }

  private static long compilerMicros(Path thread) throws IOException {
    try {
      String stat = Files.readString(thread.resolve("stat"));
      return COMPILER.matcher(stat).find() ? parse(stat).total() : 0;
    } catch (NoSuchFileException e) {
      // The thread has ended meanwhile; a JVM starts and ends compiler threads.
      return 0;
    }
  }

  private static Path folder(ProcessHandle process) {
    return Path.of("/proc", Long.toString(process.pid()));
  }

  private static CpuTime parse(String stat) {
    // The second field is the program's name, in brackets, and may have spaces in it.
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return new CpuTime(
        Long.parseLong(fields[USER_TIME]) * TICK_MICROS,
        Long.parseLong(fields[SYSTEM_TIME]) * TICK_MICROS);
  }

  /** Returns the idle time of all processors together so far, in microseconds. */
  static long idleMicros() throws IOException {
    String[] fields = Files.readAllLines(Path.of("/proc/stat")).get(0).split(" +", -1);
    return (Long.parseLong(fields[IDLE_TIME]) + Long.parseLong(fields[WAITING_TIME])) * TICK_MICROS;
  }

  /** Returns the difference to an earlier reading. */
  public CpuTime minus(CpuTime earlier) {
    return new CpuTime(user - earlier.user, system - earlier.system);
  }

  /** Returns the sum with the time of another process. */
  CpuTime plus(CpuTime other) {
    return new CpuTime(user + other.user, system + other.system);
  }

  /** Returns the time in the program and in the kernel. */
  public long total() {
    return user + system;
  }
}
