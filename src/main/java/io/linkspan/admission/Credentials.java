package io.linkspan.admission;

/**
 * Statements of a client about itself when it connects; null for each part that it leaves out.
 *
 * @param user the claimed name
 * @param ack {@code client} or {@code transport}: the side that acknowledges Messages to the client
 * @param session token of a session to resume; empty for a new one that can be resumed
 */
public record Credentials(String user, String ack, String session) {

  /** States nothing. */
  public static final Credentials NONE = new Credentials(null, null, null);
}
