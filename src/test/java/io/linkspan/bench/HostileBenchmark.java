package io.linkspan.bench;

import io.linkspan.api.Message;
import io.linkspan.testing.Bombs;
import io.linkspan.testing.Flood;
import io.linkspan.testing.GatewayProcess;
import io.linkspan.testing.RawHttp;
import io.linkspan.testing.RawTcp;
import io.linkspan.testing.RawWebSocket;
import io.linkspan.testing.Scrape;
import io.linkspan.testing.WebSocketTestClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Measures how long honest clients wait for an answer while others attack a gateway with 256 MB of
 * heap. Each attack is bounded: by its connections, by the bytes that it sends, and by the time of
 * the measurement. See docs/security.md.
 *
 * <p>Usage: {@code HostileBenchmark [ROUNDS] [ATTACK…]}, with the system property {@code
 * linkspan.jar}.
 */
public final class HostileBenchmark {

  private static final int FLOODS = 16;
  private static final int SILENT = 20_000;
  private static final int SILENT_ADDRESSES = 20;

  /** Sockets that the attacker keeps open: it may have no more. */
  private static final int MAX_OPEN = 15_000;

  private static final int HANDSHAKES = 20_000;
  private static final int APPS = 20;
  private static final int MAX_ATTEMPTS = 2_000;
  private static final long MAX_SENT = 64L * 1024 * 1024;
  private static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(8);

  /** A storm lasts longer, since the thresholds of bans are those of a minute. */
  private static final long STORM_NANOS = 4 * WINDOW_NANOS;

  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
  private static final int WARM_UP = 3_000;
  private static final int GOOD_PER_SECOND = 100;
  private static final int MAX_LATENCIES = 100_000;

  /** One kind of attack. */
  private enum Attack {
    QUIET {
      @Override
      void run(Field field) {
        // The figure that the others are compared with.
      }
    },
    PIPELINED_REQUESTS {
      @Override
      void run(Field field) {
        field.flood(() -> Flood.connect(field.http()).of("GET / HTTP/1.1\r\n\r\n"));
      }
    },
    PINGS {
      @Override
      void run(Field field) {
        field.flood(() -> Flood.upgrade(field.http(), "/ws").of(ping()));
      }
    },
    PINGS_BELOW_ENGINE_IO {
      @Override
      void run(Field field) {
        field.flood(
            () -> Flood.upgrade(field.http(), "/socket.io/?EIO=4&transport=websocket").of(ping()));
      }
    },
    OLD_HEARTBEATS {
      @Override
      void run(Field field) {
        byte[] check =
            "{\"module\":\"HEART_CHECK\",\"message\":\"x\"}".getBytes(StandardCharsets.UTF_8);
        byte[] frame = RawWebSocket.frame(RawWebSocket.TEXT, true, check);
        field.flood(() -> Flood.upgrade(field.http(), "/ws").of(frame));
      }
    },
    UNREAD_ANSWERS {
      @Override
      void run(Field field) {
        byte[] request = Message.newBuilder().setTo("service:echo").build().toByteArray();
        byte[] frame =
            RawWebSocket.frame(RawWebSocket.BINARY, true, WebSocketTestClient.frame(11, request));
        field.flood(() -> Flood.upgrade(field.http(), "/ws?ack=transport").of(frame));
      }
    },
    COMPRESSED_FRAMES {
      @Override
      void run(Field field) {
        byte[] frame = Bombs.frame();
        field.flood(() -> Flood.upgrade(field.http(), "/ws", Bombs.EXTENSION).of(frame));
      }
    },
    HANDSHAKES {
      @Override
      void run(Field field) {
        String target = "/socket.io/?EIO=4&transport=polling&x=" + "x".repeat(3_000);
        for (int i = 0; i < HostileBenchmark.HANDSHAKES && field.isOpen(); i++) {
          try {
            field.attempts++;
            RawHttp.get(field.http(), target).response();
          } catch (AssertionError | UncheckedIOException refused) {
            // The place of this address is taken.
          }
        }
      }
    },
    SILENT_SOCKETS {
      @Override
      void run(Field field) {
        Deque<RawTcp> sockets = new ArrayDeque<>();
        for (int i = 0; i < SILENT && field.isOpen(); i++) {
          try {
            String address = "127.0.1." + (1 + i % SILENT_ADDRESSES);
            sockets.add(RawTcp.connectFrom(address, field.http()));
          } catch (UncheckedIOException refused) {
            // The place of this address is taken.
          }
          field.attempts++;
          if (sockets.size() > MAX_OPEN) {
            sockets.remove().close();
          }
        }
        field.awaitEnd();
        sockets.forEach(RawTcp::close);
      }
    },
    EARLY_DRAFT_UPGRADES {
      @Override
      void run(Field field) {
        while (field.isOpen()) {
          field.attempts++;
          RawHttp.open(
                  field.http(),
                  "GET",
                  "/ws",
                  "Upgrade: WebSocket",
                  "Connection: Upgrade",
                  "Sec-WebSocket-Key1: 4 @1  46546xW%0l 1 5",
                  "Sec-WebSocket-Key2: 12998 5 Y3 1  .P00")
              .send("\r\n^n:ds[4U")
              .response();
        }
      }
    },
    FLUTTER_HELPERS {
      @Override
      void run(Field field) {
        field.storm();
      }

      @Override
      Map<String, String> settings() {
        return Map.of("LINKSPAN_BANS_MODE", "on", "LINKSPAN_BANS_EXEMPT", "127.0.0.0/24");
      }

      @Override
      long nanos() {
        return STORM_NANOS;
      }
    },
    FLUTTER_HELPERS_WITHOUT_BANS {
      @Override
      void run(Field field) {
        field.storm();
      }

      @Override
      Map<String, String> settings() {
        return Map.of("LINKSPAN_BANS_MODE", "off");
      }

      @Override
      long nanos() {
        return STORM_NANOS;
      }
    };

    abstract void run(Field field);

    /** Returns how long the attack lasts. */
    long nanos() {
      return WINDOW_NANOS;
    }

    /** Returns settings of the gateway beyond those that all attacks share. */
    Map<String, String> settings() {
      return Map.of();
    }

    private static byte[] ping() {
      return RawWebSocket.frame(RawWebSocket.PING, true, new byte[125]);
    }
  }

  /**
   * One measurement, of the round trips of the good clients in milliseconds and of the gateway's
   * memory in MiB.
   *
   * @param resident the most during the attack
   * @param after the memory after it
   * @param pending the most links that had not joined
   */
  public record Measured(
      double p50,
      double p99,
      double most,
      long resident,
      long after,
      long cpuMillis,
      int attempts,
      int admitted,
      double pending) {}

  /** Makes one attacker. */
  private interface Attacker {
    Flood connect();
  }

  /** One measurement in progress. */
  private static final class Field {
    private final int port;
    private final long end;

    /** Connections or requests of the attacker, where they are counted. */
    private int attempts;

    /** Of the attempts, those that have succeeded, where they are counted. */
    private int admitted;

    Field(int port, long nanos) {
      this.port = port;
      end = System.nanoTime() + nanos;
    }

    int http() {
      return port;
    }

    boolean isOpen() {
      return System.nanoTime() < end;
    }

    void flood(Attacker attacker) {
      List<Flood> floods = new ArrayList<>();
      for (int i = 0; i < FLOODS; i++) {
        floods.add(attacker.connect());
      }
      while (isOpen()) {
        long pushed = 0;
        for (Flood flood : floods) {
          pushed += flood.sent() < MAX_SENT ? flood.push() : 0;
        }
        if (pushed == 0) {
          LockSupport.parkNanos(PAUSE_NANOS / 50);
        }
      }
      floods.forEach(Flood::close);
    }

    void storm() {
      try (var storm = new HelperStorm(http(), APPS, MAX_ATTEMPTS)) {
        while (isOpen()) {
          storm.turn();
          attempts = storm.attempts();
          admitted = storm.admitted();
        }
      }
    }

    void awaitEnd() {
      while (isOpen()) {
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    }
  }

  private HostileBenchmark() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    Options<Attack> options = Options.parse(arguments, 1, Attack.values());
    System.out.println(
        "| attack | p50 ms | p99 ms | most ms | resident MB | after | CPU ms | attempts | admitted"
            + " | pending |");
    System.out.println("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    for (int round = 0; round < options.rounds(); round++) {
      for (Attack attack : options.modes()) {
        print(attack, measure(attack, attack.nanos()));
      }
    }
  }

  /**
   * Measures one attack by its name, for so many seconds.
   *
   * @throws IllegalArgumentException when no attack has it
   */
  public static Measured measure(String name, int seconds)
      throws IOException, InterruptedException {
    return measure(attack(name), TimeUnit.SECONDS.toNanos(seconds));
  }

  private static Attack attack(String name) {
    return Options.parse(new String[] {"1", name}, 1, Attack.values()).modes().get(0);
  }

  /**
   * Attacks another server, and returns the round trips of two good clients.
   *
   * @throws IOException when a good client has no answer or loses its connection
   */
  public static Latencies measure(String name, int seconds, ServerProcess server, Dialect dialect)
      throws IOException, InterruptedException {
    Attack attack = attack(name);
    var latencies = new Latencies(MAX_LATENCIES);
    try (var good = new LoadGenerator(server, LoadGenerator.Wire.WEBSOCKET, dialect, "good", 2)) {
      good.closedLoop(0, WARM_UP, null);
      good.endClosedLoop();
      var field = new Field(server.port("http"), TimeUnit.SECONDS.toNanos(seconds));
      var attacker = new Thread(() -> attack.run(field), "attacker");
      attacker.start();
      try {
        good.openLoop(GOOD_PER_SECOND, TimeUnit.SECONDS.toMillis(seconds), latencies);
      } finally {
        attacker.join();
      }
    }
    return latencies;
  }

  private static Measured measure(Attack attack, long nanos)
      throws IOException, InterruptedException {
    Map<String, String> settings = new TreeMap<>(attack.settings());
    settings.put("LINKSPAN_EVENTLOOPS", "2");
    settings.put("LINKSPAN_LIMITS_MALFORMED", "0");
    settings.put("LINKSPAN_WEBSOCKET_COMPRESSION", "true");
    try (GatewayProcess gateway = GatewayProcess.start(settings)) {
      List<WebSocketTestClient> good = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        good.add(WebSocketTestClient.connect(gateway.httpPort(), "ack=transport&user=good" + i));
      }
      var latencies = new Latencies(MAX_LATENCIES);
      for (int i = 0; i < WARM_UP; i++) {
        roundTrip(good.get(i % 2));
      }
      var field = new Field(gateway.httpPort(), nanos);
      var attacker = new Thread(() -> attack.run(field), "attacker");
      attacker.start();
      long resident = 0;
      double pending = 0;
      Duration used = gateway.cpuTime();
      for (int i = 0; field.isOpen(); i++) {
        latencies.add(roundTrip(good.get(i % 2)));
        if (i % 64 == 0) {
          resident = Math.max(resident, resident(gateway));
          pending = Math.max(pending, pending(gateway));
        }
        LockSupport.parkNanos(PAUSE_NANOS);
      }
      used = gateway.cpuTime().minus(used);
      attacker.join();
      for (int i = 0; i < WARM_UP; i++) {
        roundTrip(good.get(i % 2));
      }
      good.forEach(client -> client.socket().close());
      return new Measured(
          latencies.micros(0.5) / 1_000,
          latencies.micros(0.99) / 1_000,
          latencies.micros(1) / 1_000,
          resident,
          resident(gateway),
          used.toMillis(),
          field.attempts,
          field.admitted,
          pending);
    }
  }

  private static void print(Attack attack, Measured measured) {
    System.out.printf(
        Locale.ROOT,
        "| %s | %.1f | %.1f | %.1f | %d | %d | %d | %d | %d | %.0f |%n",
        Options.nameOf(attack),
        measured.p50(),
        measured.p99(),
        measured.most(),
        measured.resident(),
        measured.after(),
        measured.cpuMillis(),
        measured.attempts(),
        measured.admitted(),
        measured.pending());
  }

  private static long roundTrip(WebSocketTestClient client) {
    long begun = System.nanoTime();
    client.send(
        Message.newBuilder().setEventId(Long.toString(begun)).setTo("service:echo").build());
    client.receiveAck();
    client.receiveMessage();
    return System.nanoTime() - begun;
  }

  private static double pending(GatewayProcess gateway) {
    return Scrape.metric(gateway.managementPort(), "linkspan_pending_links");
  }

  /** Returns the resident megabytes of the process. */
  private static long resident(GatewayProcess gateway) throws IOException {
    try (var lines = Files.lines(Path.of("/proc", Long.toString(gateway.pid()), "status"))) {
      return lines
              .filter(line -> line.startsWith("VmRSS:"))
              .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
              .findFirst()
              .orElse(0)
          / 1024;
    }
  }
}
