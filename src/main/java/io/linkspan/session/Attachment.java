package io.linkspan.session;

/**
 * How a client wants its session to go with its link.
 *
 * @param clientAcknowledges whether its application acknowledges each Message; else writing to the
 *     link is enough
 * @param token of the session it wants back; empty for a new one that can be taken up again; null
 *     for one that ends with its link
 * @param announce whether the client is told its token with a Message of type {@code session}
 * @param offsets whether the client, when it comes back, can name the last event it has
 */
public record Attachment(
    boolean clientAcknowledges, String token, boolean announce, boolean offsets) {

  /** For a session that ends with its link. */
  public static Attachment of(boolean clientAcknowledges) {
    return new Attachment(clientAcknowledges, null, false, false);
  }

  /**
   * For a client that may have asked for a session.
   *
   * @param token null when it did not
   */
  public static Attachment of(boolean clientAcknowledges, String token) {
    return new Attachment(clientAcknowledges, token, token != null, false);
  }

  /** The same for a client whose former session can not be had. */
  public Attachment anew() {
    return new Attachment(clientAcknowledges, "", announce, offsets);
  }

  /** Whether the session is to outlive the link. */
  public boolean resumable() {
    return token != null;
  }
}
