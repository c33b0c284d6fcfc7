package io.linkspan.connection;

/**
 * Measures and drops what a link holds for its client: bytes that it has not taken, and frames of
 * which a part is missing. Used only on the event loop of the link's session.
 */
public interface Backlog {

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
}
