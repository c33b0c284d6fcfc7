package io.linkspan.session;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.directory.SessionDirectory;
import io.vertx.core.Future;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which sessions of one shard are in which groups. The directory hears of the first member and of
 * the last one's leaving only. Used only on the shard's event loop.
 */
final class Groups {

  /** Type of a Message that joins groups. */
  static final String JOIN = "join_group";

  /** Type of a Message that leaves groups. */
  static final String LEAVE = "leave_group";

  private final SessionDirectory directory;
  private final SessionEvents events;
  private final Replicator replication;
  private final String shard;
  private final int maxGroups;
  private final Map<String, Set<Session>> members = new HashMap<>();

  Groups(
      SessionDirectory directory,
      SessionEvents events,
      Replicator replication,
      String shard,
      int maxGroups) {
    this.replication = replication;
    this.directory = directory;
    this.events = events;
    this.shard = shard;
    this.maxGroups = maxGroups;
  }

  /** Whether the Message is about groups, not for somebody. */
  static boolean concerns(Message message) {
    return message.getType().equals(JOIN) || message.getType().equals(LEAVE);
  }

  /** A Message of type join_group: its body is a name or a JSON array of names. */
  void join(InboundRequest handover) {
    List<String> groups = names(handover);
    if (groups == null) {
      return;
    }
    Session session = handover.sender();
    List<Future<Void>> joins = new ArrayList<>(groups.size());
    for (String group : groups) {
      joins.add(join(session, group));
    }
    Future.join(joins)
        .onComplete(
            joined -> handover.accepted(),
            failure -> handover.failed(MessageException.from(failure)));
  }

  /** A Message of type leave_group: its body is a name or a JSON array of names. */
  void leave(InboundRequest handover) {
    List<String> groups = names(handover);
    if (groups == null) {
      return;
    }
    for (String group : groups) {
      leave(handover.sender(), group);
    }
    handover.accepted();
  }

  /** Done when messages to the group reach the session from everywhere. */
  Future<Void> join(Session session, String group) {
    if (session.groups().size() >= maxGroups && !session.groups().contains(group)) {
      return Future.failedFuture(
          new MessageException(
              ErrorCode.FORBIDDEN, "a session may be in " + maxGroups + " groups at most"));
    }
    if (!session.join(group)) {
      return Future.succeededFuture();
    }
    Set<Session> sessions = members.computeIfAbsent(group, name -> new LinkedHashSet<>());
    sessions.add(session);
    replication.joined(session, group);
    Future<Void> noted = directory.joined(session.ref(), group);
    Future<Void> reachable =
        sessions.size() == 1 ? directory.addGroup(group, shard) : Future.succeededFuture();
    return Future.join(noted, reachable).onSuccess(v -> events.joined(session, group)).mapEmpty();
  }

  /** Harmless when the session is no member. */
  void leave(Session session, String group) {
    if (session.leave(group)) {
      remove(session, group);
    }
  }

  /**
   * A session that was a member elsewhere is one here, which is no news.
   *
   * @return done when messages to its groups reach it from everywhere
   */
  Future<Void> readmit(Session session) {
    List<Future<Void>> reachable = new ArrayList<>();
    for (String group : session.groups()) {
      Set<Session> sessions = members.computeIfAbsent(group, name -> new LinkedHashSet<>());
      sessions.add(session);
      if (sessions.size() == 1) {
        reachable.add(directory.addGroup(group, shard));
      }
    }
    return Future.join(reachable).mapEmpty();
  }

  /** The session is a member elsewhere and no longer here, which is no news. */
  void drop(Session session, String group) {
    Set<Session> sessions = members.get(group);
    if (sessions != null && sessions.remove(session) && sessions.isEmpty()) {
      members.remove(group);
      directory.removeGroup(group, shard);
    }
  }

  /** The session ends; its own record of the membership is gone already. */
  void remove(Session session, String group) {
    drop(session, group);
    replication.left(session, group);
    directory.left(session.ref(), group);
    events.left(session, group);
  }

  Set<Session> of(String group) {
    return members.getOrDefault(group, Set.of());
  }

  private static List<String> names(InboundRequest handover) {
    String body = handover.message().getBody();
    List<String> names = body.startsWith("[") ? parse(body) : List.of(body);
    if (names == null || names.isEmpty() || !names.stream().allMatch(Groups::isName)) {
      handover.failed(
          new MessageException(
              ErrorCode.MALFORMED,
              "the body has to be a group's name or a JSON array of names of 1 to "
                  + Inbox.MAX_NAME
                  + " characters"));
      return null;
    }
    return names;
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
