package io.linkspan.auth;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.PemTrustOptions;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Reads small documents of an issuer. Redirects are not followed, since they may lead to any other
 * host. Shared by all event loops.
 */
final class Document {

  /** Bytes of a document. */
  private static final int MAX_BYTES = 256 << 10;

  private static final int CONNECTIONS = 2;
  private static final int OK = 200;

  private final HttpClientAgent client;
  private final long timeout;

  /**
   * @param timeout for a whole document
   * @param trust PEM file; empty for Java's own certificates
   */
  Document(Vertx vertx, Duration timeout, String trust) {
    this.timeout = timeout.toMillis();
    var options =
        new HttpClientOptions()
            .setConnectTimeout((int) timeout.toMillis())
            .setKeepAlive(false)
            .setDecompressionSupported(false);
    if (!trust.isEmpty()) {
      options.setTrustOptions(new PemTrustOptions().addCertPath(trust));
    }
    client =
        vertx
            .httpClientBuilder()
            .with(options)
            .with(new PoolOptions().setHttp1MaxSize(CONNECTIONS))
            .build();
  }

  /** Returns the text at a URL; fails when it cannot be read in time, or is too long. */
  Future<String> read(String url) {
    RequestOptions options;
    try {
      options =
          new RequestOptions()
              .setAbsoluteURI(url)
              .setMethod(HttpMethod.GET)
              .setFollowRedirects(false)
              .putHeader(HttpHeaders.ACCEPT, "application/json");
    } catch (RuntimeException e) {
      return Future.failedFuture("not a URL: " + url);
    }
    return client.request(options).compose(this::send).timeout(timeout, TimeUnit.MILLISECONDS);
  }

  private Future<String> send(HttpClientRequest request) {
    // Without a handler, each reset would be logged as an error.
    request.exceptionHandler(failure -> {});
    return request
        .idleTimeout(timeout)
        .send()
        .compose(Document::body)
        .onFailure(failure -> request.reset());
  }

  private static Future<String> body(HttpClientResponse response) {
    if (response.statusCode() != OK) {
      return Future.failedFuture("status " + response.statusCode());
    }
    Buffer body = Buffer.buffer();
    Promise<String> whole = Promise.promise();
    response.exceptionHandler(whole::tryFail);
    response.handler(
        chunk -> {
          if (body.length() + chunk.length() > MAX_BYTES) {
            whole.tryFail("more than " + MAX_BYTES + " bytes");
          } else {
            body.appendBuffer(chunk);
          }
        });
    response.endHandler(end -> whole.tryComplete(body.toString()));
    return whole.future();
  }
}
