package io.linkspan.api.stream;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.GatewayClient;
import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.api.ReservedTypes;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.json.JsonObject;
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
 *     └──────────────────────────────────────────────────────────────────┘
 * </pre>
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
  private long offset;

  /** Parts that the client has not acknowledged. */
  private int pending;

  /** Whether the end is sent when the client has acknowledged all parts. */
  private boolean awaitsParts;

  /** Completed when there is room for another part; null while nobody waits. */
  private Promise<Void> room;

  /**
   * @param window most parts without an acknowledgement
   * @param onEnd called once, when nothing more can be written
   */
  AnswerStream(
      GatewayClient client,
      Message request,
      String session,
      int window,
      Consumer<AnswerStream> onEnd) {
    this.client = client;
    this.request = request;
    this.session = session;
    this.window = window;
    this.onEnd = onEnd;
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
    return state == State.OPEN && pending < window;
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
    if (state != State.OPEN) {
      return Future.failedFuture(over());
    }
    if (pending >= window) {
      return Future.failedFuture(
          new MessageException(ErrorCode.QUEUE_FULL, pending + " parts are not acknowledged"));
    }
    if (ReservedTypes.isForged(part)) {
      return Future.failedFuture(ReservedTypes.refusal(part.getType()));
    }
    pending++;
    client.send(complete(part).build(), PATIENCE).onComplete(v -> delivered(), this::undelivered);
    return whenWritable();
  }

  /** Completes when a part can be written; fails when the stream has ended. */
  public Future<Void> whenWritable() {
    if (state != State.OPEN) {
      return Future.failedFuture(over());
    }
    if (pending < window) {
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

  /** Ends the stream because its session has ended. */
  void sessionEnded() {
    if (state == State.OPEN) {
      close(End.GONE);
      finish(new MessageException(ErrorCode.NO_SUCH_RECIPIENT, "the session has ended"));
    }
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
    if (state == State.OPEN) {
      close(how);
      // Only when the client has all parts is it certain that the stream is complete.
      if (how == End.COMPLETE && pending > 0) {
        awaitsParts = true;
      } else {
        sendEnd(how, why);
      }
    }
    return settled.future();
  }

  private void sendEnd(End how, MessageException why) {
    awaitsParts = false;
    client.send(endMessage(how, why), PATIENCE).onComplete(v -> finish(null), this::finish);
  }

  private Message endMessage(End how, MessageException why) {
    return why == null
        ? complete(Message.getDefaultInstance()).putHeaders(Headers.STREAM_END, how.label()).build()
        : complete(errorOf(why).build()).build();
  }

  /** Returns the last Message of a stream whose writer was lost, without an offset. */
  static Message endOfLost(String id, Message request, String session, MessageException why) {
    return errorOf(why)
        .setEventId(id + ".lost")
        .setFrom(request.getTo())
        .setTo("session:" + session)
        .setReplyTo(request.getEventId())
        .putHeaders(Headers.STREAM, id)
        .build();
  }

  private static Message.Builder errorOf(MessageException why) {
    return Message.newBuilder()
        .setContentType("application/json")
        .setBody(
            new JsonObject()
                .put("code", why.code().code())
                .put("message", why.getMessage())
                .encode())
        .putHeaders(Headers.STREAM_END, why.code().code());
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
    pending--;
    if (awaitsParts && pending == 0) {
      sendEnd(End.COMPLETE, null);
    }
    if (room != null && isWritable()) {
      Promise<Void> waiting = room;
      room = null;
      waiting.complete();
    }
  }

  private void undelivered(Throwable failure) {
    pending--;
    MessageException why = MessageException.from(failure);
    boolean gone = why.code() == ErrorCode.NO_SUCH_RECIPIENT;
    if (awaitsParts && gone) {
      awaitsParts = false;
      finish(why);
    } else if (awaitsParts) {
      sendEnd(End.FAILED, why);
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
    if (failure == null) {
      settled.complete();
    } else {
      settled.fail(failure);
    }
  }

  private static MessageException over() {
    return new MessageException(ErrorCode.UNAVAILABLE, "the stream has ended");
  }
}
