package io.linkspan.delivery;

/**
 * Narrows a delivery to some of the recipient's sessions, and says when it counts as delivered.
 *
 * @param except public id of a session that is left out of a group; null leaves out none
 * @param only public id of the one session that receives the Message, of all that the recipient
 *     stands for; null means all of them
 * @param acceptedIsEnough whether the delivery succeeds when the recipient's session holds the
 *     Message, without waiting for the client
 */
public record DeliveryScope(String except, String only, boolean acceptedIsEnough) {

  /** All sessions of the recipient, and the client's acknowledgement. */
  public static final DeliveryScope ACKNOWLEDGED = new DeliveryScope(null, null, false);

  /** All sessions of the recipient, without waiting for the client. */
  public static final DeliveryScope ACCEPTED = new DeliveryScope(null, null, true);

  /** Returns the same scope for one session alone. */
  public DeliveryScope only(String session) {
    return new DeliveryScope(except, session, acceptedIsEnough);
  }
}
