package io.linkspan.session;

import io.linkspan.api.Message;
import io.linkspan.time.DeadlineTimer;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * What has come for a session since it was taken over. While a session moves, a Message that was
 * meant for everybody can come from the former shard and directly.
 */
final class TransferDeduplicator {

  /**
   * How long what was under way to a former shard may come from both sides, in milliseconds. Longer
   * than a former shard passes anything on.
   */
  private static final long TIME = 30_000;

  private static final int MAX_ARRIVALS = 10_000;

  /** Oldest first. */
  private final Set<String> arrivals = new LinkedHashSet<>();

  private final long until = DeadlineTimer.now() + TIME;

  /** Whether nothing can come twice any more. */
  boolean isOver() {
    return DeadlineTimer.now() > until;
  }

  /** Whether the Message has not come before, as far as is remembered; it has now. */
  boolean isFirst(Message message) {
    boolean first = arrivals.add(message.getFrom() + '\n' + message.getEventId());
    if (first && arrivals.size() > MAX_ARRIVALS) {
      arrivals.remove(arrivals.iterator().next());
    }
    return first;
  }
}
