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

/** A client and a server host with a simulated link between them, and the clock of all three. */
final class EnetPair {
  static final PeerAddress CLIENT = PeerAddress.ipv4(0x7F000001, 40_000, null);
  static final PeerAddress SERVER = PeerAddress.ipv4(0x7F000002, 7777, null);

  /** On the heap and without leak detection, which would take most of the time. */
  static final ByteBufAllocator ALLOCATOR = new UnpooledByteBufAllocator(false, true);

  final EnetHost client;
  final EnetHost server;
  final SimulatedLink link;
  final List<EnetEvent> clientEvents = new ArrayList<>();
  final List<EnetEvent> serverEvents = new ArrayList<>();

  /** What the server does with an event besides remembering it. */
  Consumer<EnetEvent> onServer = event -> {};

  /** Sees every datagram before the link does. */
  Consumer<byte[]> wiretap = datagram -> {};

  /** Gets what the server sends to anybody but the client. */
  BiConsumer<PeerAddress, byte[]> toStranger = (address, datagram) -> {};

  // Not 0, and soon to wrap around in the 16 bits of a sent time.
  long now = 60_000;

  EnetPair(EnetConfig config, SimulatedLink.Weather weather, long seed) {
    this(config, config, weather, seed);
  }

  EnetPair(
      EnetConfig clientConfig, EnetConfig serverConfig, SimulatedLink.Weather weather, long seed) {
    client = new EnetHost(clientConfig, new Random(seed), ALLOCATOR);
    server = new EnetHost(serverConfig, new Random(~seed), ALLOCATOR);
    link = new SimulatedLink(weather, seed);
  }

  /** Connects and waits until both sides know. */
  EnetPeer connect(int channels) {
    int before = count(serverEvents, EnetEvent.Connected.class);
    var peer = client.connect(SERVER, channels, 0x11223344, now);
    runUntil(
        () -> peer.isConnected() && count(serverEvents, EnetEvent.Connected.class) > before,
        30_000);
    return peer;
  }

  /** The server's end of the connection that came last. */
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

  /** Lets time pass until the condition holds or so many milliseconds are over. */
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

  /** Nothing is left of what has been: neither peers nor bytes nor commands. */
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
