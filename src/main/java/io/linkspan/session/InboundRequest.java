package io.linkspan.session;

import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.delivery.InboundExchange;
import io.linkspan.delivery.RecipientRouter;
import io.linkspan.delivery.Sender;
import io.linkspan.delivery.ServiceRecorder;
import io.linkspan.memory.MessageCost;
import io.linkspan.routing.Recipient;
import io.linkspan.telemetry.MessageSpan;
import io.linkspan.trace.Step;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** An inbound Message of one session. Used only on the event loop of the sender's shard. */
final class InboundRequest implements InboundExchange {

  private final Inbox inbox;
  private final Receipt receipt;
  private final long cost;
  private final DuplicateWindow.Entry entry;
  private final long received;
  private final long taken;
  private final MessageSpan span;

  /** The span of the way to the destination. */
  private MessageSpan dispatch = MessageSpan.NONE;

  /** As it was received, but for the headers by which the destination continues the trace. */
  private Message message;

  private boolean withService;

  /** Null unless a service is called. */
  private ServiceRecorder service;

  /** Neighbours in the list of {@link InFlight}. */
  InboundRequest previous;

  InboundRequest next;

  /**
   * Creates a request.
   *
   * @param entry receives the outcome for repetitions; null when the gateway assigned the eventId
   * @param span of the Message; ends with it
   * @param received when the client sent it, in nanoseconds
   * @param taken when it did not wait for others any more, in nanoseconds
   */
  InboundRequest(
      Inbox inbox,
      Receipt receipt,
      Message message,
      DuplicateWindow.Entry entry,
      MessageSpan span,
      long received,
      long taken) {
    this.inbox = inbox;
    this.receipt = receipt;
    this.entry = entry;
    this.received = received;
    this.taken = taken;
    this.span = span;
    cost = MessageCost.of(message);
    this.message = span.mark(message);
  }

  @Override
  public Message message() {
    return message;
  }

  /** Returns the bytes that are charged for the Message. */
  long cost() {
    return cost;
  }

  MessageSpan span() {
    return span;
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
    dispatch = span.dispatch(destination);
    message = dispatch.mark(message);
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
    span.end();
    inbox.ended(this, DuplicateWindow.Outcome.ACKNOWLEDGED);
  }

  @Override
  public void answered(Message answer) {
    measure(true);
    Message complete = inbox.complete(answer, message);
    MessageSpan reply = span.reply();
    if (!receipt.answered(message.getEventId(), complete)) {
      // The work is done: no room for its answer must not make the client ask for it again.
      receipt.accepted(message.getEventId());
      inbox.reply(complete, receipt.channel());
    }
    reply.end();
    span.end();
    inbox.ended(this, DuplicateWindow.Outcome.ACKNOWLEDGED);
  }

  /** Records that the destination has accepted the Message, by one reading of the clock. */
  private void measure(boolean hasAnswer) {
    long now = inbox.nanoTime();
    inbox.handOver().record(now - received);
    if (service != null) {
      service.accepted(hasAnswer, now - taken);
    }
    inbox.timeline().recordAt(now, Step.ACCEPTED, message, sender().session());
    dispatch.end();
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
    dispatch.fail(failure.code());
    receipt.refused(message.getEventId(), failure);
    span.fail(failure.code());
    inbox.ended(this, DuplicateWindow.Outcome.of(failure));
  }

  @Override
  public boolean isAbandoned() {
    return inbox.isFenced();
  }

  /** Lists the Messages of one session that have no outcome yet, the newest first. */
  static final class InFlight {

    private InboundRequest newest;

    /** Completed when services have answered all that they were given; null while not needed. */
    private Promise<Void> servicesDone;

    void add(InboundRequest request) {
      request.next = newest;
      if (newest != null) {
        newest.previous = request;
      }
      newest = request;
    }

    void remove(InboundRequest request) {
      if (request.next != null) {
        request.next.previous = request.previous;
      }
      if (request.previous == null) {
        newest = request.next;
      } else {
        request.previous.next = request.next;
      }
      if (servicesDone != null && request.isWithService() && !isAnyWithService()) {
        servicesDone.tryComplete();
      }
    }

    /**
     * Completes when services have answered all that they were given until now, and the rest is
     * with its recipients.
     */
    Future<Void> flush(RecipientRouter router) {
      Map<String, Recipient> recipients = new HashMap<>();
      boolean withService = false;
      for (InboundRequest one = newest; one != null; one = one.next) {
        if (one.isWithService()) {
          withService = true;
        } else {
          Recipient recipient = Recipient.of(one.message().getTo());
          recipients.put(recipient.address(), recipient);
        }
      }
      List<Future<Void>> parts = new ArrayList<>();
      recipients.values().forEach(recipient -> parts.add(router.flush(recipient)));
      if (withService) {
        if (servicesDone == null) {
          servicesDone = Promise.promise();
        }
        parts.add(servicesDone.future());
      }
      return parts.isEmpty() ? Future.succeededFuture() : Future.join(parts).mapEmpty();
    }

    /** Returns the span of the Message with this eventId. */
    MessageSpan spanOf(String eventId) {
      for (InboundRequest one = newest; one != null; one = one.next) {
        if (one.message().getEventId().equals(eventId)) {
          return one.span();
        }
      }
      return MessageSpan.NONE;
    }

    private boolean isAnyWithService() {
      for (InboundRequest one = newest; one != null; one = one.next) {
        if (one.isWithService()) {
          return true;
        }
      }
      return false;
    }
  }
}
