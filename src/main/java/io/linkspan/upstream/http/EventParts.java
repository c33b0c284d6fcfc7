package io.linkspan.upstream.http;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.api.ReservedTypes;
import io.linkspan.protocol.ProtocolException;
import io.linkspan.protocol.eventstream.EventStreamParser;
import io.linkspan.protocol.eventstream.ServerEvent;
import io.linkspan.translate.ErrorAnswer;
import io.vertx.core.buffer.Buffer;

/**
 * Makes a part from each event of an event stream: its data is the body, and its type that of the
 * Message. An event of type {@code error} ends the answer with that error.
 */
final class EventParts implements AnswerParts {

  static final String MEDIA_TYPE = "text/event-stream";

  /** Header of a Message with the last id of the stream, for services that number their events. */
  private static final String EVENT_ID = "stream-event-id";

  private final EventStreamParser parser;

  EventParts(int maxPart) {
    parser = new EventStreamParser(maxPart);
  }

  @Override
  public void feed(Buffer bytes) {
    parser.feed(bytes);
  }

  @Override
  public Message poll(boolean complete) {
    ServerEvent event;
    try {
      event = parser.poll();
    } catch (ProtocolException tooLong) {
      throw new MessageException(ErrorCode.TOO_LARGE, tooLong.getMessage());
    }
    if (event == null) {
      return null;
    }
    Message.Builder part = Message.newBuilder().setType(event.type()).setBody(event.data());
    if (event.type().equals(ReservedTypes.ERROR)) {
      throw ErrorAnswer.refusal(part.build());
    }
    if (!event.lastId().isEmpty()) {
      part.putHeaders(EVENT_ID, event.lastId());
    }
    return part.build();
  }
}
