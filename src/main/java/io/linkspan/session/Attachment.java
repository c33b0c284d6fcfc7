package io.linkspan.session;

import io.linkspan.session.outbox.Outbox;

/**
 * How a client's session relates to its link.
 *
 * @param clientAcknowledges whether its application acknowledges each Message; else writing to the
 *     link is enough
 * @param token of the session to resume; empty for a new one that can be resumed; null for one that
 *     ends with its link
 * @param announce whether the client receives its token in a Message of type {@code session}
 * @param offsets whether the client, when it resumes, can name the last event that it has
 * @param notices whether the client has asked for a notice before its identity ends
 * @param device key of the client's device; empty when it has stated none
 */
public record Attachment(
    boolean clientAcknowledges,
    String token,
    boolean announce,
    boolean offsets,
    boolean notices,
    String device) {

  /** Creates the attachment of a client that has asked for no notices and stated no device. */
  public Attachment(boolean clientAcknowledges, String token, boolean announce, boolean offsets) {
    this(clientAcknowledges, token, announce, offsets, false, "");
  }

  /** Returns the attachment of a session that ends with its link. */
  public static Attachment of(boolean clientAcknowledges) {
    return new Attachment(clientAcknowledges, null, false, false);
  }

  /**
   * Returns the attachment for a client that may have asked for a session.
   *
   * @param token null when it did not
   */
  public static Attachment of(boolean clientAcknowledges, String token) {
    return new Attachment(clientAcknowledges, token, token != null, false);
  }

  /** Returns the same attachment without the former session, which cannot be had. */
  public Attachment anew() {
    return new Attachment(clientAcknowledges, "", announce, offsets, notices, device);
  }

  /** Returns the same attachment of a client that has asked for notices, or has not. */
  public Attachment withNotices(boolean asked) {
    return new Attachment(clientAcknowledges, token, announce, offsets, asked, device);
  }

  /** Returns the same attachment of a client on a device; empty for none. */
  public Attachment withDevice(String key) {
    return key.equals(device)
        ? this
        : new Attachment(clientAcknowledges, token, announce, offsets, notices, key);
  }

  /** Returns whether the session outlives the link. */
  public boolean resumable() {
    return token != null;
  }

  /** Returns what counts as the delivery of a Message to the client. */
  Outbox.Mode mode() {
    if (clientAcknowledges) {
      return Outbox.Mode.ACKNOWLEDGEMENTS;
    }
    return offsets ? Outbox.Mode.OFFSETS : Outbox.Mode.WRITES;
  }
}
