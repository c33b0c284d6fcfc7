package io.linkspan.session;

import io.linkspan.api.Addresses;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.delivery.GroupRequests;
import io.linkspan.delivery.InboundExchange;
import io.linkspan.history.StreamPlace;
import io.linkspan.routing.Recipient;

/**
 * Carries out Messages of clients that follow a streamed answer of their user, or end that. The
 * sessions that follow a stream are members of its group, whose history has the parts. Used only on
 * the shard's event loop.
 */
final class StreamRequests {

  private static final int MAX_ID = 64;

  private final HistoryDelivery history;
  private final Groups<Session> groups;

  StreamRequests(HistoryDelivery history, Groups<Session> groups) {
    this.history = history;
    this.groups = groups;
  }

  /** Follows the stream that the header {@code stream} names, or ends that. */
  void change(InboundExchange exchange, Session session) {
    String stream = Headers.get(exchange.message(), Headers.STREAM);
    if (stream == null || !isId(stream)) {
      exchange.failed(
          new MessageException(
              ErrorCode.MALFORMED, "the header stream must be the id of a streamed answer"));
      return;
    }
    String group = Addresses.groupOfStream(stream, exchange.sender().user());
    if (exchange.message().getType().equals(GroupRequests.UNFOLLOW)) {
      groups.leave(session, group);
      exchange.accepted();
    } else {
      follow(exchange, session, group);
    }
  }

  private void follow(InboundExchange exchange, Session session, String group) {
    String text = Headers.get(exchange.message(), Headers.SINCE);
    long since = text == null ? 0 : StreamPlace.parse(text);
    if (since < 0) {
      exchange.failed(
          new MessageException(
              ErrorCode.MALFORMED, "since must be the number of a part of the stream"));
      return;
    }
    history
        .follow(session, group, since)
        .onComplete(
            place -> {
              exchange.answered(answer(group, place));
              if (place.recovery().isComplete()) {
                history.begin(session, group, place.recovery());
              } else {
                groups.leave(session, group);
              }
            },
            failure -> exchange.failed(MessageException.from(failure)));
  }

  private static Message answer(String group, StreamPlace place) {
    return Message.newBuilder()
        .setType(GroupRequests.FOLLOW)
        .setFrom(Recipient.ofGroup(group).address())
        .putHeaders(Headers.RECOVERED, Boolean.toString(place.recovery().isComplete()))
        .putHeaders(Headers.STREAM_OFFSET, Long.toString(place.number()))
        .build();
  }

  /** A dot would make another user's stream of it. */
  private static boolean isId(String text) {
    return !text.isEmpty()
        && text.length() <= MAX_ID
        && text.chars()
            .allMatch(
                c ->
                    (c >= 'a' && c <= 'z')
                        || (c >= 'A' && c <= 'Z')
                        || (c >= '0' && c <= '9')
                        || c == '-');
  }
}
