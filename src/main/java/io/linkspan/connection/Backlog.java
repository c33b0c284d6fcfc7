package io.linkspan.connection;

/**
 * Measures and drops what a link holds for its client: bytes that it has not taken, and frames of
 * which a part is missing. Messages of which only the newest count wait in front of a link that is
 * not writable. Used only on the event loop of the link's session.
 */
public interface Backlog {

  /** Bytes that may wait for the socket of a link that is writable. */
  int MARK = 4 * 1024;

  /** Bytes that the kernel may take before it has sent what it has; see {@link #keepShort}. */
  int KERNEL_MARK = 4 * 1024;

  /** Holds nothing. */
  Backlog NONE =
      new Backlog() {
        @Override
        public long bytes() {
          return 0;
        }

        @Override
        public void drop() {
          // There is nothing.
        }
      };

  /** Returns the bytes that are held. */
  long bytes();

  /** Ends a closed link at once and drops what it holds, since the client does not read it. */
  void drop();

  /** Keeps the queues below the link short from now on, where that is possible. */
  default void keepShort() {}

  /** Returns whether a Message that is written now reaches the client without much delay. */
  default boolean isWritable() {
    return true;
  }

  /**
   * Runs an action once, now or later, when the client has taken what was written until now. The
   * action is dropped when the link ends first. One action waits at a time.
   */
  default void whenWritable(Runnable action) {
    action.run();
  }
}
