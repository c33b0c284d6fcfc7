package io.linkspan.ban;

import io.linkspan.admission.Offences;
import io.linkspan.api.Revocation;
import io.linkspan.api.Revocation.Source;
import io.linkspan.listener.AddressRange;
import io.linkspan.revocation.Revocations;
import io.linkspan.time.DeadlineTimer;
import io.linkspan.time.RepeatedFailure;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Shares the bans of a node with the other nodes: each is an entry among the revocations, which
 * carries its length and thereby its level. An operator who removes the entry lifts the ban at all
 * nodes. Shared by all event loops.
 */
public final class SharedBans {

  private static final Logger LOG = LoggerFactory.getLogger(SharedBans.class);
  private static final RepeatedFailure NOT_SHARED =
      new RepeatedFailure(LOG, Level.WARN, "a ban is in force at this node only");

  private final Revocations revocations;

  private SharedBans(Revocations revocations) {
    this.revocations = revocations;
  }

  /**
   * Begins to count offences.
   *
   * @param exempt addresses of proxies, which stand for many clients
   * @param verifies whether identities are verified
   */
  public static Offences start(
      BanConfig config,
      List<AddressRange> exempt,
      boolean verifies,
      Revocations revocations,
      MeterRegistry registry) {
    if (config.mode() == BanConfig.Mode.OFF) {
      return Offences.NONE;
    }
    var shared = new SharedBans(revocations);
    var bans = new Bans(config, exempt, verifies, DeadlineTimer::now, shared::publish, registry);
    if (config.mode() == BanConfig.Mode.ON) {
      revocations.listen(entry -> shared.added(entry, bans));
      revocations.listenToRemovals(entry -> shared.removed(entry, bans));
    }
    return bans;
  }

  private void publish(Ban ban) {
    revocations.add(toRevocation(ban, Instant.now()), Source.BAN).onFailure(NOT_SHARED::add);
  }

  private void added(Revocation entry, Bans bans) {
    Offender offender = offenderOf(entry);
    if (offender != null) {
      bans.adopt(
          offender,
          Duration.between(entry.createdAt(), entry.until()).toMillis(),
          Duration.between(Instant.now(), entry.until()).toMillis());
    }
  }

  private void removed(Revocation entry, Bans bans) {
    Offender offender = offenderOf(entry);
    if (offender != null) {
      bans.lift(offender);
    }
  }

  /** Returns the entry that makes a ban known to all nodes. */
  static Revocation toRevocation(Ban ban, Instant now) {
    Revocation entry =
        switch (ban.offender().kind()) {
          case USER -> Revocation.ofUser(ban.offender().name());
          case ADDRESS -> Revocation.ofNetwork(ban.offender().name());
        };
    return entry
        .endingAt(now.plusMillis(ban.duration()))
        .because(ban.offence().plural() + ", level " + ban.level());
  }

  /** Returns the client that an entry bans; null when the entry is not a ban. */
  static Offender offenderOf(Revocation entry) {
    if (entry.source() != Source.BAN) {
      return null;
    }
    return switch (entry.kind()) {
      case USER -> new Offender(Offender.Kind.USER, entry.value());
      case NETWORK -> new Offender(Offender.Kind.ADDRESS, entry.value());
      case TOKEN, TOKENS -> null;
    };
  }
}
