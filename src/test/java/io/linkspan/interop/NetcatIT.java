package io.linkspan.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.testing.GatewayProcess;
import io.linkspan.testing.Netcat;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/** Checks the example of the README with two lines of JSON and {@code nc}. */
@EnabledIf(
    value = "io.linkspan.testing.Netcat#available",
    disabledReason = "netcat-openbsd is not installed")
class NetcatIT {

  private static final Map<String, String> LINES =
      Map.of("LINKSPAN_TCP_ENABLED", "true", "LINKSPAN_TCP_FRAMING_KIND", "line");

  @Test
  void helloTalksToTheEchoService() throws InterruptedException {
    try (var gateway = GatewayProcess.start(LINES);
        var hello = Netcat.start(gateway.tcpPort(), "netta")) {
      hello.awaitLine("{\"ack\":{\"eventId\":\"1\"}}");
      hello.awaitLine("{\"ack\":{\"eventId\":\"2\"}}");
      JsonObject answer = new JsonObject(hello.awaitLine("service:echo")).getJsonObject("message");
      assertThat(answer.getString("body")).isEqualTo("Hello, linkspan!");
      assertThat(answer.getString("replyTo")).isEqualTo("2");
      hello.awaitExit();
    }
  }
}
