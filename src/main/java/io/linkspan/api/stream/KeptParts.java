package io.linkspan.api.stream;

import io.linkspan.api.Addresses;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.GatewayClient;
import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.api.Origin;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * Appends the parts of one streamed answer to its log, from which further sessions of the user
 * receive them. The log has no gap: a part is appended when the one before it is, and again when it
 * is not known whether it is. When the store does not take a part for some time, the log ends with
 * an error in its place. Used only on the context of its stream.
 *
 * <pre>
 *   KEEPING ── a part was refused, or 20 s of attempts have failed ──► ENDING ── appended ──► OVER
 *                                                                        └── 600 attempts failed ─┘
 * </pre>
 */
final class KeptParts {

  private enum State {
    KEEPING,
    ENDING,
    OVER
  }

  /**
   * Bounds of the attempts.
   *
   * @param pause between two attempts for a part, in milliseconds
   * @param timeout of one attempt
   * @param longest time of the failed attempts for one part, which delay the session that asked; in
   *     milliseconds. An attempt that fails at once counts as its pause
   */
  record Limits(long pause, Duration timeout, long longest) {
    static final Limits DEFAULT = new Limits(500, Duration.ofSeconds(5), 20_000);
  }

  /** Attempts for the error that ends a log. */
  private static final int LAST_ATTEMPTS = 600;

  private final Vertx vertx;
  private final GatewayClient client;
  private final String group;
  private final String stream;
  private final String seconds;
  private final Limits limits;
  private final Runnable onProgress;
  private final Queue<Message> waiting = new ArrayDeque<>(4);
  private State state = State.KEEPING;

  /** Whether the first part that waits is being appended. */
  private boolean appending;

  /** Failed attempts for the first part that waits. */
  private int failures;

  /** Time that they took, as {@link Limits#longest} counts it; milliseconds. */
  private long spent;

  /** Completed when nothing waits; null until it is asked for. */
  private Promise<Void> idle;

  /**
   * @param onProgress called when fewer parts wait
   */
  KeptParts(
      Vertx vertx,
      GatewayClient client,
      Origin origin,
      String stream,
      Limits limits,
      Runnable onProgress) {
    this.vertx = vertx;
    this.client = client;
    this.stream = stream;
    this.limits = limits;
    this.onProgress = onProgress;
    group = Addresses.groupOfStream(stream, origin.user());
    seconds = Long.toString(origin.keepStream());
  }

  /**
   * Returns what keeps the parts of a stream; null where they are not kept.
   *
   * @param onProgress called when fewer parts wait
   */
  static KeptParts of(
      Vertx vertx, GatewayClient client, Origin origin, String stream, Runnable onProgress) {
    return origin.keepStream() == 0 || origin.user().isEmpty()
        ? null
        : new KeptParts(vertx, client, origin, stream, Limits.DEFAULT, onProgress);
  }

  /** Returns the number of parts that wait. */
  int waiting() {
    return state == State.KEEPING ? waiting.size() : 0;
  }

  /** Appends a part, or the end, after those before it. Does nothing when one was not appended. */
  void add(Message part) {
    if (state == State.KEEPING) {
      waiting.add(part);
      append();
    }
  }

  /** Completes when the log has all parts, or has ended without one. */
  Future<Void> idle() {
    if (waiting() == 0) {
      return Future.succeededFuture();
    }
    if (idle == null) {
      idle = Promise.promise();
    }
    return idle.future();
  }

  private void append() {
    if (!appending && !waiting.isEmpty()) {
      appending = true;
      client
          .post(toLog(waiting.element()), limits.timeout)
          .onComplete(v -> appended(), this::failed);
    }
  }

  private Message toLog(Message part) {
    Message.Builder kept =
        part.toBuilder()
            .setEventId(part.getEventId() + ".kept")
            .setTo("group:" + group)
            .putHeaders(Headers.HISTORY, seconds);
    return (failures > 0 ? kept.putHeaders(Headers.STREAM_REPEATED, "true") : kept).build();
  }

  private void appended() {
    appending = false;
    failures = 0;
    spent = 0;
    waiting.remove();
    if (state == State.ENDING) {
      state = State.OVER;
    }
    progress();
    append();
  }

  private void failed(Throwable failure) {
    MessageException why = MessageException.from(failure);
    failures++;
    spent += limits.pause + (why.code() == ErrorCode.TIMEOUT ? limits.timeout.toMillis() : 0);
    if (state == State.KEEPING && (isFinal(why) || spent >= limits.longest)) {
      endWith(why);
    } else if (failures == LAST_ATTEMPTS) {
      state = State.OVER;
      waiting.clear();
      return;
    }
    vertx.setTimer(
        limits.pause,
        timer -> {
          appending = false;
          append();
        });
  }

  /** The part cannot be appended, however often it is tried. */
  private static boolean isFinal(MessageException why) {
    return why.code() == ErrorCode.TOO_LARGE
        || why.code() == ErrorCode.MALFORMED
        || why.code() == ErrorCode.FORBIDDEN;
  }

  /** Replaces the part that is not appended, and all after it. */
  private void endWith(MessageException why) {
    Message missing = waiting.element();
    Message.Builder end =
        StreamFailure.of(why)
            .setEventId(missing.getEventId())
            .setFrom(missing.getFrom())
            .setReplyTo(missing.getReplyTo())
            .putHeaders(Headers.STREAM, stream);
    String number = Headers.get(missing, Headers.STREAM_OFFSET);
    if (number != null) {
      // The log may have the part nevertheless.
      end.putHeaders(Headers.STREAM_OFFSET, Long.toString(Long.parseLong(number) + 1));
    }
    waiting.clear();
    waiting.add(end.build());
    state = State.ENDING;
    progress();
  }

  private void progress() {
    if (idle != null && waiting() == 0) {
      idle.complete();
      idle = null;
    }
    onProgress.run();
  }
}
