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
 */
public record Origin(String session, String user, String transport, String node, String remote) {

  /** Reads the headers of a bus message from the gateway. A missing header is empty. */
  public static Origin of(MultiMap headers) {
    return new Origin(
        orEmpty(headers.get(Addresses.SESSION)),
        orEmpty(headers.get(Addresses.USER)),
        orEmpty(headers.get(Addresses.TRANSPORT)),
        orEmpty(headers.get(Addresses.NODE)),
        orEmpty(headers.get(Addresses.REMOTE)));
  }

  private static String orEmpty(String value) {
    return value == null ? "" : value;
  }
}
