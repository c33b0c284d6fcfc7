package io.linkspan.storm;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;

/**
 * Says what a storm does. Each part is bounded, and the target is on this machine.
 *
 * @param path of the upgrade, with its query
 * @param clients of the kind
 * @param good clients that run beside them, whose round trips are measured
 * @param addresses loopback addresses that the clients of the kind come from in turn
 */
public record StormPlan(
    InetSocketAddress target,
    String path,
    StormKind kind,
    int clients,
    int good,
    int addresses,
    Duration duration) {

  /** The largest number of clients of a kind, and of good ones. */
  public static final int MAX_CLIENTS = 5_000;

  /** The longest storm. */
  public static final Duration MAX_DURATION = Duration.ofMinutes(10);

  /** The largest number of addresses: 127.1.0.0 and those that follow. */
  public static final int MAX_ADDRESSES = 5_000;

  private static final int MAX_PATH = 4_096;

  /** Checks the bounds. */
  public StormPlan {
    require(target.getAddress().isLoopbackAddress(), "the target must be on loopback");
    require(
        path.startsWith("/") && path.length() <= MAX_PATH && path.chars().allMatch(c -> c > ' '),
        "the path is not valid");
    require(clients >= 1 && clients <= MAX_CLIENTS, "clients must be 1 to " + MAX_CLIENTS);
    require(good >= 0 && good <= MAX_CLIENTS, "good clients must be 0 to " + MAX_CLIENTS);
    require(
        addresses >= 1 && addresses <= MAX_ADDRESSES, "addresses must be 1 to " + MAX_ADDRESSES);
    require(
        !duration.isNegative() && !duration.isZero() && duration.compareTo(MAX_DURATION) <= 0,
        "the duration must be 1s to 10m");
    require(
        (good == 0 && !kind.talks()) || !path.startsWith("/socket.io"),
        "clients that send messages need the path of plain WebSockets, such as /ws");
  }

  /**
   * Returns a plan for a URL such as {@code ws://127.0.0.1:8080/ws}.
   *
   * @throws IllegalArgumentException when the URL or a bound is invalid
   */
  public static StormPlan of(
      URI url, StormKind kind, int clients, int good, int addresses, Duration duration) {
    require(
        url.getHost() != null && ("ws".equals(url.getScheme()) || "http".equals(url.getScheme())),
        "the URL must begin with ws:// or http://");
    String path = url.getRawPath().isEmpty() ? "/ws" : url.getRawPath();
    String query = url.getRawQuery() == null ? "" : "?" + url.getRawQuery();
    int port = url.getPort() < 0 ? 80 : url.getPort();
    try {
      var target = new InetSocketAddress(InetAddress.getByName(url.getHost()), port);
      return new StormPlan(target, path + query, kind, clients, good, addresses, duration);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException("the host " + url.getHost() + " is not known", e);
    }
  }

  private static void require(boolean holds, String text) {
    if (!holds) {
      throw new IllegalArgumentException(text);
    }
  }

  /** Returns how many links and waiting attempts there may be at the same time. */
  int maxLinks() {
    return good + 4 * clients;
  }

  /** Returns the path for a client, with its user. */
  String pathOf(String user) {
    return path + (path.indexOf('?') < 0 ? '?' : '&') + "user=" + user;
  }
}
