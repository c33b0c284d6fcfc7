package io.linkspan.upstream.http;

import io.linkspan.api.Message;
import io.linkspan.api.Origin;
import io.linkspan.translate.JsonTranslator;
import io.linkspan.translate.MethodTranslator;
import io.linkspan.upstream.Backend;
import io.linkspan.upstream.PipelineConfig;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.PemTrustOptions;
import java.nio.charset.StandardCharsets;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Posts Messages to an HTTP service over persistent connections.
 *
 * <p>Uses Vert.x's HTTP client and not its web client, which reads an answer of any size for any
 * time and cannot be stopped.
 */
final class HttpBackend implements Backend, HttpAttempt.Endpoint {

  private static final Logger LOG = LoggerFactory.getLogger(HttpBackend.class);
  private static final CharSequence USER = HttpHeaders.createOptimized("X-Linkspan-User");
  private static final CharSequence SESSION = HttpHeaders.createOptimized("X-Linkspan-Session");
  private static final CharSequence TRANSPORT = HttpHeaders.createOptimized("X-Linkspan-Transport");
  private static final CharSequence NODE = HttpHeaders.createOptimized("X-Linkspan-Node");
  private static final CharSequence REMOTE = HttpHeaders.createOptimized("X-Linkspan-Remote");
  private static final CharSequence TIMESTAMP = HttpHeaders.createOptimized("X-Linkspan-Timestamp");
  private static final CharSequence SIGNATURE = HttpHeaders.createOptimized("X-Linkspan-Signature");
  private static final CharSequence IDEMPOTENCY_KEY =
      HttpHeaders.createOptimized("Idempotency-Key");
  private static final CharSequence JSON = HttpHeaders.createOptimized("application/json");

  private final HttpUpstreamConfig config;
  private final HttpClientAgent client;
  private final RequestOptions target;
  private final Signature signature;
  private boolean compresses;

  HttpBackend(Vertx vertx, HttpUpstreamConfig config, PipelineConfig pipeline) {
    this.config = config;
    compresses = config.compresses();
    signature = config.secret().isEmpty() ? null : new Signature(config.secret());
    target =
        new RequestOptions().setMethod(HttpMethod.POST).setAbsoluteURI(config.url().toString());
    client =
        vertx.createHttpClient(
            options(config, pipeline), new PoolOptions().setHttp1MaxSize(pipeline.concurrency()));
  }

  private static HttpClientOptions options(HttpUpstreamConfig config, PipelineConfig pipeline) {
    HttpClientOptions options =
        new HttpClientOptions()
            .setConnectTimeout((int) pipeline.timeout().toMillis())
            .setKeepAliveTimeout((int) config.keepAlive().toSeconds())
            .setTcpNoDelay(true)
            .setDecompressionSupported(config.compresses());
    if (!config.trust().isEmpty()) {
      options.setTrustOptions(new PemTrustOptions().addCertPath(config.trust()));
    }
    return options;
  }

  @Override
  public Message admit(Message message) {
    return MethodTranslator.isCall(message) ? MethodPost.withJson(message) : message;
  }

  @Override
  public Attempt send(Message message, Origin origin) {
    boolean call = MethodTranslator.isCall(message);
    byte[] json =
        call
            ? message.getBodyBytes().toByteArray()
            : JsonTranslator.encode(message).getBytes(StandardCharsets.UTF_8);
    MultiMap headers = HttpHeaders.headers().set(HttpHeaders.ACCEPT, JSON);
    config.headers().forEach(headers::set);
    headers
        .set(HttpHeaders.CONTENT_TYPE, JSON)
        .set(USER, HeaderText.of(origin.user()))
        .set(SESSION, HeaderText.of(origin.session()))
        .set(TRANSPORT, HeaderText.of(origin.transport()))
        .set(NODE, HeaderText.of(origin.node()))
        .set(REMOTE, HeaderText.of(origin.remote()))
        .set(IDEMPOTENCY_KEY, HeaderText.of(message.getEventId()));
    if (signature != null) {
      String timestamp = Long.toString(System.currentTimeMillis() / 1000);
      headers.set(TIMESTAMP, timestamp).set(SIGNATURE, signature.of(timestamp, json));
    }
    HttpAttempt attempt = new HttpAttempt(this, headers, json, call ? message : null);
    attempt.begin(compresses && json.length > config.compressAbove());
    return attempt;
  }

  @Override
  public Future<HttpClientRequest> connect(MultiMap headers) {
    return client.request(new RequestOptions(target).setHeaders(headers));
  }

  @Override
  public void compressionRefused() {
    if (compresses) {
      LOG.info("{} does not accept gzip; bodies are sent uncompressed from now on", config.url());
      compresses = false;
    }
  }

  @Override
  public int maxAnswer() {
    return config.maxAnswer();
  }

  @Override
  public Future<Void> close() {
    return client.close();
  }
}
