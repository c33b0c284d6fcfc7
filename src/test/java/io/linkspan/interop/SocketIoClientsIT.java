package io.linkspan.interop;

import io.linkspan.testing.CProgram;
import io.linkspan.testing.GatewayProcess;
import io.linkspan.testing.JavaSource;
import io.linkspan.testing.NodeScript;
import io.linkspan.testing.TestTokens;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs Socket.IO's own clients of every generation, on every transport, against the jar. */
class SocketIoClientsIT {

  private static final String NODE = "io.linkspan.testing.NodeScript#available";
  private static final String FOLDER = "node-socketio";
  private static final long TOKEN_SECONDS = 600;

  private static final String CONFIGURATION =
      """
      socketio: {namespaces: ["/", "/custom"]}
      delivery: {ackTimeout: 400ms, maxAttempts: 2}
      limits: {connectRate: {perUser: 0}}
      routes:
        - {to: "", bus: echo}
        - {to: "service:echo", bus: echo}
        - {to: "user:*"}
        - {to: "group:*"}
      """;

  private static GatewayProcess gateway;

  /** Verifies its users, and lets them replace their own sessions. */
  private static GatewayProcess verifying;

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    Path conf = Files.writeString(folder.resolve("socketio.yaml"), CONFIGURATION);
    // More than one event loop on every machine: requests must find the loop of their session.
    gateway = GatewayProcess.start(Map.of("LINKSPAN_EVENTLOOPS", "3"), "--conf", conf.toString());
    Map<String, String> settings = new TreeMap<>(TestTokens.environment());
    settings.put("LINKSPAN_SESSION_PERUSER_MAX", "3");
    settings.put("LINKSPAN_LIMITS_CONNECTRATE_PERUSER", "0");
    verifying = GatewayProcess.start(settings);
  }

  @AfterAll
  static void stop() {
    gateway.close();
    verifying.close();
  }

  @EnabledIf(NODE)
  @ParameterizedTest(name = "socket.io-client {0}.x, {1}")
  @CsvSource({
    "1, polling", "1, websocket", "1, upgrade",
    "2, polling", "2, websocket", "2, upgrade",
    "3, polling", "3, websocket", "3, upgrade",
    "4, polling", "4, websocket", "4, upgrade",
  })
  void aClientWorksAsItsManualSays(int version, String transport) throws Exception {
    NodeScript.runIn(
        FOLDER,
        "client.mjs",
        gateway.http(),
        management(),
        version,
        transport,
        verifying.http(),
        TestTokens.of("many-" + version + transport, TOKEN_SECONDS));
  }

  @EnabledIf(NODE)
  @ParameterizedTest
  @CsvSource({"polling", "websocket", "upgrade"})
  void aClientRecoversWhatItMissed(String transport) throws Exception {
    NodeScript.runIn(FOLDER, "recovery.mjs", gateway.http(), management(), transport);
  }

  @EnabledIf(NODE)
  @ParameterizedTest
  @CsvSource({"polling", "websocket", "upgrade"})
  void aClientRecoversInEachOfItsNamespaces(String transport) throws Exception {
    NodeScript.runIn(FOLDER, "namespaces.mjs", gateway.http(), management(), transport);
  }

  @EnabledIf(NODE)
  @Test
  void aClientOfVersion3ReceivesNothingOfARecoveryThatItCannotUse() throws Exception {
    try (var offering = GatewayProcess.start(Map.of("LINKSPAN_SOCKETIO_RECOVERY", "true"))) {
      for (String transport : List.of("polling", "upgrade")) {
        NodeScript.runIn(FOLDER, "version3.mjs", offering.http(), management(offering), transport);
      }
    }
  }

  @EnabledIf(NODE)
  @Test
  void everyTabOfAUserConnectsAgainAfterACutDespiteTheRate() throws Exception {
    try (var limited = GatewayProcess.start(Map.of("LINKSPAN_LIMITS_CONNECTRATE_PERUSER", "5/s"))) {
      for (String client : List.of("2 upgrade", "3 polling", "4 websocket")) {
        String[] versionAndTransport = client.split(" ", 2);
        NodeScript.runIn(
            FOLDER, "tabs.mjs", limited.http(), versionAndTransport[0], versionAndTransport[1]);
      }
    }
  }

  @ParameterizedTest(name = "the Java client {0}.x, {1}")
  @CsvSource({
    "1, polling", "1, websocket", "1, upgrade",
    "2, polling", "2, websocket", "2, upgrade",
  })
  void theJavaClientWorksAsItsManualSays(int version, String transport) throws Exception {
    JavaSource.run(
        "JavaClient",
        "socketio-java-" + version,
        gateway.http(),
        management(),
        "java-" + version + "-" + transport,
        transport,
        verifying.http(),
        TestTokens.of("java-" + version + transport, TOKEN_SECONDS));
  }

  @ParameterizedTest(name = "the Java client 2.x, {0}")
  @ValueSource(strings = {"polling", "websocket", "upgrade"})
  void aTimeoutOfTheJavaClientEndsOnlyItsOwnWait(String transport) throws Exception {
    JavaSource.run("JavaAckTimeout", "socketio-java-2", gateway.http(), transport);
  }

  private static String management() {
    return management(gateway);
  }

  private static String management(GatewayProcess of) {
    return "http://127.0.0.1:" + of.managementPort() + "/";
  }

  @EnabledIf(NODE)
  @Test
  void clientsOfAllTransportsReachEachOther() throws Exception {
    // Each Message must be received once, so that a slow client needs the default time to answer.
    Map<String, String> patient =
        Map.of("LINKSPAN_EVENTLOOPS", "3", "LINKSPAN_LIMITS_CONNECTRATE_PERUSER", "0");
    try (var own = GatewayProcess.start(patient)) {
      List<Object> arguments = new ArrayList<>(List.of(own.http(), own.websocket()));
      if (CProgram.available()) {
        arguments.add(CProgram.compile(EnetClientsIT.SOURCE));
        arguments.add(own.enetPort());
      }
      NodeScript.runIn(FOLDER, "mixed.mjs", arguments.toArray());
    }
  }
}
