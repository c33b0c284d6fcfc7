package io.linkspan.upstream.http;

import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import io.linkspan.api.Origin;
import io.linkspan.telemetry.TraceContext;
import io.linkspan.translate.JsonTranslator;
import io.linkspan.translate.MethodTranslator;
import io.linkspan.upstream.Backend;
import io.linkspan.upstream.PipelineConfig;
import io.linkspan.upstream.StreamConfig;
import io.netty.channel.ChannelHandlerContext;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.http.impl.Http1xClientConnection;
import io.vertx.core.net.PemTrustOptions;
import java.net.URI;
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
  private static final CharSequence SIGNATURE =
      HttpHeaders.createOptimized("X-Linkspan-Signature-V2");

  /** Read by services that were written before version 2; not sent from the next release on. */
  private static final CharSequence SIGNATURE_1 =
      HttpHeaders.createOptimized("X-Linkspan-Signature");

  private static final CharSequence IDEMPOTENCY_KEY =
      HttpHeaders.createOptimized("Idempotency-Key");
  private static final CharSequence CODINGS = HttpHeaders.createOptimized("gzip, deflate");
  private static final CharSequence JSON = HttpHeaders.createOptimized("application/json");

  private static final CharSequence JSON_OR_STREAM =
      HttpHeaders.createOptimized("application/json, text/event-stream");

  private static final int HTTP_PORT = 80;
  private static final int HTTPS_PORT = 443;
  private static final int LONGEST_STATUS_LINE = 8 << 10;

  /** More than any service sends on purpose: such an answer is an error and not retried. */
  private static final int LONGEST_HEADERS = 64 << 10;

  private final HttpUpstreamConfig config;
  private final HttpClientAgent client;
  private final RequestOptions target;
  private final Signature signature;
  private boolean compresses;

  HttpBackend(Vertx vertx, HttpUpstreamConfig config, PipelineConfig pipeline) {
    this.config = config;
    compresses = config.compresses();
    signature = config.secret().isEmpty() ? null : new Signature(config.secret());
    target = target(config.url());
    client =
        vertx
            .httpClientBuilder()
            .with(options(config, pipeline))
            .with(new PoolOptions().setHttp1MaxSize(connections(config, pipeline)))
            .withConnectHandler(this::guard)
            .build();
  }

  /** Returns the most connections: an answer that is streamed is not an attempt in flight. */
  private static int connections(HttpUpstreamConfig config, PipelineConfig pipeline) {
    return pipeline.concurrency() + (config.streams().isOn() ? config.streams().max() : 0);
  }

  /** Takes a URL apart; everything beyond ASCII is percent-encoded (RFC 3986, section 2.1). */
  static RequestOptions target(URI url) {
    URI ascii = URI.create(url.toASCIIString());
    boolean tls = "https".equalsIgnoreCase(ascii.getScheme());
    String path = ascii.getRawPath().isEmpty() ? "/" : ascii.getRawPath();
    int port = ascii.getPort() >= 0 ? ascii.getPort() : tls ? HTTPS_PORT : HTTP_PORT;
    return new RequestOptions()
        .setMethod(HttpMethod.POST)
        .setSsl(tls)
        .setHost(ascii.getHost())
        .setPort(port)
        .setURI(ascii.getRawQuery() == null ? path : path + '?' + ascii.getRawQuery());
  }

  private void guard(HttpConnection connection) {
    // The attempt reports it; without a handler it would be logged as an error.
    connection.exceptionHandler(failure -> {});
    ChannelHandlerContext context = ((Http1xClientConnection) connection).channelHandlerContext();
    context.pipeline().addBefore(context.name(), null, new ResponseGuard());
    if (config.streams().isOn()) {
      context.pipeline().addBefore(context.name(), null, new AnswerGate());
    }
  }

  private static HttpClientOptions options(HttpUpstreamConfig config, PipelineConfig pipeline) {
    HttpClientOptions options =
        new HttpClientOptions()
            .setConnectTimeout((int) pipeline.timeout().toMillis())
            .setKeepAliveTimeout((int) config.keepAlive().toSeconds())
            .setTcpNoDelay(true)
            .setMaxInitialLineLength(LONGEST_STATUS_LINE)
            .setMaxHeaderSize(LONGEST_HEADERS);
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
    return send(message, origin, null);
  }

  @Override
  public Attempt send(Message message, Origin origin, TraceContext context) {
    boolean call = MethodTranslator.isCall(message);
    byte[] json = call ? message.getBodyBytes().toByteArray() : JsonTranslator.encodeUtf8(message);
    boolean streams = config.streams().isOn() && !call;
    MultiMap headers =
        HttpHeaders.headers().set(HttpHeaders.ACCEPT, streams ? JSON_OR_STREAM : JSON);
    if (config.compresses() && !streams) {
      headers.set(HttpHeaders.ACCEPT_ENCODING, CODINGS);
    }
    config.headers().forEach(headers::set);
    String user = HeaderText.of(origin.user());
    String key = HeaderText.of(message.getEventId());
    headers
        .set(HttpHeaders.CONTENT_TYPE, JSON)
        .set(USER, user)
        .set(SESSION, HeaderText.of(origin.session()))
        .set(TRANSPORT, HeaderText.of(origin.transport()))
        .set(NODE, HeaderText.of(origin.node()))
        .set(REMOTE, HeaderText.of(origin.remote()))
        .set(IDEMPOTENCY_KEY, key);
    if (signature != null) {
      String timestamp = Long.toString(System.currentTimeMillis() / 1000);
      String method = target.getMethod().name();
      headers
          .set(TIMESTAMP, timestamp)
          .set(SIGNATURE, signature.of(timestamp, method, target.getURI(), user, key, json))
          .set(SIGNATURE_1, signature.ofVersion1(timestamp, json));
    }
    if (context != null) {
      headers.set(Headers.TRACEPARENT, context.parent());
      if (context.state() != null) {
        headers.set(Headers.TRACESTATE, context.state());
      }
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
  public StreamConfig streams() {
    return config.streams();
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
