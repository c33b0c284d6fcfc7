package io.linkspan.api;

import io.vertx.core.MultiMap;

/**
 * Who sent an inbound Message, as the gateway knows it.
 *
 * @param session public id of the session; {@code "session:" + session} reaches exactly it
 * @param user authenticated name, the same as the Message's {@code from}
 * @param transport such as {@code websocket}
 * @param node id of the gateway's node that the client is connected to
 * @param remote network address of the client, {@code host:port}
 */
public record Origin(String session, String user, String transport, String node, String remote) {

  /** Reads the headers of a bus message that the gateway sent; a missing one is empty. */
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
