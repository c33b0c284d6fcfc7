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

  /** Returns whether nothing can arrive twice any more. */
  public boolean isOver(long now) {
    return now > until;
  }

  /** Adds a Message; returns whether it has not arrived before, as far as is remembered. */
  public boolean add(Message message) {
    boolean first = arrivals.add(message.getFrom() + '\n' + message.getEventId());
    if (first && arrivals.size() > MAX_ARRIVALS) {
      arrivals.remove(arrivals.iterator().next());
    }
    return first;
  }
}
