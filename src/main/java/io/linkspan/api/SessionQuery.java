package io.linkspan.api;

/**
 * Selects the sessions that {@link GatewayClient#sessions(SessionQuery)} lists. Null selects any.
 *
 * @param user the user of the sessions
 * @param group a group that the sessions are members of
 * @param transport how the clients are connected, such as {@code websocket}
 * @param limit most sessions of a page, 1 to 1,000
 * @param cursor {@code next} of the previous page; null for the first page
 */
public record SessionQuery(String user, String group, String transport, int limit, String cursor) {

  /** The limit of {@link #ALL}. */
  public static final int DEFAULT_LIMIT = 100;

  /** Selects the first page of all sessions. */
  public static final SessionQuery ALL = new SessionQuery(null, null, null, DEFAULT_LIMIT, null);

  /** Returns this query for one user. */
  public SessionQuery ofUser(String name) {
    return new SessionQuery(name, group, transport, limit, cursor);
  }

  /** Returns this query for the members of a group. */
  public SessionQuery inGroup(String name) {
    return new SessionQuery(user, name, transport, limit, cursor);
  }

  /** Returns this query for one transport. */
  public SessionQuery connectedBy(String name) {
    return new SessionQuery(user, group, name, limit, cursor);
  }

  /** Returns this query with another limit. */
  public SessionQuery atMost(int count) {
    return new SessionQuery(user, group, transport, count, cursor);
  }

  /** Returns this query for the page after the one with this {@code next}. */
  public SessionQuery after(String next) {
    return new SessionQuery(user, group, transport, limit, next);
  }
}
