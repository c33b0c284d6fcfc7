package io.linkspan.bench.peer;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.testing.ClientLog;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The logs of clients in other processes. */
class ClientLogJsonTest {

  private static final ClientLog LOG =
      new ClientLog(
          "u7",
          true,
          List.of(new ClientLog.Arrival("a", 1.5), new ClientLog.Arrival("b", 1_780_000_000_000.0)),
          List.of(new ClientLog.Absence(2, 3, 4.25)),
          1,
          2,
          3,
          4);

  @Test
  void aLogIsReadAsItWasWritten() {
    String line = ClientLogJson.encode(LOG).encode();

    assertThat(ClientLogJson.decode(new JsonObject(line))).isEqualTo(LOG);
  }

  @Test
  void aLogOfNodeDoesNotCountWhatWasDeliveredAgain() {
    String line =
        """
        {"user":"u7","connected":true,"arrivals":[["a",1.5],["b",1780000000000]],"absences":[[2,3,4.25]],
        "recovered":1,"unrecovered":2,"failedConnects":4}
        """;

    assertThat(ClientLogJson.decode(new JsonObject(line)))
        .isEqualTo(new ClientLog("u7", true, LOG.arrivals(), LOG.absences(), 1, 2, 0, 4));
  }
}
