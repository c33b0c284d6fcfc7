package io.linkspan.revocation;

import io.linkspan.admission.ClientCheck;
import io.linkspan.admission.ConnectRefusedException;
import io.linkspan.admission.Identity;
import io.linkspan.api.Revocation;
import io.linkspan.api.Revocation.Source;
import java.util.function.LongSupplier;

/** Refuses clients at connect. Shared by all event loops. */
public final class RevocationCheck implements ClientCheck {

  private static final long INCOMPLETE_RETRY_MS = 1_000;

  private final RevokedClients revoked;
  private final RevocationMetrics metrics;
  private final LongSupplier clock;

  public RevocationCheck(RevokedClients revoked, RevocationMetrics metrics) {
    this(revoked, metrics, System::currentTimeMillis);
  }

  RevocationCheck(RevokedClients revoked, RevocationMetrics metrics, LongSupplier clock) {
    this.revoked = revoked;
    this.metrics = metrics;
    this.clock = clock;
  }

  @Override
  public void checkAddress(String address) throws ConnectRefusedException {
    if (!revoked.isComplete()) {
      throw ConnectRefusedException.unavailable(
          "the revocations of the other nodes are being read", INCOMPLETE_RETRY_MS);
    }
    Revocation entry = revoked.findNetwork(address);
    if (entry != null) {
      throw refuse(entry);
    }
  }

  @Override
  public void check(Identity identity) throws ConnectRefusedException {
    Revocation entry = revoked.find(identity.user(), identity.tokenId(), identity.issuedAt());
    if (entry != null) {
      throw refuse(entry).of(identity);
    }
  }

  @Override
  public boolean refuses(Identity identity) {
    return revoked.find(identity.user(), identity.tokenId(), identity.issuedAt()) != null;
  }

  private ConnectRefusedException refuse(Revocation entry) {
    metrics.refused(entry.kind());
    return refusalOf(entry, clock.getAsLong());
  }

  /**
   * Returns the refusal that an entry makes. It does not say the entry's reason, which is for
   * operators.
   *
   * @param now in milliseconds since 1970
   */
  public static ConnectRefusedException refusalOf(Revocation entry, long now) {
    if (entry.source() == Source.BAN) {
      return ConnectRefusedException.banned(RevocationRules.remaining(entry, now));
    }
    return switch (entry.kind()) {
      case TOKEN, TOKENS -> ConnectRefusedException.unauthenticated("the token is revoked");
      case USER ->
          ConnectRefusedException.blocked(
              "this user is blocked", RevocationRules.remaining(entry, now));
      case NETWORK ->
          ConnectRefusedException.blocked(
              "this network is blocked", RevocationRules.remaining(entry, now));
    };
  }
}
