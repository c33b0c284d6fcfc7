package io.linkspan.session;

import io.linkspan.admission.MessageWork;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import io.linkspan.delivery.GroupRequests;
import io.linkspan.delivery.InboundExchange;
import io.linkspan.delivery.Sender;
import io.linkspan.permission.Action;
import io.vertx.core.Future;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;

/**
 * Carries out Messages of type join_group and leave_group, whose body is a name or a JSON array of
 * names. Used only on the shard's event loop.
 */
final class JoinRequests implements GroupRequests {

  private final SessionTable sessions;
  private final Groups<Session> groups;
  private final IntSupplier maxNames;

  /**
   * Creates the requests of one shard.
   *
   * @param maxNames groups that one Message joins or leaves; can change
   */
  JoinRequests(SessionTable sessions, Groups<Session> groups, IntSupplier maxNames) {
    this.maxNames = maxNames;
    this.sessions = sessions;
    this.groups = groups;
  }

  @Override
  public void change(InboundExchange exchange) {
    int most = maxNames.getAsInt();
    if (MessageWork.countNames(exchange.message().getBody()) > most) {
      exchange.failed(
          new MessageException(
              ErrorCode.TOO_LARGE, "a message may name " + most + " groups at most"));
      return;
    }
    List<String> names = names(exchange.message().getBody());
    if (names == null) {
      exchange.failed(
          new MessageException(
              ErrorCode.MALFORMED,
              "the body must be a group's name or a JSON array of names of 1 to "
                  + Inbox.MAX_NAME
                  + " characters"));
      return;
    }
    Session session = sessions.find(exchange.sender().session());
    if (session == null) {
      // It has ended or moved since, and with it the link that would carry the outcome.
      exchange.failed(
          new MessageException(ErrorCode.NO_SUCH_RECIPIENT, "the session is not connected"));
    } else if (exchange.message().getType().equals(JOIN)) {
      String forbidden = forbidden(exchange.sender(), names);
      if (forbidden != null) {
        exchange.failed(
            new MessageException(
                ErrorCode.FORBIDDEN, "no permission to join \"" + forbidden + "\""));
        exchange.sender().offended();
        return;
      }
      List<Future<Void>> joins = names.stream().map(name -> groups.join(session, name)).toList();
      Future.join(joins)
          .onComplete(
              joined -> exchange.accepted(),
              failure -> exchange.failed(MessageException.from(failure)));
    } else {
      names.forEach(name -> groups.leave(session, name));
      exchange.accepted();
    }
  }

  @Override
  public boolean isMember(String session, String group) {
    Session member = sessions.find(session);
    return member != null && member.groups().contains(group);
  }

  /** Returns the first group that the client may not join, or null. */
  private static String forbidden(Sender sender, List<String> names) {
    if (sender.mayDoEverything()) {
      return null;
    }
    for (String name : names) {
      if (!sender.decide(Action.JOIN, name, "").allows()) {
        return name;
      }
    }
    return null;
  }

  /** Returns null when the body is neither. */
  private static List<String> names(String body) {
    List<String> names = body.startsWith("[") ? parse(body) : List.of(body);
    return names == null || names.isEmpty() || !names.stream().allMatch(JoinRequests::isName)
        ? null
        : names;
  }

  private static List<String> parse(String body) {
    List<String> names = new ArrayList<>();
    try {
      for (Object name : new JsonArray(body)) {
        if (!(name instanceof String text)) {
          return null;
        }
        names.add(text);
      }
    } catch (DecodeException e) {
      return null;
    }
    return names;
  }

  private static boolean isName(String name) {
    return !name.isBlank() && name.length() <= Inbox.MAX_NAME;
  }
}
