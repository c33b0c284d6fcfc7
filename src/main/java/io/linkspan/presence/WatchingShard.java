package io.linkspan.presence;

import io.linkspan.wire.GroupUpdate;
import io.linkspan.wire.PresenceUpdate;
import io.linkspan.wire.PresenceWatch;
import io.linkspan.wire.ShardCall;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * Another shard that watches groups, and what it has not been sent. Used only on one event loop.
 */
final class WatchingShard implements CallChannel.Content, LocalUsers.Watcher {

  /** Bytes of names in one call; more are sent when it is confirmed. */
  static final int MAX_BYTES = 64 << 10;

  private final PresenceParts parts;
  private final LongSupplier numbers;
  private final CallChannel channel;
  private final Map<String, PendingUsers> groups = new HashMap<>();

  /** Groups with something to send. */
  private final Set<String> pending = new LinkedHashSet<>();

  private final List<String> inFlight = new ArrayList<>();
  private long digest;
  private long lastNumber;

  /**
   * Creates a watching shard without groups.
   *
   * @param address bus address of the watching shard
   * @param numbers each higher than the one before
   */
  WatchingShard(PresenceParts parts, String address, LongSupplier numbers) {
    this.parts = parts;
    this.numbers = numbers;
    channel = new CallChannel(parts.bus(), parts.scheduler(), address, this);
  }

  /** Returns whether a call is older than another one that has arrived, and notes it otherwise. */
  boolean isLate(PresenceWatch call) {
    if (call.getNumber() <= lastNumber) {
      return true;
    }
    lastNumber = call.getNumber();
    return false;
  }

  /** Sends all users of a group, now and again if it is watched already. */
  void add(String group, PendingUsers users) {
    if (groups.put(group, users) == null) {
      digest += group.hashCode();
    }
    users.local().watchers().add(this);
    send(group);
  }

  /** Ends the watch of a group; returns its users, or null when it was not watched. */
  LocalUsers remove(String group) {
    PendingUsers users = groups.remove(group);
    if (users == null) {
      return null;
    }
    digest -= group.hashCode();
    pending.remove(group);
    users.local().watchers().remove(this);
    return users.local();
  }

  /** Returns the watched groups. */
  Set<String> groups() {
    return groups.keySet();
  }

  /** Returns whether it watches the groups that the caller says. */
  boolean isAsStated(PresenceWatch call) {
    return call.getCount() == groups.size() && call.getDigest() == digest;
  }

  @Override
  public void changed(String group, String user) {
    if (groups.get(group).changed(user)) {
      send(group);
    }
  }

  /** Returns whether the shard has everything. */
  boolean isSettled() {
    return pending.isEmpty() && channel.isIdle();
  }

  /** Ends its updates. */
  void close() {
    channel.close();
  }

  private void send(String group) {
    pending.add(group);
    channel.wake();
  }

  @Override
  public ShardCall next() {
    if (pending.isEmpty()) {
      return null;
    }
    PresenceUpdate.Builder update =
        PresenceUpdate.newBuilder().setSource(parts.address()).setNumber(numbers.getAsLong());
    inFlight.clear();
    long room = MAX_BYTES;
    for (Iterator<String> names = pending.iterator(); room > 0 && names.hasNext(); ) {
      String group = names.next();
      PendingUsers users = groups.get(group);
      GroupUpdate part = users.poll(room);
      room -= part.getSerializedSize();
      update.addGroups(part);
      inFlight.add(group);
      if (!users.hasMore()) {
        names.remove();
      }
    }
    parts.metrics().updates.increment();
    return ShardCall.newBuilder().setPresenceUpdate(update).build();
  }

  @Override
  public void confirmed() {
    inFlight.clear();
  }

  @Override
  public void failed(boolean absent) {
    parts.metrics().resyncs.increment();
    for (String group : inFlight) {
      PendingUsers users = groups.get(group);
      if (users != null) {
        users.restart();
        pending.add(group);
      }
    }
    inFlight.clear();
  }
}
