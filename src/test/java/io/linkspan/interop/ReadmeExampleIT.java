package io.linkspan.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.testing.GatewayProcess;
import io.linkspan.testing.NodeScript;
import io.linkspan.testing.RequiresNode;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Runs the client that the README shows. */
@RequiresNode
class ReadmeExampleIT {

  @Test
  void helloTalksToTheEchoService() throws InterruptedException {
    try (var gateway = GatewayProcess.start(Map.of());
        var hello = NodeScript.example("hello.mjs", gateway.websocket())) {
      hello.awaitSuccess();
      assertThat(hello.output()).contains("acknowledged", "service:echo answers: Hello, linkspan!");
    }
  }

  @Test
  void helloReportsAMissingGateway() throws InterruptedException {
    // Port 9 is for the discard protocol, which no system serves any more.
    try (var hello = NodeScript.example("hello.mjs", "ws://127.0.0.1:9/ws")) {
      assertThat(hello.awaitExit()).isEqualTo(1);
      assertThat(hello.output()).contains("no gateway at ws://127.0.0.1:9/ws");
    }
  }
}
