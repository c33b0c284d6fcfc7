package io.linkspan.bench;

import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.http.ServerWebSocket;

/**
 * Serves as the baseline for the path to an HTTP service: the least that Vert.x does to post the
 * frames of a WebSocket and to send back the answers. Without a service to post to, it is the
 * service itself, and answers each request with its own body.
 */
public final class HttpProxyServer extends VerticleBase {

  private static final int CONNECTIONS = 64;

  /** Null in the service itself. */
  private final Integer servicePort;

  private HttpServer server;
  private HttpClient client;

  private HttpProxyServer(Integer servicePort) {
    this.servicePort = servicePort;
  }

  /**
   * Serves until the process is killed; prints its port.
   *
   * @param arguments the number of event loops, and the port of the service unless it is the
   *     service
   */
  public static void main(String[] arguments) {
    int eventLoops = Integer.parseInt(arguments[0]);
    Integer servicePort = arguments.length > 1 ? Integer.valueOf(arguments[1]) : null;
    VertxServer.run(eventLoops, () -> new HttpProxyServer(servicePort));
  }

  @Override
  public Future<?> start() {
    client = vertx.createHttpClient(new PoolOptions().setHttp1MaxSize(CONNECTIONS));
    server = vertx.createHttpServer(VertxServer.options());
    if (servicePort == null) {
      server.requestHandler(HttpProxyServer::echo);
    } else {
      server.webSocketHandler(this::proxy);
    }
    // Below zero, all instances share one free port.
    return server
        .listen(-1, "127.0.0.1")
        .onSuccess(listening -> System.out.println("\"http\":" + listening.actualPort()));
  }

  private static void echo(HttpServerRequest request) {
    String contentType = request.getHeader(HttpHeaders.CONTENT_TYPE);
    request
        .body()
        .onSuccess(
            body -> request.response().putHeader(HttpHeaders.CONTENT_TYPE, contentType).end(body));
  }

  private void proxy(ServerWebSocket socket) {
    socket.frameHandler(
        frame -> {
          if (frame.isBinary()) {
            post(frame.binaryData()).onSuccess(socket::writeBinaryMessage);
          }
        });
  }

  private Future<Buffer> post(Buffer frame) {
    return client
        .request(
            new RequestOptions()
                .setMethod(HttpMethod.POST)
                .setHost("127.0.0.1")
                .setPort(servicePort)
                .setURI("/"))
        .compose(
            request ->
                request
                    .putHeader(HttpHeaders.CONTENT_TYPE, "application/octet-stream")
                    .send(frame)
                    .compose(HttpClientResponse::body));
  }
}
