package io.linkspan.upstream;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.api.Origin;
import io.linkspan.api.stream.AnswerStream;
import io.linkspan.api.stream.AnswerStreams;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.HashSet;
import java.util.Set;

/**
 * The answers of one upstream that are being streamed on this node, within their bounds. Used only
 * on the event loop that created it.
 */
final class StreamedAnswers {

  /**
   * A stream that has begun, without what it holds.
   *
   * @param settled completes when the client has all of it, or cannot have it
   */
  record Begun(String id, Future<Void> settled) {}

  private final Vertx vertx;
  private final StreamConfig config;
  private final UpstreamMetrics metrics;
  private final AnswerStreams streams;

  /** Streams with parts or an end that the client may not have. */
  private final Set<AnswerStream> unsettled = new HashSet<>();

  private Promise<Void> idle;

  StreamedAnswers(Vertx vertx, StreamConfig config, UpstreamMetrics metrics) {
    this.vertx = vertx;
    this.config = config;
    this.metrics = metrics;
    streams = AnswerStreams.create(vertx);
  }

  /** Completes when clients on all nodes can cancel streams. */
  Future<Void> ready() {
    return streams.ready();
  }

  /** Returns why no further answer can be streamed to the sender; null when one can. */
  MessageException refusal(Origin sender) {
    int ofSession = streams.count(sender.session());
    if (ofSession >= config.perSession()) {
      return new MessageException(
          ErrorCode.RATE_LIMITED, ofSession + " answers are being streamed to the session");
    }
    return streams.count() >= config.max()
        ? new MessageException(
            ErrorCode.QUEUE_FULL, streams.count() + " answers of the service are being streamed")
        : null;
  }

  /** Streams an answer to the sender of its request. */
  Begun begin(AnswerSource source, Message request, Origin sender) {
    AnswerStream stream = streams.open(request, sender, config.window());
    unsettled.add(stream);
    metrics.streamBegan();
    stream.settled().onComplete(any -> settled(stream));
    new AnswerReader(vertx, source, stream, config, metrics::streamedPart)
        .begin(metrics::streamEnded);
    return new Begun(stream.id(), stream.settled());
  }

  /** Ends the stream of a node that was lost, for its client. */
  void endLost(String stream, Message request, Origin sender) {
    streams.endLost(
        stream,
        request,
        sender,
        new MessageException(ErrorCode.UNAVAILABLE, "the node that streams the answer was lost"));
  }

  /**
   * Lets the streams end by themselves for some time, and ends the rest with an error.
   *
   * @param patience in milliseconds
   * @return completes when the clients have all of it, or cannot have it
   */
  Future<Void> drain(long patience) {
    Future<Void> done = whenIdle();
    if (!done.isComplete()) {
      long timer = vertx.setTimer(Math.max(1, patience), id -> streams.endAll(shutdown()));
      done.onComplete(v -> vertx.cancelTimer(timer));
    }
    return done;
  }

  /** Completes when no stream is left. */
  Future<Void> whenIdle() {
    if (unsettled.isEmpty()) {
      return Future.succeededFuture();
    }
    if (idle == null) {
      idle = Promise.promise();
    }
    return idle.future();
  }

  /** Ends all streams. */
  Future<Void> close() {
    streams.endAll(shutdown());
    return streams.close();
  }

  private void settled(AnswerStream stream) {
    unsettled.remove(stream);
    if (unsettled.isEmpty() && idle != null) {
      idle.complete();
      idle = null;
    }
  }

  private static MessageException shutdown() {
    return new MessageException(ErrorCode.UNAVAILABLE, "the gateway shuts down");
  }
}
