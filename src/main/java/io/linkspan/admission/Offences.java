package io.linkspan.admission;

/**
 * Counts what clients do too often, and bans them for it. Shared by all event loops.
 *
 * <p>A client with a verified name is counted under its name, any other one under its network
 * address. So nobody who lacks the credentials of a user can make this user banned, and a user that
 * misbehaves does not make the others behind the same address banned.
 *
 * <p>Each time that is returned is in milliseconds: 0 lets the client continue, any other one
 * refuses it until then.
 */
public interface Offences {

  /** Counts nothing and bans nobody. */
  Offences NONE =
      new Offences() {
        @Override
        public long connect(String address) {
          return 0;
        }

        @Override
        public long identified(String address, Identity identity) {
          return 0;
        }

        @Override
        public long count(Offence offence, String address, Identity identity) {
          return 0;
        }

        @Override
        public boolean isDropped(String address) {
          return false;
        }
      };

  /**
   * Counts a connect.
   *
   * @param address of the client, without its port
   * @return for how long the client is banned
   */
  long connect(String address);

  /**
   * Counts the latest connect under the name of its client in place of its address, if the name is
   * verified.
   *
   * @param address of the client, without its port; empty when it is not known
   * @return for how long the client is banned
   */
  long identified(String address, Identity identity);

  /**
   * Counts an offence.
   *
   * @param address of the client, without its port; empty when it is not known
   * @param identity of the client; null while it has none
   * @return for how long the client is banned
   */
  long count(Offence offence, String address, Identity identity);

  /**
   * Returns whether a banned client connects so fast that it is not worth an answer. Called on any
   * thread.
   *
   * @param address of the client, without its port
   */
  boolean isDropped(String address);
}
