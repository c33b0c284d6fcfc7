package io.linkspan.session.replica;

import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * The streamed answers that have ended for one session. A node that was frozen or partitioned may
 * continue a stream, or end it, after another node has ended it: nothing may follow the first end.
 * Used only on the event loop of the session's shard.
 */
public final class EndedStreams {

  private static final int MOST = 32;

  /** Ids of streams, the oldest first; shared by all sessions without any. */
  private Set<String> ids = Set.of();

  /** Returns whether a Message belongs to a stream that has ended. */
  public boolean includes(Message message) {
    if (ids.isEmpty()) {
      return false;
    }
    String stream = streamOf(message);
    return stream != null && ids.contains(stream);
  }

  /** Notes a Message that the session has accepted, which may be the end of a stream. */
  public void accepted(Message message) {
    String stream = streamOf(message);
    if (stream != null && Headers.get(message, Headers.STREAM_END) != null) {
      add(stream);
    }
  }

  /**
   * Returns the stream that answers a request of the session; null for any other Message, also for
   * a part from a log, which the session may receive again.
   */
  private static String streamOf(Message message) {
    return message.getReplyToBytes().isEmpty() || Headers.get(message, Headers.POSITION) != null
        ? null
        : Headers.get(message, Headers.STREAM);
  }

  private void add(String stream) {
    if (ids.isEmpty()) {
      ids = new LinkedHashSet<>(2);
    }
    ids.add(stream);
    if (ids.size() > MOST) {
      ids.remove(ids.iterator().next());
    }
  }

  /** Returns the ids, the oldest first. */
  public Collection<String> ids() {
    return ids;
  }

  /** Takes the ids that the session had on another shard. */
  public void restore(Collection<String> before) {
    before.forEach(this::add);
  }
}
