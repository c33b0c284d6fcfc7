package io.linkspan.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Message;
import io.linkspan.testing.CProgram;
import io.linkspan.testing.RequiresEnet;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.UdpProxy;
import io.linkspan.testing.WebSocketTestClient;
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

/** The stock C library is served, on a clean path and on a bad one. */
@RequiresEnet
class EnetClientsIT {

  private static final long SEED = 4711;

  private static Path program;

  private TestGateway gateway;

  @BeforeAll
  static void compile() throws InterruptedException {
    program = CProgram.compile("src/test/c/gateway_client.c");
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
        "crowd"
      })
  void onACleanPath(String scenario) throws InterruptedException {
    run(scenario, gateway.enetPort());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"messages", "messages checksum compress", "ends", "ends checksum", "crowd"})
  void onABadPath(String scenario) throws Exception {
    // Without the protocol's checksum it is UDP's own that drops what was damaged.
    boolean damages = scenario.contains("checksum");
    try (var proxy = new UdpProxy(SEED, damages, gateway.enetPort())) {
      run(scenario + " bad", proxy.port());
    }
  }

  @Test
  void usersAndGroupsReachAcrossTransports() throws InterruptedException {
    try (var web = WebSocketTestClient.connect(gateway.httpPort(), "user=web");
        CProgram cee = CProgram.start(program, gateway.enetPort(), "chat")) {
      web.send(message("j", "").setType("join_group").setBody("room").build());
      assertThat(web.receiveAck()).isEqualTo("j");
      cee.awaitLine("joined");
      web.send(message("1", "group:room").setBody("hello room").build());
      assertThat(web.receiveAck()).isEqualTo("1");
      Message answer = web.receiveMessage();
      assertThat(answer.getFrom()).isEqualTo("cee");
      assertThat(answer.getBody()).isEqualTo("hello web");
      web.acknowledge(answer.getEventId());
      Message toAll = web.receiveMessage();
      assertThat(toAll.getTo()).isEqualTo("group:room");
      web.acknowledge(toAll.getEventId());
      web.send(message("2", "cee").setBody("hello cee").build());
      assertThat(web.receiveAck()).isEqualTo("2");
      cee.awaitSuccess();
    }
  }

  private static Message.Builder message(String eventId, String to) {
    return Message.newBuilder().setEventId(eventId).setTo(to).setType("text");
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
