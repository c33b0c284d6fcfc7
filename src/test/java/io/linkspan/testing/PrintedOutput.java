package io.linkspan.testing;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** Collects what a command prints to the standard output and error of this JVM, until closed. */
public final class PrintedOutput implements AutoCloseable {

  private final PrintStream out = System.out;
  private final PrintStream err = System.err;
  private final ByteArrayOutputStream text = new ByteArrayOutputStream();
  private final ByteArrayOutputStream errors = new ByteArrayOutputStream();

  /** Begins to collect. */
  public PrintedOutput() {
    System.setOut(new PrintStream(text, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(errors, true, StandardCharsets.UTF_8));
  }

  /** Returns what was printed to the standard output since the last {@link #reset}. */
  public String text() {
    return text.toString(StandardCharsets.UTF_8);
  }

  /** Returns what was printed to the standard error. */
  public String errors() {
    return errors.toString(StandardCharsets.UTF_8);
  }

  /** Forgets what was printed to the standard output. */
  public void reset() {
    text.reset();
  }

  @Override
  public void close() {
    System.setOut(out);
    System.setErr(err);
  }
}
