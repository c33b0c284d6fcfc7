package io.linkspan.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Message;
import io.linkspan.testing.NodeScript;
import io.linkspan.testing.RequiresNode;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.WebSocketTestClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests services that are written in Node, without any packages. */
@RequiresNode
class NodeUpstreamIT {

  private static final String PORT = "port ";
  private static final int ROUNDS = 20;

  @TempDir Path folder;

  @Test
  void interimResponsesOfNodeAreSkippedAndEachUserGetsItsOwnAnswer() throws Exception {
    try (NodeScript service = NodeScript.withoutPackages("interim.mjs");
        TestGateway gateway = start("concurrency: 1, url: \"http://127.0.0.1:%s/\"", service);
        WebSocketTestClient alice = client(gateway, "alice");
        WebSocketTestClient bob = client(gateway, "bob")) {
      for (int i = 0; i < ROUNDS; i++) {
        alice.send(question("" + i));
        bob.send(question("" + i));
        assertAnswer(alice, "" + i, "for alice");
        assertAnswer(bob, "" + i, "for bob");
      }
    }
  }

  @Test
  void exampleOfTheDocumentationVerifiesSignatures() throws Exception {
    String http = "secret: geheim, compression: {above: 1KiB}, url: \"http://127.0.0.1:%s/a?b=c\"";
    try (NodeScript service = NodeScript.withoutPackages("signed.mjs", "geheim");
        TestGateway gateway = start(http, service);
        WebSocketTestClient alice = client(gateway, "Zo%C3%AB%20x")) {
      alice.send(question("plain"));
      assertThat(alice.receiveAck()).isEqualTo("plain");
      alice.send(question("ü 1").toBuilder().setBody("ß".repeat(5_000)).build());
      assertThat(alice.receiveAck()).isEqualTo("ü 1");
    }
  }

  /** Starts a gateway with a route to a service that prints its port. */
  private TestGateway start(String http, NodeScript service) throws Exception {
    String port =
        service.awaitLine(PORT, line -> line.startsWith(PORT), 60_000).substring(PORT.length());
    String yaml =
        "upstream: {retries: 0, timeout: 30s}\nroutes:\n  - {to: \"service:node\", http: {"
            + http.formatted(port)
            + "}}\n";
    return TestGateway.start(Files.writeString(folder.resolve("node.yaml"), yaml), Map.of());
  }

  private static Message question(String id) {
    return Message.newBuilder().setEventId(id).setTo("service:node").build();
  }

  private static WebSocketTestClient client(TestGateway gateway, String user) {
    return WebSocketTestClient.connect(gateway.httpPort(), "ack=transport&user=" + user);
  }

  private static void assertAnswer(WebSocketTestClient client, String id, String body) {
    assertThat(client.receiveAck()).isEqualTo(id);
    assertThat(client.receiveMessage().getBody()).isEqualTo(body);
  }
}
