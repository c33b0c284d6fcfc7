package io.linkspan.admission;

import io.linkspan.protocol.PendingTable;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.util.NetUtil;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * Counts everything that exists before a client has joined, from the moment at which it is
 * accepted: sockets without a whole request, upgrades, Engine.IO sessions that have joined nothing,
 * TCP clients without a first Message. Above the limits the oldest gives way, unless it is so new
 * that an honest client may still be about to join. Shared by all event loops, hence synchronized.
 */
public final class PendingLinks {

  /** A link that is counted until it has joined or ended. */
  public final class Link {

    private PendingTable.Entry<String, Runnable> entry;

    private Link() {}

    /** Returns when the link was counted, in milliseconds of the clock of {@link #enter}. */
    public long since() {
      return entry.since();
    }

    /** Ends the count: the client has joined, or has left. May be called again. */
    public void leave() {
      synchronized (PendingLinks.this) {
        table.remove(entry);
      }
    }
  }

  /** Milliseconds that a link has before it gives way to a new one. */
  static final long LEAST_TIME = 1_000;

  private final Supplier<LimitsConfig.Pending> limits;
  private final PendingTable<String, Runnable> table = new PendingTable<>();
  private long givenUp;

  /**
   * @param limits in force, which can change
   */
  public PendingLinks(Supplier<LimitsConfig.Pending> limits) {
    this.limits = limits;
  }

  /** Adds the metrics of these links. */
  public void register(MeterRegistry registry) {
    Gauge.builder("linkspan.pending.links", this, PendingLinks::size)
        .description("Links whose client has not joined yet")
        .register(registry);
    FunctionCounter.builder("linkspan.pending.dropped", this, PendingLinks::givenUp)
        .description("Links that were refused, or gave way to others, before their client joined")
        .register(registry);
  }

  /**
   * Counts a link.
   *
   * @param address of the client, without its port
   * @param giveUp ends the link in favor of a newer one; called on any thread, at most once
   * @param now in milliseconds of a monotonic clock
   * @return null when there are too many
   */
  public Link enter(String address, Runnable giveUp, long now) {
    String origin = origin(address);
    List<Runnable> oldest = new ArrayList<>(0);
    Link link;
    synchronized (this) {
      link = makeRoom(origin, oldest, now) ? add(origin, giveUp, now) : null;
      givenUp += oldest.size() + (link == null ? 1 : 0);
    }
    oldest.forEach(Runnable::run);
    return link;
  }

  private Link add(String origin, Runnable giveUp, long now) {
    var link = new Link();
    link.entry = table.add(origin, giveUp, now);
    return link;
  }

  private boolean makeRoom(String origin, List<Runnable> removed, long now) {
    for (var oldest = inTheWay(origin); oldest != null; oldest = inTheWay(origin)) {
      if (now - oldest.since() < LEAST_TIME) {
        return false;
      }
      table.remove(oldest);
      removed.add(oldest.item());
    }
    return true;
  }

  private PendingTable.Entry<String, Runnable> inTheWay(String origin) {
    LimitsConfig.Pending current = limits.get();
    if (table.size(origin) >= current.maxPerAddress()) {
      return table.oldest(origin);
    }
    return table.size() >= current.max() ? table.oldest() : null;
  }

  /** Returns the address, or the network of an IPv6 address: a host has as many as it likes. */
  private static String origin(String address) {
    if (address.indexOf(':') < 0) {
      return address;
    }
    byte[] bytes = NetUtil.createByteArrayFromIpAddressString(address);
    return bytes == null || bytes.length < Long.BYTES
        ? address
        : Long.toHexString(ByteBuffer.wrap(bytes).getLong());
  }

  /** Returns the number of links that are counted. */
  public synchronized int size() {
    return table.size();
  }

  /** Returns how many links were refused, or gave way to others. */
  public synchronized long givenUp() {
    return givenUp;
  }
}
