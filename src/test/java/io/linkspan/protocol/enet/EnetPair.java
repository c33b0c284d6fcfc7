package io.linkspan.protocol.enet;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** Connects a client host and a server host by a simulated link, in virtual time. */
final class EnetPair {
  static final PeerAddress CLIENT = PeerAddress.ipv4(0x7F000001, 40_000, null);
  static final PeerAddress SERVER = PeerAddress.ipv4(0x7F000002, 7777, null);

  /** Allocates on the heap without leak detection, which would take most of the time. */
  static final ByteBufAllocator ALLOCATOR = new UnpooledByteBufAllocator(false, true);

  final EnetHost client;
  final EnetHost server;
  final SimulatedLink link;
  final List<EnetEvent> clientEvents = new ArrayList<>();
  final List<EnetEvent> serverEvents = new ArrayList<>();

  /** Handles each event of the server after it was recorded. */
  Consumer<EnetEvent> onServer = event -> {};

  /** Receives every datagram before the link does. */
  Consumer<byte[]> wiretap = datagram -> {};

  /** Receives the datagrams of the server to other addresses than the client's. */
  BiConsumer<PeerAddress, byte[]> toStranger = (address, datagram) -> {};

  // Close to the end of the 16 bits of a sent time.
  long now = 60_000;

  EnetPair(EnetConfig config, SimulatedLink.Conditions conditions, long seed) {
    this(config, config, conditions, seed);
  }

  EnetPair(
      EnetConfig clientConfig,
      EnetConfig serverConfig,
      SimulatedLink.Conditions conditions,
      long seed) {
    client = new EnetHost(clientConfig, new Random(seed), ALLOCATOR);
    server = new EnetHost(serverConfig, new Random(~seed), ALLOCATOR);
    link = new SimulatedLink(conditions, seed);
  }

  /** Connects and waits until both sides are connected. */
  EnetPeer connect(int channels) {
    int before = count(serverEvents, EnetEvent.Connected.class);
    var peer = client.connect(SERVER, channels, 0x11223344, now);
    runUntil(
        () -> peer.isConnected() && count(serverEvents, EnetEvent.Connected.class) > before,
        30_000);
    return peer;
  }

  /** The peer of the latest connection on the server. */
  EnetPeer serverPeer() {
    EnetPeer last = null;
    for (var event : serverEvents) {
      if (event instanceof EnetEvent.Connected connected) {
        last = connected.peer();
      }
    }
    return last;
  }

  void run(long milliseconds) {
    long end = now + milliseconds;
    runUntil(() -> false, milliseconds);
    assertThat(now).isEqualTo(end);
  }

  /** Lets time pass until the condition holds or the milliseconds are over. */
  boolean runUntil(BooleanSupplier condition, long milliseconds) {
    long end = now + milliseconds;
    drain();
    int idle = 0;
    while (!condition.getAsBoolean()) {
      long next =
          Math.min(link.nextArrival(), Math.min(client.nextDeadline(), server.nextDeadline()));
      if (next > end) {
        now = end;
        return false;
      }
      idle = next <= now ? idle + 1 : 0;
      assertThat(idle).as("rounds without time passing").isLessThan(10_000);
      now = Math.max(now, next);
      step();
    }
    return true;
  }

  private void step() {
    for (SimulatedLink.Flight flight; (flight = link.poll(now)) != null; ) {
      var datagram = Unpooled.wrappedBuffer(flight.datagram());
      if (flight.toServer()) {
        server.receive(datagram, CLIENT, now);
      } else {
        client.receive(datagram, SERVER, now);
      }
    }
    client.advanceTo(now);
    server.advanceTo(now);
    drain();
  }

  void drain() {
    for (EnetEvent event; (event = client.pollEvent()) != null; ) {
      clientEvents.add(event);
    }
    for (EnetEvent event; (event = server.pollEvent()) != null; ) {
      serverEvents.add(event);
      onServer.accept(event);
    }
    transmit(client, true);
    transmit(server, false);
  }

  private void transmit(EnetHost host, boolean toServer) {
    for (Transmit out; (out = host.pollTransmit(now)) != null; ) {
      byte[] datagram = ByteBufUtil.getBytes(out.datagram());
      out.datagram().release();
      if (!toServer && !out.address().equals(CLIENT)) {
        toStranger.accept(out.address(), datagram);
        continue;
      }
      wiretap.accept(datagram);
      link.send(toServer, datagram, now);
    }
  }

  /** Asserts that no peers, bytes or commands are left. */
  void assertForgotten() {
    run(120_000);
    client.advanceTo(now);
    server.advanceTo(now);
    for (var host : List.of(client, server)) {
      assertThat(host.peers()).isZero();
      assertThat(host.handshakes()).isZero();
      assertThat(host.waitingBytes()).isZero();
      assertThat(host.queuedCommands()).isZero();
      assertThat(host.endpoints()).isZero();
      assertThat(host.nextDeadline()).isEqualTo(Long.MAX_VALUE);
    }
  }

  static <T extends EnetEvent> List<T> only(List<EnetEvent> events, Class<T> type) {
    return events.stream().filter(type::isInstance).map(type::cast).toList();
  }

  static int count(List<EnetEvent> events, Class<? extends EnetEvent> type) {
    return only(events, type).size();
  }
}
