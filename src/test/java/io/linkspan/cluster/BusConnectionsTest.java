package io.linkspan.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.eventbus.EventBusOptions;
import io.vertx.core.net.NetServerOptions;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BusConnectionsTest {

  private static EventBusOptions optionsFor(long timeoutSeconds) {
    return BusConnections.options(
        new ClusterConfig.Heartbeat(Duration.ofSeconds(1), Duration.ofSeconds(timeoutSeconds)));
  }

  @ParameterizedTest
  @ValueSource(longs = {2, 6, 15, 3_600})
  void silentConnectionsEndBeforeTheNodeCountsAsLost(long timeout) {
    EventBusOptions options = optionsFor(timeout);
    assertThat(options.getIdleTimeoutUnit()).isEqualTo(TimeUnit.MILLISECONDS);
    assertThat(options.getReadIdleTimeout())
        .isLessThan((int) (timeout * 1_000))
        .isGreaterThan((int) (timeout * 500));
    assertThat(options.getConnectTimeout()).isLessThan((int) (timeout * 500));
    // Several pings and their answers come in this time.
    assertThat(options.getClusterPingInterval() * 4)
        .isLessThanOrEqualTo(options.getReadIdleTimeout());
    assertThat(options.getClusterPingInterval() + options.getClusterPingReplyInterval())
        .isEqualTo(options.getReadIdleTimeout());
  }

  @Test
  void theServerOfTheBusHasTheseOptionsAsWell() {
    // Vert.x derives the options of its server and of its client in this way.
    var server = new NetServerOptions(optionsFor(15).toJson());
    assertThat(server.getReadIdleTimeout()).isEqualTo(10_000);
    assertThat(server.getIdleTimeoutUnit()).isEqualTo(TimeUnit.MILLISECONDS);
  }
}
