package io.linkspan.transport.socketio;

import io.linkspan.api.MessageException;
import io.linkspan.session.Receipt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * For what a client did not send, but was sent on its behalf: it waits for no answer.
 *
 * @param remote network address of the client
 */
record Untold(String remote) implements Receipt {

  private static final Logger LOG = LoggerFactory.getLogger(Untold.class);

  @Override
  public void accepted(String eventId) {
    // Nothing to say.
  }

  @Override
  public void refused(String eventId, MessageException why) {
    LOG.debug("{}: no service heard of its connect: {}", remote, why.getMessage());
  }
}
