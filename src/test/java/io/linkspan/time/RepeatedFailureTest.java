package io.linkspan.time;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.linkspan.testing.VirtualTime;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.event.Level;

class RepeatedFailureTest {

  private final VirtualTime time = new VirtualTime();
  private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
  private RepeatedFailure failure;

  @BeforeEach
  void start() {
    var context = new LoggerContext();
    lines.setContext(context);
    lines.start();
    var log = context.getLogger("test");
    log.addAppender(lines);
    failure =
        new RepeatedFailure(
            log, Level.WARN, "it failed", (action, millis) -> time.schedule(millis, action));
  }

  private List<String> lines() {
    return lines.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
  }

  @Test
  void theFirstFailureIsLoggedAtOnce() {
    failure.add("no route");
    assertThat(lines()).containsExactly("it failed: no route");
    assertThat(lines.list.get(0).getLevel()).isEqualTo(ch.qos.logback.classic.Level.WARN);
  }

  @Test
  void aThousandFailuresAreTwoLines() {
    for (int i = 0; i < 1_000; i++) {
      failure.add("cause " + i);
      time.advance(1);
    }
    time.advance(60_000);
    assertThat(lines())
        .containsExactly(
            "it failed: cause 0", "it failed: 999 more within 10 s, the last one: cause 999");
  }

  @Test
  void failuresThatGoOnAreOneLineInTenSeconds() {
    for (int i = 0; i < 35; i++) {
      failure.add("again");
      time.advance(1_000);
    }
    assertThat(lines()).hasSize(4);
    assertThat(lines().get(3)).isEqualTo("it failed: 10 more within 10 s, the last one: again");
  }

  @Test
  void aFailureAfterASilenceIsLoggedAtOnce() {
    failure.add("first");
    time.advance(10_000);
    failure.add("second");
    assertThat(lines()).containsExactly("it failed: first", "it failed: second");
    time.advance(60_000);
    assertThat(lines()).hasSize(2);
    assertThat(time.nextDeadline()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void theStackTraceIsLoggedOnce() {
    for (int i = 0; i < 3; i++) {
      failure.add(new IllegalStateException("broken"));
    }
    time.advance(10_000);
    assertThat(lines())
        .containsExactly(
            "it failed",
            "it failed: 2 more within 10 s, the last one: java.lang.IllegalStateException: broken");
    assertThat(lines.list.get(0).getThrowableProxy().getMessage()).isEqualTo("broken");
    assertThat(lines.list.get(1).getThrowableProxy()).isNull();
  }
}
