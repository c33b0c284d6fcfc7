package io.linkspan.session;

import io.linkspan.admission.AnonymousUsers;
import io.linkspan.admission.ClaimedIdentities;
import io.linkspan.admission.IdentityProvider;
import io.linkspan.admission.Offences;
import io.linkspan.permission.PermissionRules;
import io.linkspan.revocation.RevokedClients;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * The identities of a node's clients, as sessions use them. Shared by all event loops.
 *
 * @param provider verifies credentials
 * @param notice time from the notice that an identity ends to its end; zero sends none
 * @param permissions of clients, by their identities
 * @param revoked clients whose sessions end
 * @param offences counts what clients do too often
 */
public record IdentityServices(
    IdentityProvider provider,
    Duration notice,
    Supplier<PermissionRules> permissions,
    RevokedClients revoked,
    Offences offences) {

  /** Identities that nothing verifies. */
  public static final IdentityServices CLAIMED =
      new IdentityServices(
          new ClaimedIdentities(new AnonymousUsers(true)),
          Duration.ZERO,
          () -> PermissionRules.OPEN,
          RevokedClients.NONE,
          Offences.NONE);
}
