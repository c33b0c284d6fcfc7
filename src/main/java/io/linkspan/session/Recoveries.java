package io.linkspan.session;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.delivery.GroupRequests;
import io.linkspan.delivery.InboundExchange;
import io.linkspan.history.Recovery;
import io.linkspan.history.Since;
import io.linkspan.routing.Recipient;
import java.util.List;

/**
 * Carries out Messages that join a group and ask for a part of its history. Used only on the
 * shard's event loop.
 */
final class Recoveries {

  private final HistoryDelivery history;

  Recoveries(HistoryDelivery history) {
    this.history = history;
  }

  /**
   * Joins one group for a client that may receive its history.
   *
   * @param joined runs when the session is a member, before the answer
   */
  void join(InboundExchange exchange, Session session, List<String> names, Runnable joined) {
    if (names.size() > 1) {
      exchange.failed(
          new MessageException(
              ErrorCode.MALFORMED, "a message with since must name one group only"));
      return;
    }
    Since since;
    try {
      since = Since.parse(Headers.get(exchange.message(), Headers.SINCE));
    } catch (MessageException malformed) {
      exchange.failed(malformed);
      return;
    }
    String group = names.get(0);
    history
        .join(session, group, since)
        .onComplete(
            recovery -> {
              joined.run();
              exchange.answered(answer(group, recovery));
              history.begin(session, group, recovery);
            },
            failure -> exchange.failed(MessageException.from(failure)));
  }

  private static Message answer(String group, Recovery recovery) {
    return Message.newBuilder()
        .setType(GroupRequests.JOIN)
        .setFrom(Recipient.ofGroup(group).address())
        .putHeaders(Headers.RECOVERED, Boolean.toString(recovery.isComplete()))
        .putHeaders(Headers.POSITION, recovery.from().toString())
        .build();
  }
}
