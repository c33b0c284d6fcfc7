package io.linkspan.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.testing.CProgram;
import io.linkspan.testing.GatewayProcess;
import io.linkspan.testing.RequiresEnet;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Tests the C client that the README shows. */
@RequiresEnet
class HelloEnetIT {

  @Test
  void helloReachesTheEchoService() throws InterruptedException {
    assertServed(Map.of());
  }

  @Test
  void withoutEpollOneSocketServesAll() throws InterruptedException {
    assertServed(Map.of("JAVA_TOOL_OPTIONS", "-Dio.netty.transport.noNative=true"));
  }

  private static void assertServed(Map<String, String> environment) throws InterruptedException {
    Path program = CProgram.compile("docs/examples/hello-enet.c");
    try (var gateway = GatewayProcess.start(environment);
        var hello = CProgram.start(program, gateway.enetPort(), "cee")) {
      hello.awaitSuccess();
      assertThat(hello.output())
          .contains("connected as cee", "acknowledged", "service:echo answers: Hello, linkspan!");
    }
  }
}
