package io.linkspan.api.stream;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.GatewayClient;
import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.api.Origin;
import io.linkspan.api.ReservedTypes;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * One streamed answer: Messages that answer one request of a client, in order. They reach the
 * client's session wherever it is and on whichever transport. Used only on the context that opened
 * it.
 *
 * <pre>
 *          end(), end(why), a cancellation,        the client has all, or
 *          or a part that was not delivered        it cannot be reached
 *   OPEN ───────────────────────────────► ENDING ────────────────────► ENDED
 *     │                     the session has ended                        ▲
 *     ├──────────────────────────────────────────────────────────────────┤
 *     │ the same, and the parts are kept                   end(), end(why)
 *     └──────────────────────► DETACHED ─────────────────────────────────┘
 * </pre>
 *
 * <p>The parts of a stream that is kept go to its log as well, for further sessions of the user.
 * Such a stream continues when its session has ended.
 */
public final class AnswerStream {

  /** The ways in which a stream ends. */
  public enum End {
    /** The service ended the stream as complete. */
    COMPLETE("complete"),
    /** The service ended the stream with an error, or a part was not delivered. */
    FAILED("failed"),
    /** The client cancelled it. */
    CANCELLED("cancelled"),
    /** The client's session has ended. */
    GONE("gone");

    private final String label;

    End(String label) {
      this.label = label;
    }

    /** Returns the value of {@link Headers#STREAM_END} and of labels of metrics. */
    public String label() {
      return label;
    }
  }

  private enum State {
    OPEN,
    DETACHED,
    ENDING,
    ENDED
  }

  /**
   * Time for a client to acknowledge a part. Its session reports an outcome before, unless the
   * client is disconnected for longer, or a node was lost on the way there.
   */
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  private final GatewayClient client;
  private final Message request;
  private final String session;
  private final int window;
  private final Consumer<AnswerStream> onEnd;
  private final String id = UUID.randomUUID().toString();
  private final Promise<End> ended = Promise.promise();
  private final Promise<Void> settled = Promise.promise();
  private State state = State.OPEN;

  /** Appends the parts to the log of the stream; null where they are not kept. */
  private final KeptParts kept;

  private long offset;

  /** Parts that the client has not acknowledged. */
  private int pending;

  /** The end that is sent when the client has acknowledged all parts; null for none. */
  private Message awaitedEnd;

  /** Completed when there is room for another part; null while nobody waits. */
  private Promise<Void> room;

  /**
   * @param origin session that receives the stream
   * @param window most parts without an acknowledgement
   * @param onEnd called once, when nothing more can be written
   */
  AnswerStream(
      Vertx vertx,
      GatewayClient client,
      Message request,
      Origin origin,
      int window,
      Consumer<AnswerStream> onEnd) {
    this.client = client;
    this.request = request;
    session = origin.session();
    this.window = window;
    this.onEnd = onEnd;
    kept = KeptParts.of(vertx, client, origin, id, this::grantRoom);
  }

  /** Returns the id, which is the header {@code stream} of each part. */
  public String id() {
    return id;
  }

  /** Returns the public id of the session that receives the stream. */
  public String session() {
    return session;
  }

  /** Returns the eventId of the request. */
  public String replyTo() {
    return request.getEventId();
  }

  /** Returns whether a part can be written now. */
  public boolean isWritable() {
    return isOpen() && hasRoom();
  }

  private boolean isOpen() {
    return state == State.OPEN || state == State.DETACHED;
  }

  private boolean hasRoom() {
    return pending < window && (kept == null || kept.waiting() < window);
  }

  /**
   * Sends the next part. {@code eventId}, {@code replyTo}, {@code to}, the headers of streams and
   * an empty {@code from} are filled in.
   *
   * @return completes when another part can be written; fails when the stream has ended, with
   *     {@code queue-full} when the previous part's future is not complete, and with {@code
   *     forbidden} for a reserved type
   */
  public Future<Void> write(Message part) {
    if (!isOpen()) {
      return Future.failedFuture(over());
    }
    if (!hasRoom()) {
      return Future.failedFuture(
          new MessageException(ErrorCode.QUEUE_FULL, window + " parts are not acknowledged"));
    }
    if (ReservedTypes.isForged(part)) {
      return Future.failedFuture(ReservedTypes.refusal(part.getType()));
    }
    Message complete = complete(part).build();
    keep(complete);
    if (state == State.OPEN) {
      pending++;
      client.send(complete, PATIENCE).onComplete(v -> delivered(), this::undelivered);
    }
    return whenWritable();
  }

  private void keep(Message part) {
    if (kept != null) {
      kept.add(part);
    }
  }

  /** Completes when a part can be written; fails when the stream has ended. */
  public Future<Void> whenWritable() {
    if (!isOpen()) {
      return Future.failedFuture(over());
    }
    if (hasRoom()) {
      return Future.succeededFuture();
    }
    if (room == null) {
      room = Promise.promise();
    }
    return room.future();
  }

  /**
   * Ends the stream as complete, which the client receives once it has acknowledged all parts. Does
   * nothing when the stream has ended.
   *
   * @return completes when the client has all of it; fails when that is not certain
   */
  public Future<Void> end() {
    return end(End.COMPLETE, null);
  }

  /** Ends the stream with an error, which the client receives. Does nothing when it has ended. */
  public Future<Void> end(MessageException why) {
    return end(End.FAILED, why);
  }

  /** Ends the stream because its client wants no more of it. */
  void cancel() {
    end(End.CANCELLED, null);
  }

  /** Ends the stream because its session has ended, unless it is kept. */
  void sessionEnded() {
    if (state == State.OPEN && kept != null) {
      state = State.DETACHED;
      pending = 0;
      grantRoom();
    } else if (state == State.OPEN) {
      close(End.GONE);
      finish(sessionHasEnded());
    }
  }

  private static MessageException sessionHasEnded() {
    return new MessageException(ErrorCode.NO_SUCH_RECIPIENT, "the session has ended");
  }

  /** Completes when nothing more can be written, with the reason. */
  public Future<End> ended() {
    return ended.future();
  }

  /** Completes when the client has all of it, its end included; fails when that is not certain. */
  public Future<Void> settled() {
    return settled.future();
  }

  private Future<Void> end(End how, MessageException why) {
    if (state == State.DETACHED) {
      close(how);
      keep(endMessage(how, why));
      finish(sessionHasEnded());
    } else if (state == State.OPEN) {
      close(how);
      Message end = endMessage(how, why);
      keep(end);
      // Only when the client has all parts is it certain that the stream is complete.
      if (how == End.COMPLETE && pending > 0) {
        awaitedEnd = end;
      } else {
        send(end);
      }
    }
    return settled.future();
  }

  private void send(Message end) {
    awaitedEnd = null;
    client.send(end, PATIENCE).onComplete(v -> finish(null), this::finish);
  }

  private Message endMessage(End how, MessageException why) {
    return why == null
        ? complete(Message.getDefaultInstance()).putHeaders(Headers.STREAM_END, how.label()).build()
        : complete(StreamFailure.of(why).build()).build();
  }

  /** Returns the last Message of a stream whose writer was lost, without an offset. */
  static Message endOfLost(String id, Message request, String session, MessageException why) {
    return StreamFailure.of(why)
        .setEventId(id + ".lost")
        .setFrom(request.getTo())
        .setTo("session:" + session)
        .setReplyTo(request.getEventId())
        .putHeaders(Headers.STREAM, id)
        .build();
  }

  private Message.Builder complete(Message part) {
    long number = offset++;
    Message.Builder complete =
        part.toBuilder()
            .setEventId(id + '.' + number)
            .setTo("session:" + session)
            .setReplyTo(request.getEventId())
            .putHeaders(Headers.STREAM, id)
            .putHeaders(Headers.STREAM_OFFSET, Long.toString(number));
    return part.getFrom().isEmpty() ? complete.setFrom(request.getTo()) : complete;
  }

  private void delivered() {
    if (state == State.DETACHED) {
      return;
    }
    pending--;
    if (awaitedEnd != null && pending == 0) {
      send(awaitedEnd);
    }
    grantRoom();
  }

  private void grantRoom() {
    if (room != null && isWritable()) {
      Promise<Void> waiting = room;
      room = null;
      waiting.complete();
    }
  }

  private void undelivered(Throwable failure) {
    if (state == State.DETACHED) {
      return;
    }
    pending--;
    MessageException why = MessageException.from(failure);
    boolean gone = why.code() == ErrorCode.NO_SUCH_RECIPIENT;
    if (awaitedEnd != null && gone) {
      awaitedEnd = null;
      finish(why);
    } else if (awaitedEnd != null) {
      offset--; // that of the end which is not sent
      send(endMessage(End.FAILED, why));
    } else if (gone) {
      sessionEnded();
    } else {
      end(why);
    }
  }

  private void close(End how) {
    state = State.ENDING;
    onEnd.accept(this);
    if (room != null) {
      room.fail(over());
      room = null;
    }
    ended.complete(how);
  }

  private void finish(Throwable failure) {
    state = State.ENDED;
    Future<Void> whenKept = kept == null ? Future.succeededFuture() : kept.idle();
    whenKept.onComplete(
        v -> {
          if (failure == null) {
            settled.complete();
          } else {
            settled.fail(failure);
          }
        });
  }

  private static MessageException over() {
    return new MessageException(ErrorCode.UNAVAILABLE, "the stream has ended");
  }
}
