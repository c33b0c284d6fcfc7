package io.linkspan.telemetry;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;

/**
 * One step of a Message in a distributed trace. A span ends once; what is called after its end has
 * no effect. Used on the event loop that began it.
 */
public interface MessageSpan {

  /** Records nothing. */
  MessageSpan NONE = new None();

  /** Returns the Message with the headers by which its receiver continues the trace here. */
  Message mark(Message message);

  /**
   * Begins the span of a Message on the way to its destination.
   *
   * @param destination bus address of a service, or the kind of the recipient
   */
  MessageSpan dispatch(String destination);

  /** Begins the span of an answer on the way to the sender of the Message. */
  MessageSpan reply();

  /** Records something that happened. */
  void event(SpanEvent event);

  /**
   * Records that the Message was written to a link.
   *
   * @param attempt from 1
   */
  void written(int attempt);

  /** Ends the span: the step succeeded. */
  void end();

  /** Ends the span: the step failed. */
  void fail(ErrorCode why);

  /** The span of a Message that is not recorded. */
  class None implements MessageSpan {

    @Override
    public Message mark(Message message) {
      return message;
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
}
