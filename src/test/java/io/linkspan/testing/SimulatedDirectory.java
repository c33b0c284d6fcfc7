package io.linkspan.testing;

import io.linkspan.directory.LocalSessionDirectory;
import io.linkspan.directory.SessionDirectory;
import io.linkspan.directory.SessionRef;
import io.linkspan.directory.UserSessions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Directory of all shards of a test, in virtual time: an operation takes its time, and fails while
 * the test says so.
 */
public final class SimulatedDirectory implements SessionDirectory {

  private final VirtualTime time;
  private final LocalSessionDirectory entries = new LocalSessionDirectory();

  /** How long an operation takes, in milliseconds; 0 is at once. */
  public LongSupplier delay = () -> 0;

  /** Whether operations fail. */
  public boolean failing;

  public SimulatedDirectory(VirtualTime time) {
    this.time = time;
  }

  /** Enters a session at once. */
  public SessionRef enter(String session, String user, String shard) {
    var ref = new SessionRef(session, user, shard);
    entries.add(ref);
    return ref;
  }

  /** Moves a session at once. */
  public void moveNow(SessionRef from, String shard) {
    entries.move(from, new SessionRef(from.session(), from.user(), shard));
  }

  /** Removes an entry at once. */
  public void removeNow(SessionRef ref) {
    entries.remove(ref);
  }

  /** Returns the shard that has a session; null when it is not entered. */
  public String ownerOf(String session) {
    SessionRef ref = entries.find(session).result();
    return ref == null ? null : ref.shard();
  }

  private <T> Future<T> operate(Supplier<Future<T>> operation) {
    long wait = delay.getAsLong();
    if (wait == 0) {
      return failing ? Future.failedFuture("the directory fails") : operation.get();
    }
    Promise<T> done = Promise.promise();
    time.schedule(
        (wait + 1) / 2,
        () -> {
          Future<T> result = failing ? Future.failedFuture("the directory fails") : operation.get();
          time.schedule(wait / 2, () -> result.onComplete(done));
        });
    return done.future();
  }

  @Override
  public Future<UserSessions> add(SessionRef session) {
    return operate(() -> entries.add(session));
  }

  @Override
  public Future<Boolean> move(SessionRef from, SessionRef to) {
    return operate(() -> entries.move(from, to));
  }

  @Override
  public Future<Void> remove(SessionRef session) {
    return operate(() -> entries.remove(session));
  }

  @Override
  public Future<List<SessionRef>> sessionsOf(String user) {
    return operate(() -> entries.sessionsOf(user));
  }

  @Override
  public Future<SessionRef> find(String session) {
    return operate(() -> entries.find(session));
  }

  @Override
  public Future<List<SessionRef>> reclaim(Map<SessionRef, Set<String>> owned) {
    return operate(
        () -> {
          List<SessionRef> others = new ArrayList<>();
          for (SessionRef ref : owned.keySet()) {
            SessionRef entered = entries.find(ref.session()).result();
            if (entered == null) {
              entries.add(ref);
            } else if (!entered.equals(ref)) {
              others.add(ref);
            }
          }
          return Future.succeededFuture(others);
        });
  }

  @Override
  public Future<Void> joined(SessionRef session, String group) {
    return operate(() -> entries.joined(session, group));
  }

  @Override
  public Future<Void> left(SessionRef session, String group) {
    return operate(() -> entries.left(session, group));
  }

  @Override
  public Future<Void> addGroup(String group, String shard) {
    return operate(() -> entries.addGroup(group, shard));
  }

  @Override
  public Future<Void> removeGroup(String group, String shard) {
    return operate(() -> entries.removeGroup(group, shard));
  }

  @Override
  public Future<Collection<String>> addressesOf(String group) {
    return operate(() -> entries.addressesOf(group));
  }

  @Override
  public Collection<String> shardsHere(String group) {
    return entries.shardsHere(group);
  }
}
