package io.linkspan.api.stream;

import io.linkspan.api.Addresses;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.GatewayClient;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.api.Origin;
import io.linkspan.api.SessionEvent;
import io.linkspan.api.SessionQuery;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Opens streamed answers, and ends those whose clients cancel them or whose sessions end. Used only
 * on the context that created it; a service has one per verticle.
 *
 * <pre>{@code
 * AnswerStreams streams = AnswerStreams.create(vertx);
 * Service.register(vertx, "story", (request, origin) -> {
 *   AnswerStream answer = streams.open(request, origin);
 *   tell(answer);                       // write(), and the next one when its future completes
 *   return Future.succeededFuture();    // acknowledges the request
 * });
 * }</pre>
 */
public final class AnswerStreams {

  /** Parts of a stream without an acknowledgement, unless another number is given. */
  public static final int DEFAULT_WINDOW = 16;

  /** From the end of a link until it is looked up whether the session goes on; milliseconds. */
  private static final long LOOK_UP_AFTER = 1_000;

  /** How often a session must be missed before it counts as ended. */
  private static final int LOOK_UPS = 2;

  private static final int MAX_CANCELLED = 1_000;

  private final Vertx vertx;
  private final GatewayClient client;
  private final MessageConsumer<?> events;
  private final MessageConsumer<JsonObject> requests;

  /** Streams that have not ended, by their sessions. */
  private final Map<String, List<AnswerStream>> open = new HashMap<>();

  private int count;

  /** Latest cancellations, the oldest first: one may arrive before its answer begins. */
  private final Set<Cancellation> cancelled = new LinkedHashSet<>();

  private record Cancellation(String session, String replyTo) {}

  private AnswerStreams(Vertx vertx) {
    this.vertx = vertx;
    client = GatewayClient.create(vertx);
    events = client.events(this::onEvent);
    requests = vertx.eventBus().consumer(Addresses.STREAMS, request -> onRequest(request.body()));
  }

  /** Creates the streams of the current context. */
  public static AnswerStreams create(Vertx vertx) {
    return new AnswerStreams(vertx);
  }

  /** Completes when cancellations and ends of sessions arrive from all nodes. */
  public Future<Void> ready() {
    return Future.all(events.completion(), requests.completion()).mapEmpty();
  }

  /** Opens the answer to a request, with {@value #DEFAULT_WINDOW} parts in flight. */
  public AnswerStream open(Message request, Origin origin) {
    return open(request, origin, DEFAULT_WINDOW);
  }

  /**
   * Opens the answer to a request.
   *
   * @param window most parts without an acknowledgement, at least 1
   */
  public AnswerStream open(Message request, Origin origin, int window) {
    var stream = new AnswerStream(vertx, client, request, origin, window, this::remove);
    open.computeIfAbsent(origin.session(), session -> new ArrayList<>(1)).add(stream);
    count++;
    if (cancelled.remove(new Cancellation(origin.session(), request.getEventId()))) {
      stream.cancel();
    }
    return stream;
  }

  /** Returns the number of streams of a session that have not ended. */
  public int count(String session) {
    return open.getOrDefault(session, List.of()).size();
  }

  /** Returns the number of streams that have not ended. */
  public int count() {
    return count;
  }

  /**
   * Ends a stream that another process has written, and can write no more.
   *
   * @param id of the stream
   */
  public void endLost(String id, Message request, Origin origin, MessageException why) {
    Message end = AnswerStream.endOfLost(id, request, origin.session(), why);
    client.post(end);
    KeptParts kept = KeptParts.of(vertx, client, origin, id, () -> {});
    if (kept != null) {
      kept.add(end);
    }
  }

  /**
   * Ends all streams with an error.
   *
   * @return completes when no stream has anything left to deliver
   */
  public Future<Void> endAll(MessageException why) {
    List<Future<Void>> ends = new ArrayList<>();
    for (List<AnswerStream> streams : List.copyOf(open.values())) {
      for (AnswerStream stream : List.copyOf(streams)) {
        ends.add(stream.end(why));
      }
    }
    return Future.join(ends).transform(ended -> Future.succeededFuture());
  }

  /** Ends all streams, and reads no further events. */
  public Future<Void> close() {
    endAll(new MessageException(ErrorCode.UNAVAILABLE, "the service shuts down"));
    return Future.join(events.unregister(), requests.unregister()).mapEmpty();
  }

  private void remove(AnswerStream ended) {
    open.computeIfPresent(
        ended.session(),
        (session, streams) -> streams.remove(ended) && streams.isEmpty() ? null : streams);
    count--;
  }

  private void onRequest(JsonObject request) {
    String session = request.getString("session");
    String replyTo = request.getString("replyTo");
    if (cancelled.add(new Cancellation(session, replyTo)) && cancelled.size() > MAX_CANCELLED) {
      cancelled.remove(cancelled.iterator().next());
    }
    for (AnswerStream stream : streamsOf(session)) {
      if (stream.replyTo().equals(replyTo)) {
        stream.cancel();
      }
    }
  }

  private void onEvent(SessionEvent event) {
    if (count == 0 || !open.containsKey(event.session())) {
      return;
    }
    switch (event.type()) {
      case EXPIRED -> sessionEnded(event.session());
      case DISCONNECTED ->
          vertx.setTimer(LOOK_UP_AFTER, timer -> lookUp(event.session(), LOOK_UPS));
      default -> {
        // The session goes on.
      }
    }
  }

  /**
   * Ends the streams of a session that no shard has. Not every end of a session is an event of its
   * own, and a session that is being moved may be missed once.
   */
  private void lookUp(String session, int tries) {
    if (!open.containsKey(session)) {
      return;
    }
    client
        .sessions(SessionQuery.ALL.ofSession(session))
        .onSuccess(
            page -> {
              if (!page.sessions().isEmpty()) {
                return;
              }
              if (tries > 1) {
                vertx.setTimer(LOOK_UP_AFTER, timer -> lookUp(session, tries - 1));
              } else {
                sessionEnded(session);
              }
            });
  }

  private void sessionEnded(String session) {
    streamsOf(session).forEach(AnswerStream::sessionEnded);
  }

  private List<AnswerStream> streamsOf(String session) {
    return List.copyOf(open.getOrDefault(session, List.of()));
  }
}
