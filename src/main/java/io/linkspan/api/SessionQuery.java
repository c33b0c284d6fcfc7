package io.linkspan.api;

/**
 * Selects the sessions that {@link GatewayClient#sessions(SessionQuery)} lists. Null selects any.
 *
 * @param user the user of the sessions
 * @param group a group that the sessions are members of
 * @param transport how the clients are connected, such as {@code websocket}
 * @param limit most sessions of a page, 1 to 1,000
 * @param cursor {@code next} of the previous page; null for the first page
 * @param session public id of the only session that is listed
 * @param address network address of the clients, without a port
 */
public record SessionQuery(
    String user,
    String group,
    String transport,
    int limit,
    String cursor,
    String session,
    String address) {

  /** The limit of {@link #ALL}. */
  public static final int DEFAULT_LIMIT = 100;

  /** Selects by user, group and transport. */
  public SessionQuery(String user, String group, String transport, int limit, String cursor) {
    this(user, group, transport, limit, cursor, null, null);
  }

  /** Selects the first page of all sessions. */
  public static final SessionQuery ALL = new SessionQuery(null, null, null, DEFAULT_LIMIT, null);

  /** Returns this query for one user. */
  public SessionQuery ofUser(String name) {
    return new SessionQuery(name, group, transport, limit, cursor, session, address);
  }

  /** Returns this query for the members of a group. */
  public SessionQuery inGroup(String name) {
    return new SessionQuery(user, name, transport, limit, cursor, session, address);
  }

  /** Returns this query for one transport. */
  public SessionQuery connectedBy(String name) {
    return new SessionQuery(user, group, name, limit, cursor, session, address);
  }

  /** Returns this query with another limit. */
  public SessionQuery atMost(int count) {
    return new SessionQuery(user, group, transport, count, cursor, session, address);
  }

  /** Returns this query for the page after the one with this {@code next}. */
  public SessionQuery after(String next) {
    return new SessionQuery(user, group, transport, limit, next, session, address);
  }

  /** Returns this query for the session with this id. */
  public SessionQuery ofSession(String id) {
    return new SessionQuery(user, group, transport, limit, cursor, id, address);
  }

  /** Returns this query for the clients at a network address. */
  public SessionQuery from(String host) {
    return new SessionQuery(user, group, transport, limit, cursor, session, host);
  }
}
