package io.linkspan.interop;

import io.linkspan.testing.GatewayProcess;
import io.linkspan.testing.NodeScript;
import io.linkspan.testing.RequiresNode;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Sends the bytes of deployed mobile clients with an independent WebSocket client. */
@RequiresNode
class MobileClientIT {

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
  void theHeartbeatIsAnsweredWithTheSameText() throws InterruptedException {
    run("heartbeat");
  }

  @Test
  void capturedBytesWorkUnchangedAndAForgedSenderIsReplaced() throws InterruptedException {
    run("captured");
  }

  @Test
  void anUnknownFieldSurvives() throws InterruptedException {
    run("unknownField");
  }

  @Test
  void anOfflineUserIsNoSuchRecipient() throws InterruptedException {
    run("offline");
  }

  @Test
  void pipelinedMessagesArriveInOrderAndAreAcknowledgedOnce() throws InterruptedException {
    run("pipelined");
  }

  @Test
  void aDuplicateIsAnsweredAgainAndDeliveredOnce() throws InterruptedException {
    run("duplicate");
  }

  @Test
  void aBinaryClientNeverReceivesText() throws InterruptedException {
    run("binaryOnly");
  }

  private static void run(String scenario) throws InterruptedException {
    NodeScript.run("mobile.mjs", scenario, gateway.websocket());
  }
}
