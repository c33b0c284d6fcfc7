package io.linkspan.session;

import io.linkspan.api.Message;
import io.linkspan.api.MessageException;

/**
 * How a transport tells the sender of an inbound Message what became of it. Exactly one of {@link
 * #accepted} and {@link #refused} is called per Message, on the connection's event loop; neither
 * does anything once the link is gone.
 */
public interface Receipt {

  /** The Message is in good hands: it can no longer be lost. */
  void accepted(String eventId);

  /** The Message was not handed over. */
  void refused(String eventId, MessageException why);

  /**
   * A service answered. A transport whose acknowledgements can carry an answer does so here, in
   * place of {@link #accepted}.
   *
   * @return false when the answer has to follow as a Message of its own
   */
  default boolean answered(String eventId, Message answer) {
    return false;
  }

  /**
   * The channel of the link on which the Message came, and its answer goes; 0 where links have one.
   */
  default int channel() {
    return 0;
  }
}
