package io.linkspan.admission;

import java.util.List;
import java.util.Set;

/**
 * Decides which web pages may connect (the {@code Origin} header, RFC 6454). A request without the
 * header does not come from a browser and is allowed.
 */
public final class Origins {

  private final boolean all;
  private final Set<String> allowed;

  public Origins(List<String> allowed) {
    all = allowed.contains("*");
    this.allowed = Set.copyOf(allowed);
  }

  /**
   * Returns whether a request with this header may connect.
   *
   * @param origin value of the header, or null
   */
  public boolean allow(String origin) {
    return all || origin == null || allowed.contains(origin);
  }
}
