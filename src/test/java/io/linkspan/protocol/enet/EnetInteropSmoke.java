package io.linkspan.protocol.enet;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.testing.RequiresEnet;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The core behind a plain socket on loopback, against the C library: {@code
 * src/test/c/enet_interop.c}, compiled here. Needs a C compiler and libenet's headers; run it by
 * name, with {@code -Dtest=EnetInteropSmoke}.
 */
@RequiresEnet
class EnetInteropSmoke {
  @TempDir static Path directory;
  private static String program;

  @BeforeAll
  static void compile() throws Exception {
    program = directory.resolve("enet_interop").toString();
    int code =
        new ProcessBuilder("cc", "-O1", "-o", program, "src/test/c/enet_interop.c", "-lenet")
            .inheritIO()
            .start()
            .waitFor();
    assertThat(code).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "checksum", "compress", "checksum compress", "limited"})
  void servesTheCLibrary(String options) throws Exception {
    serve(options, null);
  }

  /** Both ways 5 % are lost, and some are doubled, late or, with checksums, damaged. */
  @ParameterizedTest
  @ValueSource(strings = {"", "checksum compress"})
  void servesTheCLibraryOverABadPath(String options) throws Exception {
    serve(options, new Random(4711));
  }

  private static void serve(String options, Random accidents) throws Exception {
    try (var node = new Node(EnetConfig.DEFAULT, 0)) {
      node.accidents = accidents;
      node.damages = options.contains("checksum");
      var client = start(options, "client", node.port());
      node.runUntil(() -> !client.isAlive(), 120_000);
      String output = new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(output.strip()).isEqualTo("0 failures");
      assertThat(client.exitValue()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "checksum", "compress", "checksum compress"})
  void isServedByTheCLibrary(String options) throws Exception {
    int port = freePort();
    var server = start(options, "server", port);
    var config =
        EnetConfig.DEFAULT
            .withChecksum(options.contains("checksum") ? Feature.ON : Feature.OFF)
            .withCompression(options.contains("compress") ? Feature.ON : Feature.OFF);
    try (var node = new Node(config, 0)) {
      var address = address(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      var peer = node.host.connect(address, 255, 5, node.now());
      assertThat(node.runUntil(peer::isConnected, 5_000)).isTrue();
      assertThat(peer.channels()).isEqualTo(255);
      for (int length : new int[] {1, 500, 1364, 1365, 50_000, 1 << 20}) {
        node.echoes.clear();
        byte[] payload = new byte[length];
        new Random(length).nextBytes(payload);
        peer.send(length % 255, payload, Delivery.RELIABLE);
        assertThat(node.runUntil(() -> !node.echoes.isEmpty(), 10_000)).as("%s", length).isTrue();
        assertThat(node.echoes.get(0).payload()).isEqualTo(payload);
      }
      for (var delivery : Delivery.values()) {
        node.echoes.clear();
        byte[] payload = new byte[delivery == Delivery.UNRELIABLE_FRAGMENTS ? 9000 : 90];
        // What is not reliable may be lost to either side's packet throttle.
        for (int tries = 0; tries < 30 && node.echoes.isEmpty(); tries++) {
          peer.send(1, payload, delivery);
          node.runUntil(() -> !node.echoes.isEmpty(), 200);
        }
        assertThat(node.echoes).isNotEmpty();
        node.runUntil(() -> false, 300);
        assertThat(node.echoes.get(0).delivery()).isEqualTo(delivery);
      }
      node.echoes.clear();
      for (int i = 0; i < 5_000; i++) {
        peer.send(i % 7, new byte[] {(byte) i, 2, 3}, Delivery.RELIABLE);
      }
      assertThat(node.runUntil(() -> node.echoes.size() == 5_000, 20_000)).isTrue();
      assertThat(node.runUntil(() -> !peer.isConnected(), 2_000)).as("idle").isFalse();
      assertThat(peer.roundTripTime()).isLessThan(100);
      peer.send(0, "bye".getBytes(StandardCharsets.UTF_8), Delivery.RELIABLE);
      assertThat(node.runUntil(() -> node.ended != null, 5_000)).isTrue();
      assertThat(node.ended.data()).isEqualTo(77);
      assertThat(node.ended.reason()).isEqualTo(EndReason.REMOTE);

      var again = node.host.connect(address, 1, 0, node.now());
      assertThat(node.runUntil(again::isConnected, 5_000)).isTrue();
      node.ended = null;
      again.disconnect(1);
      assertThat(node.runUntil(() -> node.ended != null, 5_000)).isTrue();
      assertThat(node.ended.reason()).isEqualTo(EndReason.LOCAL);
    } finally {
      server.destroy();
      server.waitFor(5, TimeUnit.SECONDS);
    }
  }

  @Test
  void talksToItself() throws Exception {
    try (var server = new Node(EnetConfig.DEFAULT, 0);
        var client = new Node(EnetConfig.DEFAULT, 0)) {
      var address = address(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
      var peer = client.host.connect(address, 2, 0, client.now());
      boolean connected =
          client.runUntil(
              () -> {
                server.turn(1);
                return peer.isConnected();
              },
              5_000);
      assertThat(connected).isTrue();
    }
  }

  private static Process start(String options, String role, int port) throws IOException {
    List<String> command = new ArrayList<>(List.of(program, role, Integer.toString(port)));
    if (!options.isEmpty()) {
      command.addAll(List.of(options.split(" ")));
    }
    return new ProcessBuilder(command).redirectErrorStream(true).directory(new File(".")).start();
  }

  private static int freePort() throws IOException {
    try (var socket = new DatagramSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static PeerAddress address(InetSocketAddress socket) {
    return PeerAddress.of(socket.getAddress().getAddress(), socket.getPort(), socket);
  }

  /** A host, a socket and one thread: echoes what clients say, keeps what servers say. */
  private static final class Node implements AutoCloseable {
    final DatagramSocket socket;
    final EnetHost host;
    final List<EnetEvent.Received> echoes = new ArrayList<>();
    final DatagramPacket packet = new DatagramPacket(new byte[4096], 4096);
    final Consumer<EnetPeer> bye = peer -> peer.disconnect(77);
    EnetEvent.Disconnected ended;
    Random accidents;
    boolean damages;
    private DatagramPacket late;

    Node(EnetConfig config, int port) throws IOException {
      socket = new DatagramSocket(port, InetAddress.getLoopbackAddress());
      socket.setReceiveBufferSize(4 << 20);
      host = new EnetHost(config, new SecureRandom(), EnetPair.ALLOCATOR);
    }

    int port() {
      return socket.getLocalPort();
    }

    long now() {
      return System.nanoTime() / 1_000_000;
    }

    boolean runUntil(BooleanSupplier condition, long milliseconds) throws IOException {
      long end = now() + milliseconds;
      while (!condition.getAsBoolean()) {
        if (now() > end) {
          return false;
        }
        turn(10);
      }
      return true;
    }

    void turn(int most) {
      try {
        drain();
        socket.setSoTimeout((int) Math.max(1, Math.min(most, host.nextDeadline() - now())));
        packet.setLength(4096);
        socket.receive(packet);
        if (isLost()) {
          return;
        }
        var bytes = Unpooled.wrappedBuffer(packet.getData(), 0, packet.getLength());
        host.receive(bytes, address((InetSocketAddress) packet.getSocketAddress()), now());
      } catch (SocketTimeoutException nothingCame) {
        // Time to see what is due.
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      host.advanceTo(now());
    }

    private void drain() throws IOException {
      for (EnetEvent event; (event = host.pollEvent()) != null; ) {
        if (event instanceof EnetEvent.Disconnected over) {
          ended = over;
        }
        if (event instanceof EnetEvent.Received got) {
          if (got.peer().isOurs()) {
            echoes.add(got);
          } else if (new String(got.payload(), StandardCharsets.UTF_8).equals("bye")) {
            bye.accept(got.peer());
          } else {
            got.peer().send(got.channel(), got.payload(), got.delivery());
          }
        }
      }
      for (Transmit out; (out = host.pollTransmit(now())) != null; ) {
        byte[] bytes = ByteBufUtil.getBytes(out.datagram());
        out.datagram().release();
        send(new DatagramPacket(bytes, bytes.length, (InetSocketAddress) out.address().origin()));
      }
    }

    private void send(DatagramPacket datagram) throws IOException {
      if (isLost()) {
        return;
      }
      if (accidents != null && late == null && accidents.nextInt(20) == 0) {
        late = datagram;
        return;
      }
      if (accidents != null && damages && accidents.nextInt(50) == 0) {
        datagram.getData()[accidents.nextInt(datagram.getLength())] ^= 4;
      }
      socket.send(datagram);
      if (late != null) {
        socket.send(late);
        late = null;
      }
      if (accidents != null && accidents.nextInt(20) == 0) {
        socket.send(datagram);
      }
    }

    private boolean isLost() {
      return accidents != null && accidents.nextInt(20) == 0;
    }

    @Override
    public void close() {
      socket.close();
    }
  }
}
