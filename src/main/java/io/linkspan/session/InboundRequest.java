package io.linkspan.session;

import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.delivery.InboundExchange;
import io.linkspan.delivery.Sender;
import io.linkspan.delivery.ServiceRecorder;
import io.linkspan.trace.Step;

/** An inbound Message of one session. Used only on the event loop of the sender's shard. */
final class InboundRequest implements InboundExchange {

  private final Inbox inbox;
  private final Receipt receipt;
  private final Message message;
  private final DuplicateWindow.Entry entry;
  private final long received;
  private final long taken;
  private boolean withService;

  /** Null unless a service is called. */
  private ServiceRecorder service;

  /** Neighbours in the list of the {@link Inbox}. */
  InboundRequest previous;

  InboundRequest next;

  /**
   * Creates a request.
   *
   * @param entry receives the outcome for repetitions; null when the gateway assigned the eventId
   * @param received when the client sent it, in nanoseconds
   * @param taken when it did not wait for others any more, in nanoseconds
   */
  InboundRequest(
      Inbox inbox,
      Receipt receipt,
      Message message,
      DuplicateWindow.Entry entry,
      long received,
      long taken) {
    this.inbox = inbox;
    this.receipt = receipt;
    this.message = message;
    this.entry = entry;
    this.received = received;
    this.taken = taken;
  }

  @Override
  public Message message() {
    return message;
  }

  @Override
  public Sender sender() {
    return inbox.sender();
  }

  DuplicateWindow.Entry entry() {
    return entry;
  }

  @Override
  public void routed(String destination) {
    inbox.timeline().record(Step.ROUTED, message, 0, destination);
  }

  @Override
  public void calls(ServiceRecorder recorder) {
    service = recorder;
  }

  @Override
  public void givenToService() {
    withService = true;
  }

  /** Returns whether a service has it, not another client. */
  boolean isWithService() {
    return withService;
  }

  @Override
  public void accepted() {
    measure(false);
    receipt.accepted(message.getEventId());
    inbox.ended(this, DuplicateWindow.Outcome.ACKNOWLEDGED);
  }

  @Override
  public void answered(Message answer) {
    measure(true);
    Message complete = inbox.complete(answer, message);
    if (!receipt.answered(message.getEventId(), complete)) {
      // The work is done: no room for its answer must not make the client ask for it again.
      receipt.accepted(message.getEventId());
      inbox.reply(complete, receipt.channel());
    }
    inbox.ended(this, DuplicateWindow.Outcome.ACKNOWLEDGED);
  }

  /** Records that the Message was accepted, by one reading of the clock. */
  private void measure(boolean hasAnswer) {
    long now = inbox.nanoTime();
    inbox.handOver().record(now - received);
    if (service != null) {
      service.accepted(hasAnswer, now - taken);
    }
    inbox.timeline().recordAt(now, Step.ACCEPTED, message, sender().session());
  }

  @Override
  public void delivered(By by, Message reply) {
    if (reply == null) {
      accepted();
    } else {
      answered(reply);
    }
  }

  @Override
  public void failed(MessageException failure) {
    if (service != null) {
      service.failed(failure.code());
    }
    inbox.timeline().fail(Step.REFUSED, message, failure, sender().session());
    receipt.refused(message.getEventId(), failure);
    inbox.ended(this, DuplicateWindow.Outcome.of(failure));
  }

  @Override
  public boolean isAbandoned() {
    return inbox.isFenced();
  }
}
