package io.linkspan.ban;

import io.linkspan.admission.Identity;
import io.linkspan.admission.Offence;
import io.linkspan.admission.Offences;
import io.linkspan.listener.AddressRange;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Bans clients of this node, or only counts whom it would ban. Shared by all event loops and by the
 * threads that accept connections, hence synchronized: it is used for each connect and each
 * offence, and for no other Message.
 */
public final class Bans implements Offences {

  /** Clients whose offences are counted, of a few hundred bytes each. */
  private static final int MAX_OFFENDERS = 50_000;

  /** Clients whose bans are remembered. */
  private static final int MAX_BANS = 10_000;

  private static final String MODE = "mode";
  private static final Logger LOG = LoggerFactory.getLogger(Bans.class);

  private final List<AddressRange> exempt;
  private final boolean verifies;
  private final LongSupplier clock;
  private final Consumer<Ban> onBan;
  private final BanPolicy policy;
  private final Map<Offence, Counter> offences = new EnumMap<>(Offence.class);
  private final Map<Offence, Counter> bans = new EnumMap<>(Offence.class);
  private final Counter refused;

  private volatile BanConfig config;

  /** Whether somebody may be banned; read without the lock for each connection. */
  private volatile boolean any;

  /**
   * Creates the bans of a node.
   *
   * @param config with another mode than off
   * @param exempt addresses that are never banned beside those of the configuration, such as those
   *     of proxies
   * @param verifies whether identities are verified; else no client is counted under its name
   * @param clock milliseconds of a monotonic clock
   * @param onBan notified of each ban that begins, on the thread of the offence; not in a dry run
   */
  public Bans(
      BanConfig config,
      List<AddressRange> exempt,
      boolean verifies,
      LongSupplier clock,
      Consumer<Ban> onBan,
      MeterRegistry registry) {
    this.config = config;
    this.exempt = List.copyOf(exempt);
    this.verifies = verifies;
    this.clock = clock;
    this.onBan = onBan;
    policy = new BanPolicy(config, MAX_OFFENDERS, MAX_BANS);
    for (Offence offence : Offence.values()) {
      offences.put(
          offence,
          Counter.builder("linkspan.offences")
              .description("What clients did that too much of leads to a ban")
              .tag("offence", offence.label())
              .register(registry));
      bans.put(
          offence,
          Counter.builder("linkspan.bans")
              .description("Bans that began, or with mode=dry-run would have begun")
              .tag("offence", offence.label())
              .tag(MODE, config.mode().label())
              .register(registry));
    }
    refused =
        Counter.builder("linkspan.bans.refused")
            .description("Connects of banned clients, which with mode=dry-run are admitted")
            .tag(MODE, config.mode().label())
            .register(registry);
    for (Offender.Kind kind : Offender.Kind.values()) {
      Gauge.builder("linkspan.bans.active", this, all -> all.banned(kind))
          .description("Clients that are banned, or with mode=dry-run would be")
          .tag("client", kind.label())
          .tag(MODE, config.mode().label())
          .register(registry);
    }
  }

  /**
   * Uses other settings. If they differ, offences are counted anew; bans continue to their end.
   *
   * @param config with the same mode
   */
  public void use(BanConfig config) {
    synchronized (this) {
      if (!config.equals(this.config)) {
        this.config = config;
        policy.use(config);
      }
    }
  }

  @Override
  public long connect(String address) {
    offences.get(Offence.CONNECT).increment();
    Offender client = byAddress(address);
    return client == null ? 0 : refuse(count(client, Offence.CONNECT));
  }

  @Override
  public long identified(String address, Identity identity) {
    Offender user = byUser(identity);
    if (user == null) {
      return 0;
    }
    Offender client = byAddress(address);
    if (client != null) {
      synchronized (this) {
        policy.forgive(client, Offence.CONNECT);
      }
    }
    return refuse(count(user, Offence.CONNECT));
  }

  @Override
  public long count(Offence offence, String address, Identity identity) {
    offences.get(offence).increment();
    Offender user = byUser(identity);
    Offender client = user == null ? byAddress(address) : user;
    long wait = client == null ? 0 : count(client, offence);
    return isDryRun() ? 0 : wait;
  }

  @Override
  public boolean isDropped(String address) {
    if (!any || isDryRun()) {
      return false;
    }
    Offender client = byAddress(address);
    if (client == null) {
      return false;
    }
    boolean dropped;
    synchronized (this) {
      dropped = !policy.answers(client, clock.getAsLong());
    }
    if (dropped) {
      refused.increment();
    }
    return dropped;
  }

  /**
   * Takes a ban over that another node has begun.
   *
   * @param duration of the whole ban in milliseconds
   * @param remaining milliseconds until it is over
   */
  public void adopt(Offender offender, long duration, long remaining) {
    synchronized (this) {
      long now = clock.getAsLong();
      policy.adopt(offender, duration, now + remaining, now);
      any = true;
    }
  }

  /** Ends a ban and forgets the offences that led to it. */
  public void lift(Offender offender) {
    synchronized (this) {
      policy.lift(offender);
    }
  }

  /** Returns for how long a client is banned after an offence. */
  private long count(Offender client, Offence offence) {
    Ban ban;
    long wait;
    synchronized (this) {
      long now = clock.getAsLong();
      ban = policy.count(client, offence, now);
      wait = policy.remaining(client, now);
      any |= wait > 0;
    }
    if (ban != null) {
      begun(ban);
    }
    return wait;
  }

  private void begun(Ban ban) {
    bans.get(ban.offence()).increment();
    LOG.info(
        "{} {} {} for {} s: more than {} {} in {} s",
        isDryRun() ? "would ban" : "banned",
        ban.offender().kind().label(),
        ban.offender().name(),
        ban.duration() / 1_000,
        config.threshold(ban.offence()),
        ban.offence().plural(),
        config.window().toSeconds());
    if (!isDryRun()) {
      onBan.accept(ban);
    }
  }

  private long refuse(long wait) {
    if (wait > 0) {
      refused.increment();
    }
    return isDryRun() ? 0 : wait;
  }

  private boolean isDryRun() {
    return config.mode() == BanConfig.Mode.DRY_RUN;
  }

  private Offender byUser(Identity identity) {
    return !verifies || identity == null || identity.anonymous()
        ? null
        : new Offender(Offender.Kind.USER, identity.user());
  }

  /** Returns null when the address is never banned, or not known. */
  private Offender byAddress(String address) {
    AddressRange owner = AddressRange.ofOwner(address);
    return owner == null
            || AddressRange.anyContains(config.exempt(), address)
            || AddressRange.anyContains(exempt, address)
        ? null
        : new Offender(Offender.Kind.ADDRESS, owner.toString());
  }

  private synchronized int banned(Offender.Kind kind) {
    return policy.banned(kind, clock.getAsLong());
  }
}
