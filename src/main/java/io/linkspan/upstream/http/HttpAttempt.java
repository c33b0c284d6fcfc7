package io.linkspan.upstream.http;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.upstream.AnswerSource;
import io.linkspan.upstream.Backend;
import io.linkspan.upstream.BackendException;
import io.linkspan.upstream.BackendException.Kind;
import io.linkspan.upstream.StreamConfig;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;

/** One POST, from the request for a connection to the end of its answer. */
final class HttpAttempt implements Backend.Attempt {

  /** Opens connections to the service, and holds what is known of it. */
  interface Endpoint {

    /** Asks for a connection on which a request with these headers can be sent. */
    Future<HttpClientRequest> connect(MultiMap headers);

    /** Records that the service does not accept compressed bodies (RFC 7694, section 3). */
    void compressionRefused();

    /** Returns the most bytes that an answer may have. */
    int maxAnswer();

    /** Returns which answers are streamed. */
    StreamConfig streams();
  }

  private static final CharSequence GZIP = HttpHeaders.createOptimized("gzip");
  private static final int UNSUPPORTED_MEDIA_TYPE = 415;

  private final Endpoint endpoint;
  private final MultiMap headers;
  private final byte[] json;
  private final Message call;
  private final Promise<Message> answer = Promise.promise();
  private boolean compressed;

  /** Null until there is a connection: nothing can have been sent before. */
  private HttpClientRequest request;

  /** Null unless the answer is streamed. */
  private HttpAnswerSource streamed;

  /**
   * @param call the method call that the response answers; null for any other Message
   */
  HttpAttempt(Endpoint endpoint, MultiMap headers, byte[] json, Message call) {
    this.endpoint = endpoint;
    this.headers = headers;
    this.json = json;
    this.call = call;
  }

  void begin(boolean compress) {
    compressed = compress;
    if (compress) {
      headers.set(HttpHeaders.CONTENT_ENCODING, GZIP);
    } else {
      headers.remove(HttpHeaders.CONTENT_ENCODING);
    }
    endpoint
        .connect(headers)
        .onComplete(
            this::send, failure -> fail(Kind.UNSENT, "the service cannot be reached", failure));
  }

  @Override
  public Future<Message> answer() {
    return answer.future();
  }

  @Override
  public AnswerSource streamed() {
    return streamed;
  }

  @Override
  public void abort() {
    Kind kind = request == null ? Kind.UNSENT : Kind.LOST;
    answer.tryFail(new BackendException(kind, ErrorCode.TIMEOUT, "the service did not answer"));
    reset();
  }

  private void send(HttpClientRequest connected) {
    request = connected;
    if (answer.future().isComplete()) {
      reset();
      return;
    }
    // reset() ends here as well; without a handler each reset would be logged as an error.
    request.exceptionHandler(this::broke);
    request
        .send(compressed ? Gzip.of(json) : Buffer.buffer(json))
        .onComplete(this::receive, this::broke);
  }

  private void receive(HttpClientResponse response) {
    AnswerGate gate = endpoint.streams().isOn() ? AnswerGate.of(request.connection()) : null;
    if (gate != null && call == null && HttpAnswerSource.isStreamed(response, endpoint.streams())) {
      stream(response, gate);
      return;
    }
    Buffer body = Buffer.buffer();
    response.exceptionHandler(this::broke);
    response.handler(
        chunk -> {
          if (body.length() + chunk.length() > endpoint.maxAnswer()) {
            tooLarge();
          } else {
            body.appendBuffer(chunk);
          }
        });
    response.endHandler(end -> complete(response, body));
    if (gate != null) {
      gate.open();
    }
  }

  /** The parts of an answer are decoded as they arrive, so its content codings would be, too. */
  private void stream(HttpClientResponse response, AnswerGate gate) {
    response.exceptionHandler(this::broke);
    if (ContentCodings.isEncoded(response.headers().getAll(HttpHeaders.CONTENT_ENCODING))) {
      answer.tryFail(
          new BackendException(
              Kind.REFUSED, ErrorCode.INTERNAL, "the service's stream has a content coding"));
      reset();
    } else if (!answer.future().isComplete()) {
      streamed = new HttpAnswerSource(request, response, gate, endpoint.streams());
      answer.complete();
    }
  }

  private void complete(HttpClientResponse response, Buffer body) {
    if (response.statusCode() == UNSUPPORTED_MEDIA_TYPE && compressed) {
      endpoint.compressionRefused();
      begin(false);
      return;
    }
    try {
      answer.tryComplete(read(response, body, System.currentTimeMillis()));
    } catch (BackendException refusal) {
      answer.tryFail(refusal);
    }
  }

  private Message read(HttpClientResponse response, Buffer body, long now) {
    int status = response.statusCode();
    Buffer decoded = decode(response, body);
    return call == null
        ? HttpAnswer.read(status, response.headers(), decoded, now)
        : MethodPost.answer(call, status, response.headers(), decoded, now);
  }

  private Buffer decode(HttpClientResponse response, Buffer body) {
    try {
      return ContentCodings.decode(
          response.headers().getAll(HttpHeaders.CONTENT_ENCODING), body, endpoint.maxAnswer());
    } catch (BackendException e) {
      if (response.statusCode() >= 200 && response.statusCode() < 300) {
        throw e;
      }
      // The status alone says what happened.
      return Buffer.buffer();
    }
  }

  private void tooLarge() {
    answer.tryFail(ContentCodings.tooLarge(endpoint.maxAnswer()));
    reset();
  }

  /** The connection ended while the service may have had the Message. */
  private void broke(Throwable failure) {
    if (failure instanceof MalformedAnswerException) {
      answer.tryFail(
          new BackendException(
              Kind.REFUSED,
              new MessageException(ErrorCode.INTERNAL, failure.getMessage()),
              failure));
    } else {
      fail(Kind.BROKEN, "the service broke off", failure);
    }
  }

  private void fail(Kind kind, String text, Throwable cause) {
    answer.tryFail(
        new BackendException(kind, new MessageException(ErrorCode.UNAVAILABLE, text), cause));
  }

  /** Ends the request and its connection, if there is one. */
  private void reset() {
    if (request != null) {
      request.reset();
    }
  }
}
