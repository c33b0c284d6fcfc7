package io.linkspan.connection;

import java.util.ArrayList;
import java.util.List;

/**
 * Holds Messages for a client whose session has begun and whose link is not open yet. Pure; used
 * only on the event loop of the client.
 */
public final class EarlyMessages {

  /** Bounds what is held for one client, by the bytes of the Messages. */
  public static final class Limit {

    /** A session that is resumed may send everything that it has kept. */
    private static final int TIMES_WRITE_QUEUE = 4;

    private static final long LEAST = 4L * 1024 * 1024;

    private final long limit;
    private long bytes;

    /**
     * @param writeQueue bytes that may wait for an open link; 0 is no limit there
     */
    public Limit(long writeQueue) {
      limit = Math.max(LEAST, TIMES_WRITE_QUEUE * writeQueue);
    }

    /** Counts a Message, unless there are too many already. */
    public boolean takes(Outgoing message) {
      if (bytes >= limit) {
        return false;
      }
      bytes += message.size();
      return true;
    }
  }

  private final Limit limit;
  private List<Outgoing> messages = List.of();

  /**
   * @param writeQueue as for {@link Limit}
   */
  public EarlyMessages(long writeQueue) {
    limit = new Limit(writeQueue);
  }

  /**
   * Holds a Message.
   *
   * @return false when too much is held already
   */
  public boolean add(Outgoing message) {
    if (!limit.takes(message)) {
      return false;
    }
    if (messages.isEmpty()) {
      messages = new ArrayList<>();
    }
    messages.add(message);
    return true;
  }

  /** Removes and returns all Messages, in their order. */
  public List<Outgoing> takeAll() {
    List<Outgoing> all = messages;
    messages = List.of();
    return all;
  }
}
