package io.linkspan.revocation;

import io.linkspan.config.ConfigNode;
import java.time.Duration;

/**
 * Settings of the revocations.
 *
 * @param max entries; above, bans give way, and other entries are refused
 * @param keep how long tokens are revoked without an end of their own
 */
public record RevocationConfig(int max, Duration keep) {

  private static final int LEAST = 100;
  private static final int MOST = 1_000_000;
  private static final Duration LONGEST = Duration.ofDays(366);

  /** Reads the section {@code revocation}. */
  public static RevocationConfig read(ConfigNode revocation) {
    return new RevocationConfig(
        revocation.count("max", LEAST, MOST),
        revocation.duration("keep", Duration.ofMinutes(1), LONGEST));
  }
}
