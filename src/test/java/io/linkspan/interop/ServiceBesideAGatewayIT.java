package io.linkspan.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.testing.FreePort;
import io.linkspan.testing.GatewayProcess;
import io.linkspan.testing.ServiceProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Starts the documented service on the machine of a gateway, with the gateway's configuration. */
class ServiceBesideAGatewayIT {

  @Test
  void theServiceStartsWithoutStackTracesAlthoughTheGatewayHasThePorts(@TempDir Path folder)
      throws Exception {
    int port = FreePort.of();
    int busPort = FreePort.of();
    Path configuration =
        Files.writeString(
            folder.resolve("linkspan.yaml"),
            """
            cluster:
              enabled: true
              name: beside-%1$d
              host: 127.0.0.1
              port: %1$d
              busPort: %2$d
              join: {members: ["127.0.0.1:%1$d"]}
            """
                .formatted(port, busPort));
    try (var gateway = GatewayProcess.start(Map.of(), "--conf", configuration.toString());
        var service =
            ServiceProcess.start("OrdersProcess.java", configuration, "orders are taken")) {
      assertThat(gateway.isAlive()).isTrue();
      assertThat(service.output())
          .doesNotContain("Exception")
          .doesNotContainPattern("(?m)^\\s+at ")
          .doesNotContain("Caused by");
    }
  }
}
