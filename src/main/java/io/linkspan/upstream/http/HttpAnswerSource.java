package io.linkspan.upstream.http;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.upstream.AnswerSource;
import io.linkspan.upstream.StreamConfig;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;

/** Reads the parts of an answer from a response whose body has not ended. */
final class HttpAnswerSource implements AnswerSource {

  private final HttpClientRequest request;
  private final AnswerGate gate;
  private final AnswerParts parts;

  /** The part that is asked for; null while none is. */
  private Promise<Message> wanted;

  private boolean complete;
  private MessageException failure;
  private Runnable onActivity = () -> {};

  /**
   * @param gate holds the body of the response
   */
  HttpAnswerSource(
      HttpClientRequest request,
      HttpClientResponse response,
      AnswerGate gate,
      StreamConfig config) {
    this.request = request;
    this.gate = gate;
    parts = partsOf(response.headers(), config);
    response.handler(this::receive);
    response.endHandler(end -> ended());
    response.exceptionHandler(this::broke);
  }

  /** Returns whether a response is one that is streamed. */
  static boolean isStreamed(HttpClientResponse response, StreamConfig config) {
    if (!config.isOn() || response.statusCode() < 200 || response.statusCode() >= 300) {
      return false;
    }
    return switch (config.mode()) {
      case NONE -> false;
      case SSE -> isEventStream(response.headers());
      case CHUNKS -> hasBody(response);
      case AUTO ->
          isEventStream(response.headers())
              || (hasBody(response) && !response.headers().contains(HttpHeaders.CONTENT_LENGTH));
    };
  }

  private static boolean hasBody(HttpClientResponse response) {
    return response.statusCode() != 204
        && !"0".equals(response.headers().get(HttpHeaders.CONTENT_LENGTH));
  }

  private static boolean isEventStream(MultiMap headers) {
    return EventParts.MEDIA_TYPE.equals(
        HttpAnswer.mediaType(headers.get(HttpHeaders.CONTENT_TYPE)));
  }

  private static AnswerParts partsOf(MultiMap headers, StreamConfig config) {
    return isEventStream(headers)
        ? new EventParts(config.maxPart())
        : new ChunkParts(headers.get(HttpHeaders.CONTENT_TYPE), config.maxPart());
  }

  @Override
  public Future<Message> next() {
    Message part;
    try {
      part = parts.poll(complete);
    } catch (MessageException refusal) {
      return Future.failedFuture(refusal);
    }
    if (part != null || complete) {
      return Future.succeededFuture(part);
    }
    if (failure != null) {
      return Future.failedFuture(failure);
    }
    wanted = Promise.promise();
    Future<Message> next = wanted.future();
    gate.request();
    return next;
  }

  @Override
  public void onActivity(Runnable listener) {
    onActivity = listener;
  }

  @Override
  public void cancel() {
    if (!complete && failure == null) {
      request.reset();
    }
  }

  private void receive(Buffer bytes) {
    parts.feed(bytes);
    onActivity.run();
    answer();
  }

  private void ended() {
    complete = true;
    answer();
  }

  private void broke(Throwable cause) {
    if (complete || failure != null) {
      return;
    }
    failure =
        cause instanceof MalformedAnswerException
            ? new MessageException(ErrorCode.INTERNAL, cause.getMessage())
            : new MessageException(ErrorCode.UNAVAILABLE, "the service broke off");
    answer();
  }

  /** Completes the part that is asked for, or asks for more bytes. */
  private void answer() {
    if (wanted == null) {
      return;
    }
    Promise<Message> asked = wanted;
    wanted = null;
    next().onComplete(asked);
  }
}
