package io.linkspan.session;

import io.linkspan.api.Message;
import io.linkspan.api.MessageException;

/**
 * Reports the outcome of an inbound Message to its sender, in the form of the transport. Exactly
 * one of {@link #accepted} and {@link #refused} is called per Message, on the connection's event
 * loop; neither does anything once the link is closed.
 */
public interface Receipt {

  /** The Message was accepted and can no longer be lost. */
  void accepted(String eventId);

  /** The Message was refused. */
  void refused(String eventId, MessageException why);

  /**
   * A service answered. A transport whose acknowledgements can carry an answer sends it here, in
   * place of {@link #accepted}.
   *
   * @return false when the answer must follow as a Message of its own
   */
  default boolean answered(String eventId, Message answer) {
    return false;
  }

  /** Returns whether the client receives an acknowledgement when the Message is accepted. */
  default boolean isWritten() {
    return true;
  }

  /**
   * Returns the channel of the link on which the Message came and on which its answer is sent; 0
   * for links without channels.
   */
  default int channel() {
    return 0;
  }
}
