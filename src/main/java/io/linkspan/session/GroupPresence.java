package io.linkspan.session;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.connection.Outgoing;
import io.linkspan.delivery.DeliveryCallback;
import io.linkspan.delivery.MessageDefaults;
import io.linkspan.delivery.ShardBus;
import io.linkspan.directory.Nodes;
import io.linkspan.memory.MemoryAccount;
import io.linkspan.presence.Presence;
import io.linkspan.presence.PresenceParts;
import io.linkspan.presence.PresenceWatcher;
import io.linkspan.session.replica.Replicator;
import io.linkspan.time.Scheduler;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * Lets the clients of one shard watch which users are in a group. A session that is resumed has the
 * groups that it watched, and is sent all users again. Used only on the shard's event loop.
 */
final class GroupPresence implements Groups.Listener<Session> {

  /** A session that watches groups. */
  private record Watcher(Session session) implements PresenceWatcher {

    @Override
    public String id() {
      return session.id();
    }

    @Override
    public boolean isReady() {
      return session.pending() == 0;
    }

    @Override
    public boolean send(List<Outgoing> messages, Runnable lost) {
      var outcome = new Outcome(lost);
      for (Outgoing message : messages) {
        if (!session.deliver(message, outcome)) {
          return false;
        }
      }
      return true;
    }
  }

  /** Callback for Messages that a client does not have if they fail. */
  private record Outcome(Runnable lost) implements DeliveryCallback {

    @Override
    public void delivered(By by, Message reply) {
      // The client has it.
    }

    @Override
    public void failed(MessageException failure) {
      lost.run();
    }
  }

  /** The sessions that other shards watch. */
  private record Members(Groups<Session> groups, Replicator replicator)
      implements Presence.Sessions {

    @Override
    public void forEachUserIn(String group, Consumer<String> action) {
      groups.membersOf(group).forEach(member -> action.accept(member.user()));
    }

    @Override
    public boolean isAdopting(String node) {
      return replicator.isAdopting(node);
    }
  }

  private final Presence presence;
  private final int maxWatches;

  /**
   * Creates the presence for the clients of one shard.
   *
   * @param maxWatches groups that one session watches
   */
  GroupPresence(Presence presence, int maxWatches) {
    this.presence = presence;
    this.maxWatches = maxWatches;
  }

  /** Creates the presence of one shard, which follows its groups. */
  static GroupPresence start(
      NodeServices shared,
      ShardBus bus,
      Scheduler scheduler,
      String address,
      Groups<Session> groups,
      Replicator replicator,
      MemoryAccount memory,
      MessageDefaults defaults) {
    var presence =
        new Presence(
            new PresenceParts(
                bus,
                scheduler,
                shared.nodes(),
                address,
                shared.presence(),
                memory,
                shared.metrics().presence()),
            defaults,
            new Members(groups, replicator));
    var clients = new GroupPresence(presence, shared.presence().maxWatches());
    groups.listen(clients);
    return clients;
  }

  /**
   * Follows the nodes of the cluster.
   *
   * @param loop runs an action on the shard's event loop
   */
  void follow(Nodes nodes, Executor loop) {
    nodes.watch(
        new Nodes.Listener() {
          @Override
          public void joined(Nodes.Node node) {
            loop.execute(() -> presence.joined(node));
          }

          @Override
          public void left(Nodes.Node node) {
            loop.execute(() -> presence.left(node.id()));
          }

          @Override
          public void merged() {
            loop.execute(presence::merged);
          }
        });
  }

  /** Returns what other shards call. */
  Presence presence() {
    return presence;
  }

  /** Returns why a session may not watch groups as well; null when it may. */
  MessageException refusal(Session session, Collection<String> names) {
    Set<String> all = new HashSet<>(session.client().watched());
    all.addAll(names);
    return all.size() <= maxWatches
        ? null
        : new MessageException(
            ErrorCode.FORBIDDEN, "a session may watch " + maxWatches + " groups at most");
  }

  /** Sends the client of a session all users of a group, and then what changes. */
  void watch(Session session, String group) {
    if (session.client().watch(group)) {
      session.replica().watched(group);
    }
    if (session.client().link() != null) {
      presence.watch(group, new Watcher(session));
    }
  }

  /** Ends the watch of a group. */
  void unwatch(Session session, String group) {
    if (session.client().unwatch(group)) {
      session.replica().unwatched(group);
      presence.unwatch(group, session.id());
    }
  }

  /** A session has a client, which watches the groups of the former one. */
  void begin(Session session) {
    for (String group : session.client().watched()) {
      presence.watch(group, new Watcher(session));
    }
  }

  /** A session has no client here for now. */
  void pause(Session session) {
    for (String group : session.client().watched()) {
      presence.pause(group, session.id());
    }
  }

  @Override
  public void added(Session session, String group) {
    presence.added(group, session.user());
  }

  @Override
  public void removed(Session session, String group) {
    presence.removed(group, session.user());
  }

  @Override
  public void left(Session session, String group) {
    unwatch(session, group);
  }
}
