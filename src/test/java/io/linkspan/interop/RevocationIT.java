package io.linkspan.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Message;
import io.linkspan.testing.ClusterProcess;
import io.linkspan.testing.GatewayProcess;
import io.linkspan.testing.TestClient;
import io.linkspan.testing.TestTokens;
import io.linkspan.testing.TokenTransport;
import io.linkspan.testing.TokenTransport.Ports;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Revokes and blocks clients of three gateways in processes of their own. A test that stops a node
 * starts that node itself, as the fourth.
 */
class RevocationIT {

  private static final int NODES = 3;
  private static final int ROUNDS = 50;
  private static final int REVOKED = 4401;
  private static final int BLOCKED = 4403;

  private static ClusterProcess cluster;

  /** Prints the output of all nodes after a failure. */
  @RegisterExtension
  static final AfterTestExecutionCallback OUTPUT_OF_FAILURES =
      test -> test.getExecutionException().ifPresent(failure -> cluster.print(System.out));

  @BeforeAll
  static void start() throws Exception {
    Map<String, String> settings = new TreeMap<>();
    TestTokens.settings()
        .forEach(
            (key, value) ->
                settings.put("LINKSPAN_" + key.replace('.', '_').toUpperCase(Locale.ROOT), value));
    settings.put("LINKSPAN_CLUSTER_HEARTBEAT_TIMEOUT", "6s");
    settings.put("LINKSPAN_ENET_TIMEOUT_MINIMUM", "50s");
    settings.put("LINKSPAN_ENET_TIMEOUT_MAXIMUM", "60s");
    cluster = new ClusterProcess(NODES, 1, settings);
  }

  @AfterAll
  static void stop() {
    if (cluster != null) {
      cluster.close();
    }
  }

  private static String token(String user, String id) {
    return TestTokens.signed(TestTokens.claims(user, 600).put("jti", id));
  }

  private static void revoke(GatewayProcess node, String id) {
    JsonObject entry = new JsonObject().put("kind", "token").put("value", id);
    ClusterProcess.Answer answer = cluster.call(node, "POST", "/v1/revocations", entry.encode());
    assertThat(answer.status()).isEqualTo(201);
  }

  private static TestClient connect(
      TokenTransport transport, GatewayProcess node, String token, String session) {
    TestClient client = transport.open(Ports.of(node), token, session);
    transport.awaitJoin(client);
    return client;
  }

  private static JsonObject session(TestClient client) {
    Message told = client.receiveMessage();
    assertThat(told.getType()).isEqualTo("session");
    return new JsonObject(told.getBody());
  }

  /** Waits until a node refuses a token on every transport. */
  private static void awaitRefusal(GatewayProcess node, String token, int code) {
    for (TokenTransport transport : TokenTransport.values()) {
      awaitRefusal(transport, node, token, null, code);
    }
  }

  private static void awaitRefusal(
      TokenTransport transport, GatewayProcess node, String token, String session, int code) {
    Awaitility.await()
        .ignoreExceptionsMatching(AssertionError.class::isInstance)
        .until(() -> transport.refusal(Ports.of(node), token, session) == code);
  }

  /** Resumes a session; a client is told to try again for some time after the loss of a node. */
  private static boolean isRecovered(
      TokenTransport transport, GatewayProcess node, String token, String session) {
    return Awaitility.await()
        .ignoreExceptionsMatching(AssertionError.class::isInstance)
        .until(
            () -> {
              try (TestClient client = connect(transport, node, token, session)) {
                return session(client);
              }
            },
            Objects::nonNull)
        .getBoolean("recovered");
  }

  @Test
  void revokedTokenClosesItsLinkOnAnyTransportAndNode() {
    long[] micros = new long[ROUNDS * TokenTransport.values().length];
    int count = 0;
    for (int round = 0; round < ROUNDS; round++) {
      List<TestClient> clients = new ArrayList<>();
      List<String> ids = new ArrayList<>();
      for (TokenTransport transport : TokenTransport.values()) {
        String id = UUID.randomUUID().toString();
        GatewayProcess node = cluster.node((round + ids.size()) % NODES);
        ids.add(id);
        clients.add(connect(transport, node, token("user" + round, id), null));
      }
      for (int i = 0; i < clients.size(); i++) {
        long before = System.nanoTime();
        revoke(cluster.node(round % NODES), ids.get(i));
        assertThat(clients.get(i).closeCode()).isEqualTo(REVOKED);
        micros[count++] = (System.nanoTime() - before) / 1_000;
        clients.get(i).close();
      }
    }
    Arrays.sort(micros);
    System.out.printf(
        "From the request to the closed link, %d revocations: p50 %.1f ms, p99 %.1f ms, max %.1f"
            + " ms%n",
        count, micros[count / 2] / 1e3, micros[count * 99 / 100] / 1e3, micros[count - 1] / 1e3);
  }

  @Test
  void revokedClientResumesOnNoNode() {
    for (TokenTransport transport : TokenTransport.values()) {
      String user = "resuming-" + transport.name();
      String id = UUID.randomUUID().toString();
      String session;
      try (TestClient client = connect(transport, cluster.node(0), token(user, id), "")) {
        session = session(client).getString("session");
        revoke(cluster.node(1), id);
        assertThat(client.closeCode()).isEqualTo(REVOKED);
      }
      for (int node = 0; node < NODES; node++) {
        awaitRefusal(transport, cluster.node(node), token(user, id), session, REVOKED);
      }
      String other = token(user, UUID.randomUUID().toString());
      assertThat(isRecovered(transport, cluster.node(2), other, session)).isFalse();
    }
  }

  @Test
  void entriesSurviveTheLossOfANodeAndReachNewOnes() throws Exception {
    GatewayProcess lost = cluster.startAnother();
    cluster.awaitMembers(cluster.node(0), cluster.node(1), cluster.node(2), lost);
    String id = UUID.randomUUID().toString();
    String waiting = UUID.randomUUID().toString();
    String session;
    try (TestClient client =
        connect(TokenTransport.WEBSOCKET, lost, token("waiting", waiting), "")) {
      session = session(client).getString("session");
      revoke(lost, id);
      lost.signal("KILL");
    }
    revoke(cluster.node(0), waiting);
    cluster.awaitMembers(cluster.node(0), cluster.node(1), cluster.node(2));
    awaitRefusal(cluster.node(0), token("alice", id), REVOKED);
    awaitRefusal(cluster.node(1), token("alice", id), REVOKED);
    // The node that has its replica does not keep it for another token of the user.
    String other = token("waiting", UUID.randomUUID().toString());
    assertThat(isRecovered(TokenTransport.TCP, cluster.node(1), other, session)).isFalse();
    try (GatewayProcess later = cluster.startAnother()) {
      for (TokenTransport transport : TokenTransport.values()) {
        assertThat(transport.refusal(Ports.of(later), token("alice", id), null))
            .as("the first connect to the new node")
            .isEqualTo(REVOKED);
      }
    }
  }

  @Test
  void operatorBlocksAndUnblocksFromTheCommandLine() throws Exception {
    String url = "http://127.0.0.1:" + cluster.node(0).managementPort();
    String token = token("mallory", UUID.randomUUID().toString());
    try (TestClient client = connect(TokenTransport.TCP, cluster.node(1), token, null)) {
      run("block", "--user", "mallory", "--for", "1h", "--reason", "spam", "--url", url);
      assertThat(client.closeCode()).isEqualTo(BLOCKED);
    }
    awaitRefusal(cluster.node(2), token, BLOCKED);
    assertThat(run("revocations", "--url", url))
        .contains("\"value\":\"mallory\"", "\"reason\":\"spam\"", "\"source\":\"operator\"");
    run("unblock", "--user", "mallory", "--url", url);
    Awaitility.await()
        .ignoreExceptionsMatching(AssertionError.class::isInstance)
        .until(
            () -> {
              connect(TokenTransport.TCP, cluster.node(2), token, null).close();
              return true;
            });
  }

  private static String run(String... arguments) throws InterruptedException {
    try (GatewayProcess command = GatewayProcess.launch(Map.of(), arguments)) {
      assertThat(command.awaitExit()).as("%s", command.output()).isZero();
      return command.output();
    }
  }
}
