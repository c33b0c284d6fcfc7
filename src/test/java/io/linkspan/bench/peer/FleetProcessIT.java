package io.linkspan.bench.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.linkspan.bench.board.DeliveryCount;
import io.linkspan.testing.ClientLog;
import io.linkspan.testing.Patience;
import io.linkspan.testing.TestGateway;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/** Clients in two processes receive what a publisher sends to all and to each of them. */
class FleetProcessIT {

  private static final String GROUP = "all";
  private static final int CLIENTS = 3;
  private static final int PER_SECOND = 100;
  private static final int BROADCASTS = 2;

  private TestGateway gateway;

  @BeforeEach
  void start() {
    gateway = TestGateway.start(Map.of());
  }

  @AfterEach
  void stop() {
    gateway.close();
  }

  @Test
  void webSocketsInTwoProcesses() throws IOException, InterruptedException {
    int port = gateway.httpPort();
    assertReached(users -> FleetProcess.webSockets(port, 1, users, PER_SECOND, GROUP, true));
  }

  @Test
  void webSocketsThatAcknowledgeNothing() throws IOException, InterruptedException {
    int port = gateway.httpPort();
    assertReached(users -> FleetProcess.webSockets(port, 1, users, PER_SECOND, GROUP, false));
  }

  @Test
  @EnabledIf("io.linkspan.testing.NodeScript#available")
  void socketIoInTwoProcesses() throws IOException, InterruptedException {
    int port = gateway.httpPort();
    assertReached(users -> FleetProcess.socketIo(port, users, PER_SECOND, GROUP));
  }

  private void assertReached(SplitFleet.Starter starter) throws IOException, InterruptedException {
    List<ProcessHandle> before = ProcessHandle.current().children().toList();
    try (var fleet = SplitFleet.start(Users.of(CLIENTS).split(2), starter)) {
      await().atMost(Patience.LONGEST).until(() -> fleet.connected() == CLIENTS);
      var publisher = new Publisher(gateway.managementPort(), "test");
      publisher.publish(GROUP, BROADCASTS, CLIENTS, 1, 0, 1);
      await()
          .atMost(Patience.LONGEST)
          .untilAsserted(
              () -> {
                DeliveryCount count = DeliveryCount.of(publisher.sent(), fleet.logs());
                assertThat(count.expected()).isEqualTo(CLIENTS * (BROADCASTS + 1));
                assertThat(count.delivered()).isEqualTo(count.expected());
              });
      assertThat(fleet.logs())
          .extracting(ClientLog::user)
          .containsExactlyInAnyOrder("u0", "u1", "u2");
    }
    assertThat(ProcessHandle.current().children()).isSubsetOf(before);
  }
}
