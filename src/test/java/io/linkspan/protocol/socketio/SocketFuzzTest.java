package io.linkspan.protocol.socketio;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.protocol.engineio.EngineConfigs;
import io.linkspan.protocol.engineio.EngineDriver;
import io.linkspan.protocol.engineio.EngineSession;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/** A client and an application that do anything at any time: the session never throws. */
class SocketFuzzTest {
  private static final List<String> GOOD =
      List.of(
          "40",
          "40/a",
          "40/b,{\"x\":1}",
          "41/a,",
          "41",
          "42[\"x\",1]",
          "42/a,3[\"x\"]",
          "430[]",
          "43/a,1[2]",
          "452-[\"x\",{\"_placeholder\":true,\"num\":1}]",
          "2",
          "3");
  private static final List<String> BAD =
      List.of("4", "42", "42{}", "44\"x\"", "450-[]", "42[\"connect\"]", "x", "", "40/?%zz", "1");
  private static final List<String> NAMESPACES = List.of("/", "/a", "/b");

  @RepeatedTest(300)
  void nothingBreaksASession(RepetitionInfo seed) {
    var random = new Random(seed.getCurrentRepetition());
    int generation = 3 + random.nextInt(2);
    EngineDriver wire =
        EngineDriver.webSocket(EngineConfigs.QUICK, "EIO=" + generation + "&transport=websocket");
    var config = new SocketConfig(Duration.ofMillis(500), 3, 20, 3);
    SocketSession<String, String> client =
        new SocketSession<>(wire.session, EngineConfigs.QUICK, config, Map.of(), wire.now);
    SocketEvent last = null;
    int awaited = 0;
    for (int step = 0; step < 300; step++) {
      if (last instanceof SocketEvent.ConnectRequested request && random.nextInt(8) > 0) {
        client.accept(request.namespace(), "id", random.nextBoolean() ? "pid" : null);
      }
      String namespace = NAMESPACES.get(random.nextInt(3));
      switch (random.nextInt(12)) {
        case 0, 1, 2, 3, 4 -> {
          String packet = GOOD.get(random.nextInt(GOOD.size()));
          if (random.nextInt(100) == 0) {
            packet = BAD.get(random.nextInt(BAD.size()));
          }
          if (random.nextInt(100) == 0 || fits(packet, client, awaited, generation)) {
            awaited = packet.startsWith("452") ? 2 : 0;
            wire.session.webSocket().text("ws", packet, wire.now);
          }
        }
        case 5 -> {
          if (awaited-- > 0) {
            wire.session.webSocket().binary("ws", Buffer.buffer(new byte[] {4, 1}), wire.now);
          }
        }
        case 6 -> client.refuse(namespace, "no", null, wire.now);
        case 7 -> {
          Arguments arguments = Arguments.of(new JsonArray().add(new byte[2]));
          EncodedPacket packet = EncodedPacket.event(namespace, step, "q", arguments);
          if (random.nextBoolean()) {
            client.ask(packet, wire.now + random.nextInt(100));
          } else {
            client.send(packet);
          }
        }
        case 8 -> client.leave(namespace);
        case 9 -> client.forget(namespace, random.nextInt(step + 1));
        case 10 -> {
          wire.now += random.nextInt(60);
          client.advanceTo(wire.now);
        }
        default -> {
          if (random.nextInt(60) == 0) {
            client.disconnect(wire.now);
          }
        }
      }
      for (SocketEvent event; (event = client.pollEvent(wire.now)) != null; ) {
        assertThat(last instanceof SocketEvent.Closed).isFalse();
        last = event;
      }
      wire.drainWrites();
      assertThat(client.nextDeadline()).isGreaterThan(wire.now - 60);
    }
    while (client.nextDeadline() != EngineSession.NEVER) {
      wire.now = client.nextDeadline();
      client.advanceTo(wire.now);
      for (SocketEvent event; (event = client.pollEvent(wire.now)) != null; ) {
        last = event;
      }
      wire.drainWrites();
    }
    assertThat(last).isInstanceOf(SocketEvent.Closed.class);
    assertThat(wire.session.finished()).isTrue();
    assertThat(NAMESPACES).noneMatch(client::isJoined);
  }

  /** Whether a client that keeps the rules would send this now. */
  private static boolean fits(
      String packet, SocketSession<String, String> client, int awaited, int generation) {
    if (packet.length() == 1) {
      return packet.equals(generation == 3 ? "2" : "3");
    }
    boolean join = packet.startsWith("40");
    String namespace = packet.contains("/a") ? "/a" : packet.contains("/b") ? "/b" : "/";
    return awaited <= 0 && client.isJoined(namespace) != join;
  }
}
