package io.linkspan.telemetry.otel;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.telemetry.MessageSpan;
import io.linkspan.telemetry.SpanEvent;
import io.linkspan.telemetry.TraceContext;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;

/** A span that is recorded. Safe for use by several threads. */
final class OtelSpan implements MessageSpan, OpenSpans.OpenSpan {

  /** Begins the spans of parts, and counts those that have not ended. */
  interface Owner {

    /** Begins the span of a part of another one. */
    MessageSpan child(OtelSpan parent, String name, SpanKind kind, Attributes attributes);

    /** A span has ended. */
    void ended(OtelSpan span);
  }

  private final Owner owner;
  private final Span span;
  private final long begun;

  /** The additions of vendors to the context of the trace; null for nothing. */
  private final String state;

  OtelSpan(Owner owner, Span span, String state, long begun) {
    this.owner = owner;
    this.span = span;
    this.state = state;
    this.begun = begun;
  }

  Span span() {
    return span;
  }

  /** Returns the additions of vendors to the context of the trace; null for nothing. */
  String state() {
    return state;
  }

  @Override
  public long begun() {
    return begun;
  }

  @Override
  public Message mark(Message message) {
    SpanContext context = span.getSpanContext();
    return new TraceContext(context.getTraceId(), context.getSpanId(), true, state).mark(message);
  }

  @Override
  public MessageSpan dispatch(String destination) {
    return owner.child(
        this, "dispatch", SpanKind.CLIENT, Attributes.of(Names.DESTINATION, destination));
  }

  @Override
  public MessageSpan reply() {
    return owner.child(this, "reply", SpanKind.PRODUCER, Attributes.empty());
  }

  @Override
  public void event(SpanEvent event) {
    span.addEvent(event.label());
  }

  @Override
  public void written(int attempt) {
    span.addEvent("written", Attributes.of(Names.ATTEMPT, (long) attempt));
  }

  @Override
  public void end() {
    owner.ended(this);
    span.end();
  }

  @Override
  public void fail(ErrorCode why) {
    // Not the text: it names users.
    span.setStatus(StatusCode.ERROR, why.code()).setAttribute(Names.ERROR, why.code());
    end();
  }

  @Override
  public void abandon() {
    span.setStatus(StatusCode.ERROR, "no outcome").setAttribute(Names.ERROR, "abandoned");
    end();
  }
}
