package io.linkspan;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.linkspan.testing.VirtualTime;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class HandlerFailuresTest {

  private static final int OFTEN = 1_000;
  private static final long TEN_SECONDS = 10_000;

  private final Logger logger = (Logger) LoggerFactory.getLogger(HandlerFailures.class);
  private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
  private final VirtualTime time = new VirtualTime();
  private final HandlerFailures failures =
      new HandlerFailures((action, millis) -> time.schedule(millis, action));

  @BeforeEach
  void listen() {
    lines.start();
    logger.addAppender(lines);
    logger.setAdditive(false);
  }

  @AfterEach
  void stop() {
    logger.detachAppender(lines);
    logger.setAdditive(true);
  }

  @Test
  void eachCauseIsLoggedOnceWithItsStackTrace() {
    for (int i = 0; i < OFTEN; i++) {
      failures.add(new IllegalStateException("message " + i));
      failures.add(new IllegalStateException("another line of the code"));
      failures.add(new IllegalArgumentException("another class"));
    }
    assertThat(lines.list)
        .extracting(line -> line.getThrowableProxy().getMessage())
        .containsExactly("message 0", "another line of the code", "another class");
    lines.list.clear();
    time.advance(TEN_SECONDS);
    assertThat(lines.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .hasSize(3)
        .allMatch(line -> line.startsWith("a handler failed: 999 more within 10 s"));
  }

  @Test
  void anExceptionWithoutAStackTraceIsLogged() {
    var failure = new IllegalStateException("fast");
    failure.setStackTrace(new StackTraceElement[0]);
    failures.add(failure);
    failures.add(failure);
    assertThat(lines.list).hasSize(1);
  }

  @Test
  void causesWithoutEndAreLoggedTogether() {
    for (int i = 0; i < OFTEN; i++) {
      var failure = new IllegalStateException("generated");
      failure.setStackTrace(
          new StackTraceElement[] {new StackTraceElement("Generated" + i, "run", "x", 1)});
      failures.add(failure);
    }
    assertThat(lines.list).hasSizeLessThan(OFTEN / 2);
  }
}
