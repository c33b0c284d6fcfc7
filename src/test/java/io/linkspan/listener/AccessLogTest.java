package io.linkspan.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.linkspan.connection.AccessLog;
import io.linkspan.testing.RawHttp;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.WebSocketTestClient;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class AccessLogTest {

  private static final Logger LOG = (Logger) LoggerFactory.getLogger(AccessLog.NAME);

  private final Queue<String> lines = new ConcurrentLinkedQueue<>();
  private final AppenderBase<ILoggingEvent> recorder =
      new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
          lines.add(event.getFormattedMessage() + " " + event.getKeyValuePairs());
        }
      };

  private Level before;

  @BeforeEach
  void record() {
    before = LOG.getLevel();
    recorder.start();
    LOG.addAppender(recorder);
  }

  @AfterEach
  void restore() {
    LOG.setLevel(before);
    LOG.detachAppender(recorder);
  }

  private void awaitLine(String... parts) {
    await()
        .untilAsserted(
            () -> assertThat(lines).anySatisfy(line -> assertThat(line).contains(parts)));
  }

  @Test
  void connectionsAndRequestsHaveOneLineEach() throws Exception {
    LOG.setLevel(Level.INFO);
    try (TestGateway gateway = TestGateway.start(Map.of())) {
      var client = WebSocketTestClient.connect(gateway.httpPort(), "user=alice");
      awaitLine("request answered", "listener=\"http\"", "path=\"/ws\"", "status=\"101\"");
      awaitLine("connection opened", "transport=\"websocket\"", "user=\"alice\"");
      client.close();
      awaitLine("connection closed", "transport=\"websocket\"", "reason=");
      RawHttp.get(gateway.httpPort(), "/socket.io/?EIO=4&transport=polling&user=bob").response();
      awaitLine("request answered", "listener=\"http\"", "path=\"/socket.io/\"", "status=\"200\"");
      RawHttp.get(gateway.managementPort(), "/v1/nothing").response();
      awaitLine("listener=\"management\"", "path=\"/v1/nothing\"", "status=\"404\"");
      assertThat(lines).noneMatch(line -> line.contains("user=bob"));
    }
  }

  @Test
  void nothingIsWrittenUnlessItIsAskedFor() throws Exception {
    try (TestGateway gateway = TestGateway.start(Map.of())) {
      RawHttp.get(gateway.managementPort(), "/v1/node").response();
      WebSocketTestClient.connect(gateway.httpPort(), "user=alice").close();
    }
    assertThat(lines).isEmpty();
  }
}
