package io.linkspan.transport;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;
import io.linkspan.api.GatewayClient;
import io.linkspan.api.Message;
import io.linkspan.api.SessionQuery;
import io.linkspan.connection.AccessLog;
import io.linkspan.testing.RawHttp;
import io.linkspan.testing.RawWebSocket;
import io.linkspan.testing.TestClient;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.TestTokens;
import io.linkspan.testing.TokenTransport;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/**
 * Reads all logs at the most detailed level, and everything else that a node says about clients.
 */
class TokensAreNeverLoggedTest {

  /** Keeps what would be written. */
  private static final class Recorder extends AppenderBase<ILoggingEvent> {
    final Queue<String> lines = new ConcurrentLinkedQueue<>();

    @Override
    protected void append(ILoggingEvent event) {
      String failure =
          event.getThrowableProxy() == null
              ? ""
              : ThrowableProxyUtil.asString(event.getThrowableProxy());
      Object fields = Objects.requireNonNullElse(event.getKeyValuePairs(), "");
      lines.add(event.getLoggerName() + " " + event.getFormattedMessage() + fields + failure);
    }
  }

  @Test
  void noLogNoMetricAndNoEventHasAToken() throws Exception {
    Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    Logger own = (Logger) LoggerFactory.getLogger("io.linkspan");
    Logger access = (Logger) LoggerFactory.getLogger(AccessLog.NAME);
    Level rootLevel = root.getLevel();
    Level ownLevel = own.getLevel();
    Level accessLevel = access.getLevel();
    var recorder = new Recorder();
    recorder.start();
    var console = root.getAppender("STDOUT");
    root.detachAppender(console);
    root.addAppender(recorder);
    root.setLevel(Level.TRACE);
    own.setLevel(Level.TRACE);
    access.setLevel(Level.INFO);
    List<String> tokens = new ArrayList<>();
    List<String> said = new ArrayList<>();
    try (TestGateway gateway = TestGateway.start(TestTokens.settings())) {
      BlockingQueue<JsonObject> events = gateway.events();
      for (TokenTransport transport : TokenTransport.values()) {
        use(gateway, transport, tokens);
      }
      String header = TestTokens.of("alice", 600);
      tokens.add(header);
      RawWebSocket.connect(gateway.httpPort(), "/ws", "Authorization: Bearer " + header).close();
      RawWebSocket.connect(gateway.httpPort(), "/ws", "Sec-WebSocket-Protocol: bearer." + header)
          .close();
      RawHttp.get(gateway.httpPort(), "/ws?token=" + header).response();
      said.add(RawHttp.get(gateway.managementPort(), "/metrics").response().body());
      said.add(
          TestGateway.await(GatewayClient.create(gateway.vertx()).sessions(SessionQuery.ALL))
              .toString());
      events.forEach(event -> said.add(event.encode()));
    } finally {
      root.setLevel(rootLevel);
      own.setLevel(ownLevel);
      access.setLevel(accessLevel);
      root.detachAppender(recorder);
      root.addAppender(console);
    }
    said.addAll(recorder.lines);
    assertThat(recorder.lines)
        .anyMatch(line -> line.contains("connection opened") && line.contains("user=\"alice\""))
        .anyMatch(line -> line.contains("request answered") && line.contains("path=\"/ws\""));
    for (String token : tokens) {
      String signature = token.substring(token.lastIndexOf('.') + 1);
      assertThat(said).noneMatch(line -> line.contains(signature));
    }
  }

  private static void use(TestGateway gateway, TokenTransport transport, List<String> tokens)
      throws Exception {
    String good = TestTokens.of("alice", 600);
    String renewal = TestTokens.of("alice", 700);
    String expired = TestTokens.of("alice", -60);
    tokens.addAll(List.of(good, renewal, expired));
    transport.refusal(gateway, expired);
    try (TestClient client = transport.connect(gateway, good)) {
      client.send(Message.newBuilder().setEventId("1").setType("auth").setBody(renewal).build());
      client.receiveAck();
      client.send(Message.newBuilder().setEventId("2").setType("auth").setBody(expired).build());
      assertThat(client.receiveError().encode()).doesNotContain(expired);
    }
  }
}
