package io.linkspan.api;

/**
 * Which sessions {@link GatewayClient#sessions(SessionQuery)} lists; null is any.
 *
 * @param user whose they are
 * @param group that they are members of
 * @param transport by which they are connected, such as {@code websocket}
 * @param limit how many at most, 1 to 1,000
 * @param cursor {@code next} of the page before; null for the first page
 */
public record SessionQuery(String user, String group, String transport, int limit, String cursor) {

  /** How many are listed where nobody says. */
  public static final int DEFAULT_LIMIT = 100;

  /** The first page of all sessions. */
  public static final SessionQuery ALL = new SessionQuery(null, null, null, DEFAULT_LIMIT, null);

  /** The same of one user. */
  public SessionQuery ofUser(String name) {
    return new SessionQuery(name, group, transport, limit, cursor);
  }

  /** The same of the members of a group. */
  public SessionQuery inGroup(String name) {
    return new SessionQuery(user, name, transport, limit, cursor);
  }

  /** The same of one transport. */
  public SessionQuery connectedBy(String name) {
    return new SessionQuery(user, group, name, limit, cursor);
  }

  /** The same with so many at most. */
  public SessionQuery atMost(int count) {
    return new SessionQuery(user, group, transport, count, cursor);
  }

  /** The page that follows the one whose {@code next} this is. */
  public SessionQuery after(String next) {
    return new SessionQuery(user, group, transport, limit, next);
  }
}
