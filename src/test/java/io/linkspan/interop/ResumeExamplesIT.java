package io.linkspan.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Message;
import io.linkspan.testing.CProgram;
import io.linkspan.testing.ChildProcess;
import io.linkspan.testing.DocumentedCode;
import io.linkspan.testing.NodeScript;
import io.linkspan.testing.PythonScript;
import io.linkspan.testing.TcpProxy;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.WebSocketTestClient;
import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs the documented clients that resume. Each is sent a message while its connection is lost. */
class ResumeExamplesIT {

  private static final String NODE = "io.linkspan.testing.NodeScript#available";
  private static final String SOCKET_IO_FOLDER = "src/test/node-socketio";

  private static TestGateway gateway;

  @BeforeAll
  static void start() {
    gateway = TestGateway.start(Map.of("enet.timeout.minimum", "1s", "enet.timeout.maximum", "3s"));
  }

  @AfterAll
  static void stop() {
    gateway.close();
  }

  /** Starts a client whose connection can be broken. */
  private interface Starter {
    ChildProcess start(int port) throws Exception;
  }

  private static void assertResumed(String user, Starter starter) throws Exception {
    try (var proxy = new TcpProxy(gateway.vertx(), gateway.httpPort());
        ChildProcess client = starter.start(proxy.port())) {
      assertResumed(user, client, proxy::cut, proxy::mend);
    }
  }

  private static void assertResumed(String user, ChildProcess client, Runnable cut, Runnable mend)
      throws InterruptedException {
    client.awaitLine("a new session");
    client.awaitLine("service:echo: Hello, linkspan!");
    try (var tester = WebSocketTestClient.connect(gateway.httpPort(), "user=tester")) {
      cut.run();
      tester.send(message("missed-by-" + user, user, "sent while away"));
      mend.run();
      client.awaitLine("resumed");
      client.awaitLine("tester: sent while away");
      assertThat(tester.receiveAck()).isEqualTo("missed-by-" + user);
      tester.send(message("end-of-" + user, user, "bye"));
      assertThat(client.awaitExit()).as(client.output()).isZero();
    }
    List<String> messages = client.output().lines().filter(line -> line.contains(": ")).toList();
    assertThat(messages)
        .containsExactly(
            "service:echo: Hello, linkspan!", "tester: sent while away", "tester: bye");
  }

  private static Message message(String eventId, String to, String body) {
    return Message.newBuilder().setEventId(eventId).setTo(to).setType("text").setBody(body).build();
  }

  private static String websocket(int port) {
    return "ws://127.0.0.1:" + port + "/ws";
  }

  @Test
  @EnabledIf(
      value = "io.linkspan.testing.PythonScript#available",
      disabledReason = "python3-websockets is not installed")
  void thePythonClientResumes() throws Exception {
    assertResumed("pia", port -> PythonScript.example("resume.py", websocket(port), "pia"));
  }

  @Test
  void theJavaClientResumes() throws Exception {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    String source = DocumentedCode.path("docs/examples/Resume.java").toString();
    assertResumed(
        "jan", port -> new ChildProcess(new ProcessBuilder(java, source, websocket(port), "jan")));
  }

  @ParameterizedTest(name = "socket.io-client {0}.x")
  @CsvSource({"2, theo", "4, vera"})
  @EnabledIf(value = NODE, disabledReason = "Node is not on the PATH")
  void theSocketIoClientsResume(int version, String user, @TempDir Path folder) throws Exception {
    NodeScript.command("node-socketio", "");
    Path library =
        DocumentedCode.path(SOCKET_IO_FOLDER + "/node_modules/socket.io-client-" + version);
    String name = "resume-socketio" + version + ".mjs";
    String code = DocumentedCode.read("docs/examples/" + name);
    String entry = version == 2 ? "lib/index.js" : "build/esm-debug/index.js";
    assertThat(code).contains("from \"socket.io-client\"");
    Path script =
        Files.writeString(
            folder.resolve(name),
            code.replace("from \"socket.io-client\"", "from \"" + library.resolve(entry) + "\""));
    assertResumed(
        user, port -> NodeScript.start(script.toString(), "http://127.0.0.1:" + port, user));
  }

  @Test
  @EnabledIf(
      value = "io.linkspan.testing.CProgram#available",
      disabledReason = "libenet-dev is not installed")
  void theEnetClientResumes() throws Exception {
    Path program = CProgram.compile("docs/examples/resume-enet.c");
    BlockingQueue<JsonObject> lost = gateway.disconnects();
    try (var client = CProgram.start(program, gateway.enetPort(), "cleo")) {
      assertResumed(
          "cleo", client, () -> freezeUntilLost(client, lost), () -> client.signal("CONT"));
    }
  }

  /** Stops the process for longer than the gateway waits. */
  private static void freezeUntilLost(CProgram client, BlockingQueue<JsonObject> lost) {
    client.signal("STOP");
    try {
      JsonObject event;
      do {
        event = lost.poll(60, TimeUnit.SECONDS);
        assertThat(event).as("event of the lost connection").isNotNull();
      } while (!event.getString("user").equals("cleo"));
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
