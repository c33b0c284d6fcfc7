package io.linkspan.storm;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.Test;

/** The gauges beside the figures of a storm. */
class StormGaugesTest {

  @Test
  void onlyTheGaugesOfAStormAreRead() {
    String metrics =
        """
        # HELP linkspan_sessions sessions
        # TYPE linkspan_sessions gauge
        linkspan_sessions 12.0
        linkspan_memory_used_bytes{memory="heap"} 1.5E9
        linkspan_memory_used_bytes{memory="other"} 7.0
        other 1.0
        alone
        """;

    assertThat(StormGauges.of(metrics))
        .isEqualTo(new JsonObject().put("sessions", 12L).put("heapBytes", 1_500_000_000L));
    assertThat(StormGauges.of("")).isEqualTo(new JsonObject());
  }
}
