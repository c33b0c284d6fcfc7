package io.linkspan.interop;

import io.linkspan.testing.CProgram;
import io.linkspan.testing.RequiresEnet;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.UdpProxy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests clients of the C library, on a clean path and on a bad one. */
@RequiresEnet
class EnetClientsIT {

  /**
   * Also used as an agent together with clients of other transports in {@link SocketIoClientsIT}.
   */
  static final String SOURCE = "src/test/c/gateway_client.c";

  private static final long SEED = 4711;

  private static Path program;

  private TestGateway gateway;

  @BeforeAll
  static void compile() throws InterruptedException {
    program = CProgram.compile(SOURCE);
  }

  @BeforeEach
  void start() {
    gateway = TestGateway.start(Map.of("eventLoops", "2"));
  }

  @AfterEach
  void stop() {
    gateway.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "messages",
        "messages checksum",
        "messages compress",
        "messages checksum compress",
        "messages limited",
        "ends",
        "ends checksum compress",
        "crowd",
        "large",
        "large checksum"
      })
  void onACleanPath(String scenario) throws InterruptedException {
    run(scenario, gateway.enetPort());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "messages",
        "messages checksum compress",
        "messages limited",
        "ends",
        "ends checksum",
        "crowd"
      })
  void onABadPath(String scenario) throws Exception {
    // Without checksums of ENet, those of UDP drop damaged datagrams.
    boolean damages = scenario.contains("checksum");
    try (var proxy = new UdpProxy(SEED, damages, gateway.enetPort())) {
      run(scenario + " bad", proxy.port());
    }
  }

  @Test
  void aClientWithoutChecksumsIsDisconnectedWhereTheyAreRequired() throws Exception {
    gateway.close();
    gateway = TestGateway.start(Map.of("enet.checksum", "required"));
    run("plain", gateway.enetPort());
    run("messages checksum", gateway.enetPort());
  }

  private static void run(String scenario, int port) throws InterruptedException {
    List<Object> arguments = new ArrayList<>();
    arguments.add(port);
    arguments.addAll(List.of(scenario.split(" ", -1)));
    try (CProgram client = CProgram.start(program, arguments.toArray())) {
      client.awaitSuccess();
    }
  }
}
