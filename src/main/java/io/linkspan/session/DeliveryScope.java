package io.linkspan.session;

import io.linkspan.api.Addresses;
import io.vertx.core.MultiMap;
import io.vertx.core.eventbus.DeliveryOptions;

/**
 * How a Message is to be delivered; travels between shards as bus headers.
 *
 * @param except public id of a session that is left out of a group; null leaves out nobody
 * @param only public id of the one session that is meant, of all that the recipient stands for;
 *     null means all
 * @param acceptedIsEnough settle when the recipient's session has it, without waiting for the
 *     client
 */
record DeliveryScope(String except, String only, boolean acceptedIsEnough) {

  static final DeliveryScope ACKNOWLEDGED = new DeliveryScope(null, null, false);

  private static final String EXCEPT = "except";
  private static final String ONLY = "only";

  static DeliveryScope of(MultiMap headers) {
    if (headers.isEmpty()) {
      return ACKNOWLEDGED;
    }
    return new DeliveryScope(
        headers.get(EXCEPT),
        headers.get(ONLY),
        Addresses.WAIT_ACCEPTED.equals(headers.get(Addresses.WAIT)));
  }

  /** The same for one session alone. */
  DeliveryScope only(String session) {
    return new DeliveryScope(except, session, acceptedIsEnough);
  }

  void addTo(DeliveryOptions options) {
    if (except != null) {
      options.addHeader(EXCEPT, except);
    }
    if (only != null) {
      options.addHeader(ONLY, only);
    }
    if (acceptedIsEnough) {
      options.addHeader(Addresses.WAIT, Addresses.WAIT_ACCEPTED);
    }
  }
}
