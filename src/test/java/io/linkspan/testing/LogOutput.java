package io.linkspan.testing;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.OutputStreamAppender;
import java.io.FileDescriptor;
import java.io.FileOutputStream;

/**
 * Writes the log of tests to the process's own standard error. A test that reads what a command
 * prints replaces {@link System#out} and {@link System#err}, and must not find lines there that
 * gateways of earlier tests log late.
 */
public final class LogOutput extends OutputStreamAppender<ILoggingEvent> {

  @Override
  public void start() {
    setOutputStream(new FileOutputStream(FileDescriptor.err));
    super.start();
  }
}
