package io.linkspan.revocation;

import io.linkspan.api.Revocation;
import io.vertx.core.Future;
import java.util.Collection;
import java.util.List;

/** Stores the entries that all nodes share. Used on any thread; so are the futures. */
public interface RevocationStore {

  /** Receives the changes that any node makes, on any thread. */
  interface Listener {

    /** An entry was added, or has changed. */
    void added(Revocation entry);

    /** An entry was removed before its end. */
    void removed(String id);

    /**
     * Changes may have been missed.
     *
     * @param lost whether the store may have lost entries too
     */
    void interrupted(boolean lost);
  }

  /**
   * Adds an entry until its end, or merges it with the one that is there.
   *
   * @return completes when the loss of one node does not lose it
   */
  Future<Void> put(Revocation entry);

  /** Removes an entry; does nothing when there is none. */
  Future<Void> remove(String id);

  /** Returns all entries. */
  Future<Collection<Revocation>> all();

  /** Sets the listener; called once, and completed before {@link #all}. */
  Future<Void> watch(Listener listener);

  /** Returns the store of a standalone gateway, which needs none beside its list. */
  static RevocationStore alone() {
    return new RevocationStore() {
      @Override
      public Future<Void> put(Revocation entry) {
        return Future.succeededFuture();
      }

      @Override
      public Future<Void> remove(String id) {
        return Future.succeededFuture();
      }

      @Override
      public Future<Collection<Revocation>> all() {
        return Future.succeededFuture(List.of());
      }

      @Override
      public Future<Void> watch(Listener listener) {
        return Future.succeededFuture();
      }
    };
  }
}
