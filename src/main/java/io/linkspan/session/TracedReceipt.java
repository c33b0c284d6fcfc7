package io.linkspan.session;

import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.trace.ClientTrace;
import io.linkspan.trace.ClientTrace.Direction;

/** Traces the outcome that a watched client receives for a Message. */
final class TracedReceipt implements Receipt {

  private final ClientTrace trace;
  private final Receipt receipt;

  private TracedReceipt(ClientTrace trace, Receipt receipt) {
    this.trace = trace;
    this.receipt = receipt;
  }

  /** Traces a Message, and returns a receipt that traces its outcome. */
  static Receipt of(ClientTrace trace, Message message, Receipt receipt) {
    trace.received(message);
    return new TracedReceipt(trace, receipt);
  }

  @Override
  public void accepted(String eventId) {
    receipt.accepted(eventId);
    if (receipt.isWritten()) {
      trace.acknowledgement(Direction.OUT, eventId, null);
    }
  }

  @Override
  public void refused(String eventId, MessageException why) {
    receipt.refused(eventId, why);
    trace.error(eventId, why);
  }

  @Override
  public boolean answered(String eventId, Message answer) {
    boolean written = receipt.answered(eventId, answer);
    if (written) {
      trace.acknowledgement(Direction.OUT, eventId, answer);
    }
    return written;
  }

  @Override
  public boolean isWritten() {
    return receipt.isWritten();
  }

  @Override
  public int channel() {
    return receipt.channel();
  }
}
