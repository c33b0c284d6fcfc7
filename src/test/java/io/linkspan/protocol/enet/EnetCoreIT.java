package io.linkspan.protocol.enet;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.testing.CProgram;
import io.linkspan.testing.RequiresEnet;
import io.linkspan.testing.UdpProxy;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
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
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the core behind a plain socket on loopback against the C library, in both roles. */
@RequiresEnet
class EnetCoreIT {
  private static final long SEED = 4711;

  private static Path program;

  @BeforeAll
  static void compile() throws InterruptedException {
    program = CProgram.compile("src/test/c/enet_interop.c");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "checksum compress", "limited"})
  void servesTheCLibrary(String options) throws Exception {
    try (var node = new Node(EnetConfig.DEFAULT)) {
      serve(node, node.port(), options);
    }
  }

  @Test
  void servesTheCLibraryOverABadPath() throws Exception {
    try (var node = new Node(EnetConfig.DEFAULT);
        var proxy = new UdpProxy(SEED, true, node.port())) {
      serve(node, proxy.port(), "bad checksum compress");
    }
  }

  private static void serve(Node node, int port, String options) throws Exception {
    try (var client = CProgram.start(program, arguments("client", port, options))) {
      assertThat(node.runUntil(client::hasEnded, 120_000)).isTrue();
      client.awaitSuccess();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "checksum", "compress", "checksum compress"})
  void isServedByTheCLibrary(String options) throws Exception {
    var config =
        EnetConfig.DEFAULT
            .withChecksum(options.contains("checksum") ? Feature.ON : Feature.OFF)
            .withCompression(options.contains("compress") ? Feature.ON : Feature.OFF);
    try (var server = CProgram.start(program, arguments("server", 0, options));
        var node = new Node(config)) {
      int port = Integer.parseInt(server.awaitLine("port", line -> true, 10_000));
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
        // The packet throttle of either side may discard unreliable messages.
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
      // It is measured, no longer the first guess.
      assertThat(peer.roundTrip().time()).isLessThan(500);
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
    }
  }

  private static Object[] arguments(String role, int port, String options) {
    return Stream.concat(
            Stream.of(role, port), Stream.of(options.split(" ", -1)).filter(o -> !o.isEmpty()))
        .toArray();
  }

  private static PeerAddress address(InetSocketAddress socket) {
    return PeerAddress.of(socket.getAddress().getAddress(), socket.getPort(), socket);
  }

  /** Runs a host on a socket: echoes the messages of clients and records those of servers. */
  private static final class Node implements AutoCloseable {
    final DatagramSocket socket;
    final EnetHost host;
    final List<EnetEvent.Received> echoes = new ArrayList<>();
    final DatagramPacket packet = new DatagramPacket(new byte[4096], 4096);
    EnetEvent.Disconnected ended;

    Node(EnetConfig config) throws IOException {
      socket = new DatagramSocket(0, InetAddress.getLoopbackAddress());
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
        var bytes = Unpooled.wrappedBuffer(packet.getData(), 0, packet.getLength());
        host.receive(bytes, address((InetSocketAddress) packet.getSocketAddress()), now());
      } catch (SocketTimeoutException nothingCame) {
        // Nothing was received in time.
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
            got.peer().disconnect(77);
          } else {
            got.peer().send(got.channel(), got.payload(), got.delivery());
          }
        }
      }
      for (Transmit out; (out = host.pollTransmit(now())) != null; ) {
        byte[] bytes = ByteBufUtil.getBytes(out.datagram());
        out.datagram().release();
        socket.send(
            new DatagramPacket(bytes, bytes.length, (InetSocketAddress) out.address().origin()));
      }
    }

    @Override
    public void close() {
      socket.close();
    }
  }
}
