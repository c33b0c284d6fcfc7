package io.linkspan.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** CPU time of a process in microseconds, in the program itself and in the kernel on its behalf. */
record CpuTime(long user, long system) {

  /** Linux shows CPU time in hundredths of a second, whatever the kernel counts in. */
  private static final long TICK_MICROS = 10_000;

  private static final int USER_TIME = 11;
  private static final int SYSTEM_TIME = 12;
  private static final int IDLE_TIME = 4;
  private static final int WAITING_TIME = 5;

  /** What all threads of a process have used so far. */
  static CpuTime of(ProcessHandle process) throws IOException {
    String stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
    // The second field is the program's name, in brackets, and may have spaces in it.
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return new CpuTime(
        Long.parseLong(fields[USER_TIME]) * TICK_MICROS,
        Long.parseLong(fields[SYSTEM_TIME]) * TICK_MICROS);
  }

  /** What all processors together had nothing to do for, so far, in microseconds. */
  static long idleMicros() throws IOException {
    String[] fields = Files.readAllLines(Path.of("/proc/stat")).get(0).split(" +", -1);
    return (Long.parseLong(fields[IDLE_TIME]) + Long.parseLong(fields[WAITING_TIME])) * TICK_MICROS;
  }

  CpuTime minus(CpuTime earlier) {
    return new CpuTime(user - earlier.user, system - earlier.system);
  }

  long total() {
    return user + system;
  }
}
