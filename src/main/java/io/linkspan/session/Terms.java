package io.linkspan.session;

import io.linkspan.api.Addresses;
import io.vertx.core.MultiMap;
import io.vertx.core.eventbus.DeliveryOptions;

/**
 * How a Message is to be delivered; travels between shards as bus headers.
 *
 * @param except public id of a session that is left out of a group; null leaves out nobody
 * @param acceptedIsEnough settle when the recipient's session has it, without waiting for the
 *     client
 */
record Terms(String except, boolean acceptedIsEnough) {

  static final Terms ACKNOWLEDGED = new Terms(null, false);

  private static final String EXCEPT = "except";

  static Terms of(MultiMap headers) {
    if (headers.isEmpty()) {
      return ACKNOWLEDGED;
    }
    return new Terms(
        headers.get(EXCEPT), Addresses.WAIT_ACCEPTED.equals(headers.get(Addresses.WAIT)));
  }

  void addTo(DeliveryOptions options) {
    if (except != null) {
      options.addHeader(EXCEPT, except);
    }
    if (acceptedIsEnough) {
      options.addHeader(Addresses.WAIT, Addresses.WAIT_ACCEPTED);
    }
  }
}
