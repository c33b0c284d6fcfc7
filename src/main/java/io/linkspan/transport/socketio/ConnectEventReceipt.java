package io.linkspan.transport.socketio;

import io.linkspan.api.MessageException;
import io.linkspan.session.Receipt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Receipt of a {@code connect} event, which the gateway sends on behalf of a client. The client
 * waits for no answer.
 *
 * @param remote network address of the client
 */
record ConnectEventReceipt(String remote) implements Receipt {

  private static final Logger LOG = LoggerFactory.getLogger(ConnectEventReceipt.class);

  @Override
  public void accepted(String eventId) {
    // The client asked for nothing.
  }

  @Override
  public void refused(String eventId, MessageException why) {
    LOG.debug("{}: no service took its connect event: {}", remote, why.getMessage());
  }
}
