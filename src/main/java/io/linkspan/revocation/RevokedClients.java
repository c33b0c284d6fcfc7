package io.linkspan.revocation;

import io.linkspan.api.Revocation;
import java.util.function.Consumer;

/** The clients that are refused now. Shared by all event loops. */
public interface RevokedClients {

  /** Refuses nobody. */
  RevokedClients NONE =
      new RevokedClients() {
        @Override
        public boolean isComplete() {
          return true;
        }

        @Override
        public Revocation find(String user, String tokenId, long issuedAt) {
          return null;
        }

        @Override
        public Revocation findNetwork(String address) {
          return null;
        }

        @Override
        public void listen(Consumer<Revocation> listener) {
          // No entry is added.
        }
      };

  /**
   * Returns whether the entries of all nodes are known. While they are not, nobody can tell which
   * clients are refused.
   */
  boolean isComplete();

  /**
   * Returns an entry in force that refuses an identity; null when there is none.
   *
   * @param tokenId null without one
   * @param issuedAt of the token, in milliseconds since 1970; 0 when that is not known
   */
  Revocation find(String user, String tokenId, long issuedAt);

  /**
   * Returns an entry in force that refuses a network address; null when there is none.
   *
   * @param address without a port
   */
  Revocation findNetwork(String address);

  /**
   * Adds a listener for entries that any node adds from now on. It is called on any thread, when
   * look-ups already return the entry.
   */
  void listen(Consumer<Revocation> listener);
}
