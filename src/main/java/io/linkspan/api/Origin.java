package io.linkspan.api;

import io.vertx.core.MultiMap;

/**
 * Sender of an inbound Message, as the gateway authenticated it.
 *
 * @param session public id of the session; {@code "session:" + session} reaches exactly it
 * @param user authenticated name, the same as the Message's {@code from}
 * @param transport how the client is connected, such as {@code websocket}
 * @param node id of the gateway's node that the client is connected to
 * @param remote network address of the client, {@code host:port}
 * @param keepStream seconds for which the parts of a streamed answer are kept for further sessions
 *     of the user, as the route says; 0: they are not
 */
public record Origin(
    String session, String user, String transport, String node, String remote, long keepStream) {

  /** Creates the sender of a Message whose streamed answer is not kept. */
  public Origin(String session, String user, String transport, String node, String remote) {
    this(session, user, transport, node, remote, 0);
  }

  /** Reads the headers of a bus message from the gateway. A missing header is empty. */
  public static Origin of(MultiMap headers) {
    return new Origin(
        orEmpty(headers.get(Addresses.SESSION)),
        orEmpty(headers.get(Addresses.USER)),
        orEmpty(headers.get(Addresses.TRANSPORT)),
        orEmpty(headers.get(Addresses.NODE)),
        orEmpty(headers.get(Addresses.REMOTE)),
        seconds(headers.get(Addresses.KEEP_STREAM)));
  }

  private static long seconds(String value) {
    return value == null ? 0 : Long.parseLong(value);
  }

  private static String orEmpty(String value) {
    return value == null ? "" : value;
  }
}
