package io.linkspan.testing;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** Runs a process whose lines a test waits for. Used by the thread of the test and by a reader. */
public class ChildProcess implements AutoCloseable {

  private static final long PATIENCE_MS = 180_000;

  private final Process process;
  private final Thread reader;
  private final List<String> lines = new ArrayList<>();
  private boolean ended;

  /** Starts a process, and reads what it prints. */
  public ChildProcess(ProcessBuilder builder) {
    try {
      process = builder.redirectErrorStream(true).start();
      process.getOutputStream().close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    reader = new Thread(this::read, "output of " + builder.command().get(0));
    reader.setDaemon(true);
    reader.start();
  }

  /** Waits until the process has printed this line. */
  public void awaitLine(String line) throws InterruptedException {
    awaitLine("\"" + line + "\"", line::equals, PATIENCE_MS);
  }

  /** Returns whether the process has ended. */
  public boolean hasEnded() {
    return !process.isAlive();
  }

  /** Waits for the end of the process, which must be successful. */
  public void awaitSuccess() throws InterruptedException {
    int code = awaitExit();
    if (code != 0) {
      throw new AssertionError("exit code " + code + " of" + output());
    }
  }

  /**
   * Waits for the end of the process.
   *
   * @return the exit code
   */
  public int awaitExit() throws InterruptedException {
    return awaitExit(PATIENCE_MS);
  }

  /**
   * Waits for a line.
   *
   * @return the first line that fits, which may be an earlier one
   */
  public synchronized String awaitLine(String what, Predicate<String> fits, long timeoutMs)
      throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
    int next = 0;
    while (true) {
      for (; next < lines.size(); next++) {
        if (fits.test(lines.get(next))) {
          return lines.get(next);
        }
      }
      long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      if (ended || left <= 0) {
        throw new AssertionError(
            what + (ended ? " is missing in all of" : " is missing so far in") + output());
      }
      wait(left);
    }
  }

  /** Waits for the end of the process and of its output. */
  int awaitExit(long timeoutMs) throws InterruptedException {
    if (!process.waitFor(timeoutMs, TimeUnit.MILLISECONDS)) {
      throw new AssertionError("the process did not end:" + output());
    }
    reader.join(timeoutMs);
    return process.exitValue();
  }

  /** Sends SIGTERM. */
  void terminate() {
    // Not Process.destroy(), which closes the output as well.
    process.toHandle().destroy();
  }

  long pid() {
    return process.pid();
  }

  /** Returns the CPU time that the process has used. */
  Duration cpuTime() {
    return process.info().totalCpuDuration().orElse(Duration.ZERO);
  }

  /** Sends a signal that Java has no method for, such as STOP. */
  public void signal(String name) {
    try {
      int failed =
          new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
              .inheritIO()
              .start()
              .waitFor();
      if (failed != 0) {
        throw new AssertionError("kill -" + name + " failed");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Returns everything printed on both streams, after a line break. */
  public synchronized String output() {
    return "\n" + String.join("\n", lines);
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  private void read() {
    try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line; (line = output.readLine()) != null; ) {
        add(line);
      }
    } catch (IOException e) {
      add("the output cannot be read: " + e);
    }
    end();
  }

  private synchronized void add(String line) {
    lines.add(line);
    notifyAll();
  }

  private synchronized void end() {
    ended = true;
    notifyAll();
  }
}
