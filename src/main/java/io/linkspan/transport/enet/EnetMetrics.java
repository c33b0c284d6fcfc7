package io.linkspan.transport.enet;

import io.linkspan.protocol.enet.DropReason;
import io.linkspan.protocol.enet.EnetCounters;
import io.linkspan.protocol.enet.EnetHost;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts the datagrams of all ENet connections. Shared by all event loops. */
public final class EnetMetrics {

  private static final Logger LOG = LoggerFactory.getLogger(EnetMetrics.class);
  private static final String DROPPED = "linkspan.enet.datagrams.dropped";

  private final Counter datagramsIn;
  private final Counter datagramsOut;
  private final Counter bytesIn;
  private final Counter bytesOut;
  private final Counter retransmissions;
  private final AtomicInteger handshakes = new AtomicInteger();
  private final AtomicInteger connected = new AtomicInteger();
  private final Map<DropReason, Counter> drops = new EnumMap<>(DropReason.class);

  public EnetMetrics(MeterRegistry registry) {
    datagramsIn = datagrams(registry, "in");
    datagramsOut = datagrams(registry, "out");
    bytesIn = bytes(registry, "in");
    bytesOut = bytes(registry, "out");
    peers(registry, "handshake", handshakes);
    peers(registry, "connected", connected);
    retransmissions =
        Counter.builder("linkspan.enet.retransmissions")
            .description("Commands sent again because they were not acknowledged in time")
            .register(registry);
    for (DropReason reason : DropReason.values()) {
      drops.put(
          reason,
          Counter.builder(DROPPED)
              .description("Datagrams, or ends of datagrams, that were ignored")
              .tag("reason", label(reason))
              .register(registry));
    }
  }

  private static String label(DropReason reason) {
    return reason.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Logs the first refusal of a kind that an operator can do something about. */
  private static void log(DropReason reason) {
    switch (reason) {
      case NO_CHECKSUM ->
          LOG.warn(
              "an ENet client without checksums was refused, because enet.checksum requires them;"
                  + " further ones are only counted, in {}",
              DROPPED);
      case OTHER_DIALECT ->
          LOG.warn(
              "an ENet client of another dialect, such as ENet-CSharp, was refused; further ones"
                  + " are only counted, in {}",
              DROPPED);
      default -> {
        // Anybody can forge it.
      }
    }
  }

  private static Counter datagrams(MeterRegistry registry, String direction) {
    return Counter.builder("linkspan.enet.datagrams")
        .description("Datagrams from and to clients")
        .tag("direction", direction)
        .register(registry);
  }

  private static void peers(MeterRegistry registry, String state, AtomicInteger count) {
    Gauge.builder("linkspan.enet.peers", count, AtomicInteger::get)
        .description("ENet peers, before and after the client has confirmed its handshake")
        .tag("state", state)
        .register(registry);
  }

  private static Counter bytes(MeterRegistry registry, String direction) {
    return Counter.builder("linkspan.enet.bytes")
        .description("Payload of datagrams from and to clients")
        .tag("direction", direction)
        .register(registry);
  }

  /** Adds the counts of one host since the last update. Used only on the event loop of the host. */
  final class Tap {

    private final EnetHost host;
    private final EnetCounters counters;
    private final Map<DropReason, Long> seenDrops = new EnumMap<>(DropReason.class);
    private long seenDropped;
    private long seenDatagramsIn;
    private long seenDatagramsOut;
    private long seenBytesIn;
    private long seenBytesOut;
    private long seenRetransmissions;
    private int seenHandshakes;
    private int seenConnected;

    Tap(EnetHost host) {
      this.host = host;
      counters = host.counters();
    }

    void update() {
      handshakes.addAndGet(host.handshakes() - seenHandshakes);
      seenHandshakes = host.handshakes();
      connected.addAndGet(host.peers() - seenConnected);
      seenConnected = host.peers();
      if (counters.datagramsReceived() != seenDatagramsIn) {
        datagramsIn.increment((double) (counters.datagramsReceived() - seenDatagramsIn));
        bytesIn.increment((double) (counters.bytesReceived() - seenBytesIn));
        seenDatagramsIn = counters.datagramsReceived();
        seenBytesIn = counters.bytesReceived();
      }
      if (counters.datagramsSent() != seenDatagramsOut) {
        datagramsOut.increment((double) (counters.datagramsSent() - seenDatagramsOut));
        bytesOut.increment((double) (counters.bytesSent() - seenBytesOut));
        seenDatagramsOut = counters.datagramsSent();
        seenBytesOut = counters.bytesSent();
      }
      if (counters.retransmissions() != seenRetransmissions) {
        retransmissions.increment((double) (counters.retransmissions() - seenRetransmissions));
        seenRetransmissions = counters.retransmissions();
      }
      if (counters.dropped() != seenDropped) {
        seenDropped = counters.dropped();
        drops.forEach(this::update);
      }
    }

    private void update(DropReason reason, Counter counter) {
      long dropped = counters.dropped(reason);
      Long seen = seenDrops.put(reason, dropped);
      if (dropped > 0 && (seen == null || seen == 0)) {
        log(reason);
      }
      counter.increment((double) (dropped - (seen == null ? 0 : seen)));
    }
  }
}
