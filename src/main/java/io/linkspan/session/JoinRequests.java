package io.linkspan.session;

import io.linkspan.admission.MessageWork;
import io.linkspan.api.Addresses;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.Headers;
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
import java.util.function.Consumer;
import java.util.function.IntSupplier;

/**
 * Carries out Messages that join, leave or watch groups, whose body is a name or a JSON array of
 * names, and those that follow streamed answers. Used only on the shard's event loop.
 */
final class JoinRequests implements GroupRequests {

  private final SessionTable sessions;
  private final Groups<Session> groups;
  private final GroupPresence presence;
  private final Recoveries recoveries;
  private final StreamRequests streams;
  private final IntSupplier maxNames;

  /**
   * Creates the requests of one shard.
   *
   * @param history delivers what members have missed
   * @param maxNames groups that one Message joins or leaves; can change
   */
  JoinRequests(
      SessionTable sessions,
      Groups<Session> groups,
      GroupPresence presence,
      HistoryDelivery history,
      IntSupplier maxNames) {
    this.presence = presence;
    recoveries = new Recoveries(history);
    streams = new StreamRequests(history, groups);
    this.maxNames = maxNames;
    this.sessions = sessions;
    this.groups = groups;
  }

  @Override
  public void change(InboundExchange exchange) {
    switch (exchange.message().getType()) {
      case FOLLOW, UNFOLLOW -> withSession(exchange, session -> streams.change(exchange, session));
      default -> changeGroups(exchange);
    }
  }

  private void withSession(InboundExchange exchange, Consumer<Session> action) {
    Session session = sessions.find(exchange.sender().session());
    if (session == null) {
      // It has ended or moved since, and with it the link that would carry the outcome.
      exchange.failed(
          new MessageException(ErrorCode.NO_SUCH_RECIPIENT, "the session is not connected"));
    } else {
      action.accept(session);
    }
  }

  private void changeGroups(InboundExchange exchange) {
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
    if (names.stream().anyMatch(Addresses::isGroupOfStream)) {
      exchange.failed(
          new MessageException(
              ErrorCode.FORBIDDEN,
              "names with " + Addresses.STREAM_GROUPS + " are of streamed answers"));
      exchange.sender().offended();
      return;
    }
    withSession(exchange, session -> change(exchange, session, names));
  }

  private void change(InboundExchange exchange, Session session, List<String> names) {
    switch (exchange.message().getType()) {
      case JOIN -> join(exchange, session, names);
      case WATCH -> {
        if (mayWatch(exchange, session, names)) {
          names.forEach(name -> presence.watch(session, name));
          exchange.accepted();
        }
      }
      case UNWATCH -> {
        names.forEach(name -> presence.unwatch(session, name));
        exchange.accepted();
      }
      default -> {
        names.forEach(name -> groups.leave(session, name));
        exchange.accepted();
      }
    }
  }

  private void join(InboundExchange exchange, Session session, List<String> names) {
    if (!isPermitted(exchange, Action.JOIN, names)) {
      return;
    }
    boolean watches = "true".equals(Headers.get(exchange.message(), Headers.PRESENCE));
    if (watches && !mayWatch(exchange, session, names)) {
      return;
    }
    Runnable joined =
        () -> {
          if (watches && sessions.find(session.id()) == session) {
            names.forEach(name -> presence.watch(session, name));
          }
        };
    if (Headers.get(exchange.message(), Headers.SINCE) != null) {
      if (isPermitted(exchange, Action.HISTORY, names)) {
        recoveries.join(exchange, session, names, joined);
      }
      return;
    }
    List<Future<Void>> joins = names.stream().map(name -> groups.join(session, name)).toList();
    Future.join(joins)
        .onComplete(
            all -> {
              joined.run();
              exchange.accepted();
            },
            failure -> exchange.failed(MessageException.from(failure)));
  }

  private boolean mayWatch(InboundExchange exchange, Session session, List<String> names) {
    if (!isPermitted(exchange, Action.PRESENCE, names)) {
      return false;
    }
    MessageException refusal = presence.refusal(session, names);
    if (refusal != null) {
      exchange.failed(refusal);
    }
    return refusal == null;
  }

  @Override
  public boolean isMember(String session, String group) {
    Session member = sessions.find(session);
    return member != null && member.groups().contains(group);
  }

  private static String describe(Action action) {
    return switch (action) {
      case PRESENCE -> "watch";
      case HISTORY -> "receive the history of";
      default -> action.key();
    };
  }

  /** Returns whether the client may do this with all groups; the exchange fails if not. */
  private boolean isPermitted(InboundExchange exchange, Action action, List<String> names) {
    Sender sender = exchange.sender();
    if (sender.mayDoEverything()) {
      return true;
    }
    boolean joins = exchange.message().getType().equals(JOIN);
    for (String name : names) {
      // A client that joins with this Message is a member when it begins to watch.
      if (!sender
          .decide(action, name, "")
          .allows(() -> joins || isMember(sender.session(), name))) {
        exchange.failed(
            new MessageException(
                ErrorCode.FORBIDDEN, "no permission to " + describe(action) + " \"" + name + "\""));
        sender.offended();
        return false;
      }
    }
    return true;
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
