package io.linkspan.telemetry.otel;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.telemetry.MessageSpan;
import io.linkspan.telemetry.SpanEvent;
import io.linkspan.telemetry.TraceContext;

/**
 * The span of a Message whose client asked for a trace that is not recorded. Nobody behind the
 * gateway records it either.
 *
 * @param context without the flag of sampled traces
 */
record UnsampledSpan(TraceContext context) implements MessageSpan {

  @Override
  public Message mark(Message message) {
    return context.mark(message);
  }

  @Override
  public MessageSpan dispatch(String destination) {
    return NONE;
  }

  @Override
  public MessageSpan reply() {
    return NONE;
  }

  @Override
  public void event(SpanEvent event) {}

  @Override
  public void written(int attempt) {}

  @Override
  public void end() {}

  @Override
  public void fail(ErrorCode why) {}
}
