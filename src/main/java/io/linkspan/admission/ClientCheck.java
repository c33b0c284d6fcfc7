package io.linkspan.admission;

/**
 * Refuses clients that are blocked, or whose token is revoked. Shared by all event loops. A check
 * costs little.
 */
public interface ClientCheck {

  /** Refuses nobody. */
  ClientCheck NONE =
      new ClientCheck() {
        @Override
        public void checkAddress(String address) {
          // Every address may connect.
        }

        @Override
        public void check(Identity identity) {
          // Every identity may connect.
        }

        @Override
        public boolean refuses(Identity identity) {
          return false;
        }
      };

  /**
   * Refuses the clients of some network addresses, and counts the refusal.
   *
   * @param address without a port
   */
  void checkAddress(String address) throws ConnectRefusedException;

  /** Refuses some identities, and counts the refusal. */
  void check(Identity identity) throws ConnectRefusedException;

  /** Returns whether {@link #check} refuses an identity now. */
  boolean refuses(Identity identity);
}
