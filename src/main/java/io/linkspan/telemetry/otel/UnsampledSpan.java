package io.linkspan.telemetry.otel;

import io.linkspan.api.Message;
import io.linkspan.telemetry.MessageSpan;
import io.linkspan.telemetry.TraceContext;

/**
 * The span of a Message whose client asked for a trace that is not recorded. Nobody behind the
 * gateway records it either.
 */
final class UnsampledSpan extends MessageSpan.None {

  private final TraceContext context;

  /**
   * @param context without the flag of sampled traces
   */
  UnsampledSpan(TraceContext context) {
    this.context = context;
  }

  @Override
  public Message mark(Message message) {
    return context.mark(message);
  }
}
