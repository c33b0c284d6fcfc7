package io.linkspan.connection;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes a line for each connection that opens or closes and for each HTTP request, with its fields
 * as key-value pairs. It is off unless the level of the logger {@value #NAME} is INFO. Names and
 * addresses are those of clients; tokens and queries of requests never appear.
 */
public final class AccessLog {

  /** Name of the logger. */
  public static final String NAME = "io.linkspan.access";

  private static final Logger LOG = LoggerFactory.getLogger(NAME);

  private AccessLog() {}

  /** Returns whether lines are written. */
  public static boolean isOn() {
    return LOG.isInfoEnabled();
  }

  /**
   * Writes the line of a connection whose client has a session now.
   *
   * @param remote address of the client
   * @param session its public id
   */
  public static void opened(String transport, String remote, String user, String session) {
    if (LOG.isInfoEnabled()) {
      LOG.atInfo()
          .addKeyValue("transport", transport)
          .addKeyValue("remote", remote)
          .addKeyValue("user", user)
          .addKeyValue("session", session)
          .log("connection opened");
    }
  }

  /** Writes the line of a connection that has ended, also one whose client had no session. */
  public static void closed(String transport, String remote, CloseReason reason) {
    if (LOG.isInfoEnabled()) {
      LOG.atInfo()
          .addKeyValue("transport", transport)
          .addKeyValue("remote", remote)
          .addKeyValue("reason", reason.label())
          .log("connection closed");
    }
  }

  /**
   * Writes the line of a request that has been answered.
   *
   * @param listener name of the port
   * @param path without the query, which may have a token
   * @param status of the response; 0 when the client left before
   * @param bytes of the body of the response
   * @param begunAt milliseconds since the epoch
   */
  public static void answered(
      String listener,
      String remote,
      String method,
      String path,
      int status,
      long bytes,
      long begunAt) {
    LOG.atInfo()
        .addKeyValue("listener", listener)
        .addKeyValue("remote", remote)
        .addKeyValue("method", method)
        .addKeyValue("path", path)
        .addKeyValue("status", status)
        .addKeyValue("bytes", bytes)
        .addKeyValue("ms", System.currentTimeMillis() - begunAt)
        .log("request answered");
  }
}
