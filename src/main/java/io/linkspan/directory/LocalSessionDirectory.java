package io.linkspan.directory;

import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The directory of a standalone gateway. Shared by all event loops of the node.
 *
 * <p>Values are immutable and stored as completed futures, so a look-up per Message creates no
 * object.
 */
public final class LocalSessionDirectory implements SessionDirectory {

  private static final Future<List<SessionRef>> NO_SESSION = Future.succeededFuture(List.of());
  private static final Future<Collection<String>> NO_SHARD = Future.succeededFuture(Set.of());

  private final ConcurrentMap<String, Future<List<SessionRef>>> users = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, SessionRef> sessions = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, Future<Collection<String>>> groups =
      new ConcurrentHashMap<>();

  @Override
  public Future<UserSessions> add(SessionRef session) {
    sessions.put(session.session(), session);
    Future<List<SessionRef>> entered =
        users.compute(
            session.user(),
            (user, old) -> {
              if (old == null) {
                return Future.succeededFuture(List.of(session));
              }
              List<SessionRef> all = new ArrayList<>(old.result());
              all.add(session);
              return Future.succeededFuture(List.copyOf(all));
            });
    return Future.succeededFuture(new UserSessions(entered.result(), null));
  }

  @Override
  public Future<Boolean> move(SessionRef from, SessionRef to) {
    if (!sessions.replace(from.session(), from, to)) {
      return Future.succeededFuture(false);
    }
    users.computeIfPresent(
        from.user(),
        (user, old) ->
            Future.succeededFuture(
                old.result().stream().map(ref -> ref.equals(from) ? to : ref).toList()));
    return Future.succeededFuture(true);
  }

  @Override
  public Future<Void> remove(SessionRef session) {
    sessions.remove(session.session(), session);
    users.computeIfPresent(
        session.user(),
        (user, old) -> {
          List<SessionRef> all = old.result();
          if (all.size() == 1) {
            return all.get(0).equals(session) ? null : old;
          }
          return Future.succeededFuture(
              all.stream().filter(other -> !other.equals(session)).toList());
        });
    return Future.succeededFuture();
  }

  @Override
  public Future<List<SessionRef>> sessionsOf(String user) {
    return users.getOrDefault(user, NO_SESSION);
  }

  @Override
  public Future<SessionRef> find(String session) {
    return Future.succeededFuture(sessions.get(session));
  }

  @Override
  public Future<List<SessionRef>> reclaim(Map<SessionRef, Set<String>> owned) {
    // This directory never loses entries.
    return Future.succeededFuture(List.of());
  }

  @Override
  public Future<Void> joined(SessionRef session, String group) {
    // The reader of these entries would crash together with this node.
    return Future.succeededFuture();
  }

  @Override
  public Future<Void> left(SessionRef session, String group) {
    return Future.succeededFuture();
  }

  @Override
  public Future<Void> addGroup(String group, String shard) {
    groups.merge(
        group,
        Future.succeededFuture(Set.of(shard)),
        (old, added) ->
            Future.succeededFuture(
                Stream.concat(old.result().stream(), added.result().stream())
                    .collect(Collectors.toUnmodifiableSet())));
    return Future.succeededFuture();
  }

  @Override
  public Future<Void> removeGroup(String group, String shard) {
    groups.computeIfPresent(
        group,
        (name, old) -> {
          Set<String> rest =
              old.result().stream()
                  .filter(other -> !other.equals(shard))
                  .collect(Collectors.toUnmodifiableSet());
          return rest.isEmpty() ? null : Future.succeededFuture(rest);
        });
    return Future.succeededFuture();
  }

  @Override
  public Future<Collection<String>> addressesOf(String group) {
    return groups.getOrDefault(group, NO_SHARD);
  }

  @Override
  public Collection<String> shardsHere(String group) {
    return groups.getOrDefault(group, NO_SHARD).result();
  }
}
