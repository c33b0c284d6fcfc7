package io.linkspan.delivery;

import io.linkspan.directory.SessionDirectory;
import io.linkspan.directory.SessionRef;
import io.linkspan.routing.Recipient;
import io.vertx.core.Future;
import java.util.Collection;
import java.util.List;

/** Asks the directory for the shards that have the sessions of a recipient. */
final class RecipientDirectory {

  private final SessionDirectory directory;

  RecipientDirectory(SessionDirectory directory) {
    this.directory = directory;
  }

  /**
   * Returns the bus addresses of a recipient's shards.
   *
   * @param again whether an earlier answer was wrong, so that none that is cached is used
   */
  Future<? extends Collection<String>> addressesOf(Recipient recipient, boolean again) {
    String name = recipient.name();
    return switch (recipient.kind()) {
      case USER -> {
        if (again) {
          yield directory.askAgain(name).map(RecipientDirectory::shardsOf);
        }
        Future<List<SessionRef>> sessions = directory.sessionsOf(name);
        yield sessions.succeeded()
            ? Future.succeededFuture(shardsOf(sessions.result()))
            : sessions.map(RecipientDirectory::shardsOf);
      }
      case SESSION ->
          directory.find(name).map(ref -> ref == null ? List.of() : List.of(ref.shard()));
      default -> directory.addressesOf(name);
    };
  }

  private static List<String> shardsOf(List<SessionRef> sessions) {
    return switch (sessions.size()) {
      case 0 -> List.of();
      case 1 -> List.of(sessions.get(0).shard());
      default -> sessions.stream().map(SessionRef::shard).distinct().toList();
    };
  }
}
