package io.linkspan.session.transfer;

import io.linkspan.api.Message;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Recognises Messages that arrive twice for a session that was transferred: while it moves, a
 * Message to a user or group can arrive directly and be forwarded by the former shard. Pure: times
 * are arguments, in milliseconds.
 */
public final class TransferDeduplicator {

  /** Longer than a former shard forwards anything; milliseconds. */
  private static final long TIME = 30_000;

  private static final int MAX_ARRIVALS = 10_000;

  /** Oldest first. */
  private final Set<String> arrivals = new LinkedHashSet<>();

  private final long until;

  /** Begins with the transfer. */
  public TransferDeduplicator(long now) {
    until = now + TIME;
  }

  /** Adds a Message that the session has already. */
  public void add(Message message) {
    arrivals.add(key(message));
    if (arrivals.size() > MAX_ARRIVALS) {
      arrivals.remove(arrivals.iterator().next());
    }
  }

  /**
   * Returns whether a Message has arrived before, as far as is remembered; adds it if it has not.
   * Nothing is remembered any more once nothing can arrive twice.
   */
  public boolean isRepeated(Message message, long now) {
    if (now > until) {
      arrivals.clear();
      return false;
    }
    boolean repeated = arrivals.contains(key(message));
    if (!repeated) {
      add(message);
    }
    return repeated;
  }

  private static String key(Message message) {
    return message.getFrom() + '\n' + message.getEventId();
  }
}
