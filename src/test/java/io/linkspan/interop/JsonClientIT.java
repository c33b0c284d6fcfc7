package io.linkspan.interop;

import io.linkspan.testing.GatewayProcess;
import io.linkspan.testing.NodeScript;
import io.linkspan.testing.RequiresNode;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Runs clients of the subprotocol linkspan.json, with each other and with binary clients. */
@RequiresNode
class JsonClientIT {

  private static GatewayProcess gateway;

  @BeforeAll
  static void start() throws InterruptedException {
    gateway = GatewayProcess.start(Map.of());
  }

  @AfterAll
  static void stop() {
    gateway.close();
  }

  @Test
  void twoClientsExchangeMessagesWithAcknowledgements() throws InterruptedException {
    run("chat");
  }

  @Test
  void aJsonClientTalksToABinaryOne() throws InterruptedException {
    run("binaryPeer");
  }

  @Test
  void aJsonClientReceivesOnlyJson() throws InterruptedException {
    run("onlyJson");
  }

  private static void run(String scenario) throws InterruptedException {
    NodeScript.run("json.mjs", scenario, gateway.websocket());
  }
}
