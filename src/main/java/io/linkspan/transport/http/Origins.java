package io.linkspan.transport.http;

import java.util.List;
import java.util.Set;

/**
 * Which web pages may connect (the {@code Origin} header, RFC 6454). A request without the header
 * comes from no browser and is allowed.
 */
public final class Origins {

  private final boolean all;
  private final Set<String> allowed;

  public Origins(List<String> allowed) {
    all = allowed.contains("*");
    this.allowed = Set.copyOf(allowed);
  }

  /**
   * Whether a request with this header is welcome.
   *
   * @param origin value of the header, or null
   */
  public boolean allow(String origin) {
    return all || origin == null || allowed.contains(origin);
  }
}
