package io.linkspan.admission;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Decides which web pages may connect (the {@code Origin} header, RFC 6454). A request without the
 * header does not come from a browser and is allowed, and so is a page of the same host and port.
 * At a listener that only its machine can reach, the latter needs an address or {@code localhost}:
 * the owner of any other name can let it point to this machine (DNS rebinding).
 */
public final class Origins {

  private static final Pattern LOCAL =
      Pattern.compile("(?:localhost|[0-9.]+|\\[[0-9a-f:.]+])(?::\\d{1,5})?");

  private final boolean all;
  private final boolean local;
  private final Set<String> allowed;

  /**
   * @param allowed other pages than those of the same host; {@code *} allows all
   * @param local whether only this machine can reach the listener
   */
  public Origins(List<String> allowed, boolean local) {
    all = allowed.contains("*");
    this.allowed = Set.copyOf(allowed);
    this.local = local;
  }

  /**
   * Returns whether a request with these headers may connect.
   *
   * @param origin value of the header Origin, or null
   * @param host value of the header Host, or null
   */
  public boolean allow(String origin, String host) {
    return all || origin == null || allowed.contains(origin) || isSame(origin, host);
  }

  /** Compares without the scheme, since a proxy may have ended TLS. */
  private boolean isSame(String origin, String host) {
    if (host == null) {
      return false;
    }
    String wanted = host.toLowerCase(Locale.ROOT);
    return (origin.equalsIgnoreCase("http://" + wanted)
            || origin.equalsIgnoreCase("https://" + wanted))
        && (!local || LOCAL.matcher(wanted).matches());
  }
}
