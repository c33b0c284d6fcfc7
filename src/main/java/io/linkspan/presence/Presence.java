package io.linkspan.presence;

import io.linkspan.delivery.MessageDefaults;
import io.linkspan.directory.Nodes;
import io.linkspan.wire.PresenceSettled;
import io.linkspan.wire.PresenceUpdate;
import io.linkspan.wire.PresenceWatch;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * The presence of groups at one shard: its own users for other shards, and the users of all shards
 * for its own clients. Used only on the shard's event loop.
 */
public final class Presence {

  /** The sessions of the shard. */
  public interface Sessions {

    /** Passes the user of each session of the shard in a group. */
    void forEachUserIn(String group, Consumer<String> action);

    /** Returns whether sessions of a lost node are still to be adopted here. */
    boolean isAdopting(String node);
  }

  private final PresenceSource source;
  private final PresenceViews views;
  private final Predicate<String> adopting;
  private long number;

  /**
   * Creates the presence of one shard.
   *
   * @param defaults of the Messages to clients
   */
  public Presence(PresenceParts parts, MessageDefaults defaults, Sessions sessions) {
    LongSupplier numbers = () -> ++number;
    adopting = sessions::isAdopting;
    source = new PresenceSource(parts, numbers, sessions::forEachUserIn);
    views = new PresenceViews(parts, numbers, defaults);
  }

  /** A session of the shard has become a member of a group. */
  public void added(String group, String user) {
    source.added(group, user);
  }

  /** A session of the shard is not a member of a group any more. */
  public void removed(String group, String user) {
    source.removed(group, user);
  }

  /** Sends a client all users of a group, and then what changes. */
  public void watch(String group, PresenceWatcher watcher) {
    views.watch(group, watcher);
  }

  /** Ends the watch of a session. */
  public void unwatch(String group, String session) {
    views.unwatch(group, session);
  }

  /** Ends the watch of a session whose client may be back soon. */
  public void pause(String group, String session) {
    views.pause(group, session);
  }

  /** Answers another shard that watches groups. */
  public boolean answer(PresenceWatch call) {
    return source.watch(call);
  }

  /** Answers another shard that has users of watched groups. */
  public boolean answer(PresenceUpdate call) {
    return views.update(call);
  }

  /** Answers whether a watching shard has all sessions that were adopted here. */
  public boolean answer(PresenceSettled call) {
    return !adopting.test(call.getNode()) && source.isSettled(call.getWatcher());
  }

  /** A node has joined. */
  public void joined(Nodes.Node node) {
    views.joined(node);
  }

  /** The nodes have found each other again after a partition. */
  public void merged() {
    views.merged();
  }

  /** A node has left, or is lost. */
  public void left(String node) {
    source.left(node);
    views.left(node);
  }
}
