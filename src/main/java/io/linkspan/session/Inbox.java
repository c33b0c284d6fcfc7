package io.linkspan.session;

import io.linkspan.admission.LimitsConfig;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.delivery.Dispatcher;
import io.linkspan.delivery.GroupRequests;
import io.linkspan.delivery.MessageDefaults;
import io.linkspan.delivery.RecipientRouter;
import io.linkspan.delivery.Sender;
import io.linkspan.memory.MemoryAccount;
import io.linkspan.memory.MemoryLevel;
import io.linkspan.memory.MemoryUse;
import io.linkspan.memory.MessageCost;
import io.linkspan.metrics.LatencyHistogram;
import io.linkspan.telemetry.MessageSpan;
import io.linkspan.telemetry.SpanEvent;
import io.linkspan.telemetry.Tracing;
import io.linkspan.time.Scheduler;
import io.linkspan.trace.Step;
import io.linkspan.trace.Timeline;
import io.vertx.core.Future;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Inbound Messages of one session that have no outcome yet: checked against the limits, dispatched
 * as far as more may be in flight, and held in their order beyond that. Used only on the event loop
 * of the session's shard.
 */
final class Inbox implements DuplicateWindow.Repetitions {

  /** The client as its inbox sees it. */
  interface Client {

    /** Returns whether a Message is the answer to one that the client was sent. */
    boolean awaits(Message answer);

    /** The client has answered a Message that it was sent. */
    void answered(String eventId, Message reply);

    /** A Message of the client was refused; this may end its link. */
    void refused(ErrorCode why);

    /** Sends an answer to the client; returns false when the client has no room for it. */
    boolean reply(Message answer, int channel);

    /** The inbox is closed and nothing is in flight any more. */
    void idle();
  }

  /**
   * The parts of a shard that all inboxes share.
   *
   * @param limits in force, which can change
   * @param isCertain false while it is not known whether the shard still owns its sessions
   * @param memory is charged for what the inboxes hold
   * @param timeline records the steps of the Messages
   * @param tracing begins the spans of the Messages
   * @param loop runs an action on the shard's event loop
   */
  record Shared(
      Supplier<LimitsConfig> limits,
      boolean filtersDuplicates,
      Dispatcher dispatcher,
      RecipientRouter router,
      MessageDefaults defaults,
      DuplicateSync sync,
      SessionMetrics metrics,
      LatencyHistogram handOver,
      Scheduler scheduler,
      MemoryAccount memory,
      BooleanSupplier isCertain,
      Timeline timeline,
      Tracing tracing,
      Executor loop) {}

  /** Bounds eventId, to, type, replyTo and group names, all in characters. */
  static final int MAX_NAME = InboundChecks.MAX_NAME;

  private enum State {
    OPEN,
    /** Takes no further Messages. */
    CLOSED,
    /** The session is on another shard; outcomes are reported there. */
    MOVED,
    /** The session is on another shard, from which the client sends everything again. */
    FENCED
  }

  private final Client client;
  private final Sender sender;
  private final Shared shared;
  private final DuplicateWindow duplicates;

  /** Null until the first Message that a rate limits. */
  private InboundRates rates;

  /** Null until the first Message waits. */
  private WaitingMessages waiting;

  /** Null until the first Message. */
  private InboundRequest.InFlight requests;

  private int inFlight;
  private boolean taking;
  private State state = State.OPEN;

  /** Where outcomes are reported after the session has moved to another node; else null. */
  private String reportTo;

  /**
   * Creates an empty inbox.
   *
   * @param duplicates of the session's user
   */
  Inbox(Client client, Sender sender, Shared shared, DuplicateWindow duplicates) {
    this.client = client;
    this.sender = sender;
    this.shared = shared;
    this.duplicates = duplicates;
  }

  /** Takes a Message from the client; the receipt is called exactly once, now or later. */
  void receive(Message message, Receipt receipt) {
    MessageException refusal = refusal(message);
    long now = nanoTime();
    if (refusal != null) {
      refuse(message, receipt, refusal);
      client.refused(refusal.code());
    } else if (isAnswer(message)) {
      // Replies bypass the queue; queued messages may be waiting for this one.
      take(message, receipt, now, now);
    } else if (shared.memory().isAt(MemoryLevel.FULL)) {
      refuse(message, receipt, MessageCost.full());
    } else if (!mayTake() || hasWaiting()) {
      hold(message, receipt, now);
    } else {
      take(message, receipt, now, now);
    }
  }

  /** Returns the bytes of the Messages that wait. */
  long held() {
    return waiting == null ? 0 : 2 * waiting.bytes();
  }

  /** Returns the client as services see it. */
  Sender sender() {
    return sender;
  }

  /** Returns the records of the steps of Messages. */
  Timeline timeline() {
    return shared.timeline();
  }

  /** Returns the time in nanoseconds. */
  long nanoTime() {
    return shared.scheduler().nanoTime();
  }

  /** Returns the histogram of the time until a Message is accepted. */
  LatencyHistogram handOver() {
    return shared.handOver();
  }

  /** Returns whether nothing is in flight. */
  boolean isIdle() {
    return inFlight == 0;
  }

  /** Returns whether another shard owns the session, from which the client sends again. */
  boolean isFenced() {
    return state == State.FENCED;
  }

  /** Takes no further Messages. */
  void close() {
    state = State.CLOSED;
  }

  /**
   * The session has moved; waiting Messages are dropped, since the client sends them again.
   *
   * @param reportTo the shard that outcomes are reported to; null when it is on this node
   */
  void moved(String reportTo) {
    state = State.MOVED;
    this.reportTo = reportTo;
    dropWaiting();
  }

  /** The session has stayed after all. */
  void movedBack() {
    state = State.OPEN;
    reportTo = null;
  }

  /** Another shard owns the session. */
  void fence() {
    state = State.FENCED;
    dropWaiting();
  }

  /** Sets the outcome of a Message; there may be room for the next one. */
  void ended(InboundRequest request, DuplicateWindow.Outcome outcome) {
    requests.remove(request);
    DuplicateWindow.Entry entry = request.entry();
    if (entry != null) {
      duplicates.end(entry, outcome);
      shared.sync().report(sender.user(), duplicates, entry);
      if (reportTo != null) {
        shared.sync().report(reportTo, sender.user(), duplicates, entry);
      }
    }
    inFlight--;
    shared.memory().release(MemoryUse.INBOX, request.cost());
    shared.metrics().inFlight.decrement();
    takeWaiting();
    if (inFlight == 0 && state == State.CLOSED) {
      client.idle();
    }
  }

  /** Returns a service's answer with nothing left empty. */
  Message complete(Message answer, Message request) {
    return shared.defaults().answer(answer, request);
  }

  /** Sends an answer to the client, or drops it when the client has no room for it. */
  void reply(Message answer, int channel) {
    if (!client.reply(answer, channel)) {
      shared.metrics().unanswerable.increment();
    }
  }

  /** Dispatches waiting Messages as far as there is room. */
  void takeWaiting() {
    // An outcome inside of take() leads back here; the outer loop continues then.
    if (taking || !hasWaiting()) {
      return;
    }
    taking = true;
    while (hasWaiting() && mayTake()) {
      WaitingMessages.Waiting next = waiting.remove();
      take(next.message(), next.receipt(), next.received(), nanoTime());
    }
    taking = false;
  }

  /** Drops waiting Messages: the client sends them again on its next link. */
  void dropWaiting() {
    if (waiting != null) {
      waiting.clear();
      waiting = null;
    }
  }

  /**
   * Completes when what the client sent here cannot be overtaken by what it sends from another
   * shard.
   */
  Future<Void> flush() {
    return requests == null ? Future.succeededFuture() : requests.flush(shared.router());
  }

  private boolean mayTake() {
    return state == State.OPEN
        && inFlight < shared.limits().get().inFlight()
        && shared.isCertain().getAsBoolean();
  }

  private boolean isAnswer(Message message) {
    return message.getTo().isEmpty() && !message.getReplyTo().isEmpty() && client.awaits(message);
  }

  private MessageException refusal(Message message) {
    LimitsConfig limits = shared.limits().get();
    MessageException invalid = InboundChecks.refusal(message, limits.messages());
    if (invalid != null) {
      return invalid;
    }
    if (!limits.hasRates()) {
      return null;
    }
    if (rates == null) {
      rates = new InboundRates();
    }
    long wait = rates.take(message, limits, shared.scheduler().now());
    return wait == 0
        ? null
        : new MessageException(ErrorCode.RATE_LIMITED, "more messages than allowed", wait);
  }

  private boolean hasWaiting() {
    return waiting != null && waiting.count() > 0;
  }

  private void hold(Message message, Receipt receipt, long received) {
    if (waiting == null) {
      waiting = new WaitingMessages(shared.limits(), shared.memory(), shared.metrics().waiting);
    }
    if (!waiting.offer(message, receipt, received)) {
      refuse(
          message,
          receipt,
          new MessageException(
              ErrorCode.QUEUE_FULL, waiting.count() + " messages wait for earlier ones to end"));
      return;
    }
    timeline().record(Step.WAITING, message.getEventId(), sender.user(), 0, sender.session());
  }

  private void refuse(Message message, Receipt receipt, MessageException why) {
    String eventId = message.getEventId();
    timeline().fail(Step.REFUSED, eventId, sender.user(), why, sender.session());
    span(message, 0).fail(why.code());
    receipt.refused(eventId, why);
  }

  private MessageSpan span(Message message, long waited) {
    return shared.tracing().receive(message, sender, waited);
  }

  private void take(Message message, Receipt receipt, long received, long taken) {
    DuplicateWindow.Entry entry = null;
    // Group requests concern this session alone and may be repeated. The window is the user's:
    // another of its sessions may number its requests from one as well.
    if (!message.getEventId().isEmpty()
        && shared.filtersDuplicates()
        && !GroupRequests.isGroupRequest(message.getType())) {
      String eventId = message.getEventId();
      entry = duplicates.admit(eventId, shared.scheduler().now(), receipt, this);
      if (entry == null) {
        shared.metrics().duplicates.increment();
        timeline().record(Step.DUPLICATE, eventId, sender.user(), 0, sender.session());
        if (requests != null && shared.tracing().isOn()) {
          requests.spanOf(eventId).event(SpanEvent.DUPLICATE);
        }
        return;
      }
      shared.sync().report(sender.user(), duplicates, entry);
    }
    inFlight++;
    shared.metrics().inFlight.increment();
    Message complete = shared.defaults().inbound(message, sender.user());
    MessageSpan span = span(complete, taken - received);
    var request = new InboundRequest(this, receipt, complete, entry, span, received, taken);
    timeline().recordAt(taken, Step.RECEIVED, request.message(), sender.session());
    if (requests == null) {
      requests = new InboundRequest.InFlight();
    }
    requests.add(request);
    shared.memory().charge(MemoryUse.INBOX, request.cost());
    if (isAnswer(message)) {
      client.answered(message.getReplyTo(), request.message());
      request.accepted();
    } else {
      shared.dispatcher().dispatch(request);
    }
  }

  /** May be called on the event loop of another session of the same user. */
  @Override
  public void ended(String eventId, Receipt receipt, DuplicateWindow.Outcome outcome) {
    shared
        .loop()
        .execute(
            () -> {
              MessageException refusal = outcome.refusal();
              if (refusal == null) {
                receipt.accepted(eventId);
              } else {
                receipt.refused(eventId, refusal);
              }
            });
  }
}
