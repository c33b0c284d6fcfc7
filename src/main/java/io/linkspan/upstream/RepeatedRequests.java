package io.linkspan.upstream;

import io.linkspan.api.Message;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * Recognises requests that are here already: a client sends its request again when its node was
 * lost before the acknowledgement. Used only on the event loop that created it.
 */
final class RepeatedRequests {

  private static final int MAX_REQUESTS = 10_000;

  private record Key(String user, String eventId) {}

  private static final class Entry {
    /** Null until the answer is streamed. */
    StreamedAnswers.Begun stream;

    final List<io.vertx.core.eventbus.Message<Message>> waiting = new ArrayList<>(0);
  }

  private final BiConsumer<io.vertx.core.eventbus.Message<Message>, StreamedAnswers.Begun>
      onStreamed;

  /** Requests without an outcome, and those whose answers were streamed lately, oldest first. */
  private final Map<Key, Entry> requests = new LinkedHashMap<>();

  /**
   * @param onStreamed answers a repeated request whose answer is streamed
   */
  RepeatedRequests(
      BiConsumer<io.vertx.core.eventbus.Message<Message>, StreamedAnswers.Begun> onStreamed) {
    this.onStreamed = onStreamed;
  }

  /**
   * Notes a request.
   *
   * @return false when it is here already; it has been answered then, or is answered together with
   *     the first one
   */
  boolean admit(io.vertx.core.eventbus.Message<Message> request) {
    Entry earlier = requests.putIfAbsent(keyOf(request), new Entry());
    if (earlier == null) {
      if (requests.size() > MAX_REQUESTS) {
        requests.remove(requests.keySet().iterator().next());
      }
      return true;
    }
    if (earlier.stream == null) {
      earlier.waiting.add(request);
    } else {
      onStreamed.accept(request, earlier.stream);
    }
    return false;
  }

  /** The answer to a request is streamed. */
  void streamed(io.vertx.core.eventbus.Message<Message> request, StreamedAnswers.Begun stream) {
    Entry entry = requests.get(keyOf(request));
    if (entry != null) {
      entry.stream = stream;
      entry.waiting.forEach(repeated -> onStreamed.accept(repeated, stream));
      entry.waiting.clear();
    }
  }

  /** A request has been answered with this reply, and its answer is not streamed. */
  void ended(io.vertx.core.eventbus.Message<Message> request, Object reply) {
    Entry entry = requests.remove(keyOf(request));
    if (entry != null) {
      entry.waiting.forEach(repeated -> repeated.reply(reply));
    }
  }

  private static Key keyOf(io.vertx.core.eventbus.Message<Message> request) {
    return new Key(request.body().getFrom(), request.body().getEventId());
  }
}
