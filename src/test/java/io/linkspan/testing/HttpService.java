package io.linkspan.testing;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Runs an HTTP service behind a gateway, which answers as a test wants. */
public final class HttpService implements AutoCloseable {

  /** A request with its body. */
  public record Post(HttpServerRequest request, Buffer body) {

    /** Returns the Message in the body. */
    public JsonObject message() {
      return body.toJsonObject();
    }

    public String header(String name) {
      return request.getHeader(name);
    }

    /** Answers with a status and a body. */
    public void answer(int status, String contentType, Buffer answer) {
      request.response().setStatusCode(status).putHeader("Content-Type", contentType).end(answer);
    }

    /** Answers in JSON. */
    public void answer(int status, String json) {
      answer(status, "application/json", Buffer.buffer(json));
    }

    /** Answers without a body. */
    public void answer(int status) {
      request.response().setStatusCode(status).end();
    }
  }

  private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
  private final HttpServer server;
  private final Map<String, LinkedBlockingQueue<Post>> posts = new ConcurrentHashMap<>();
  private final Map<String, Consumer<Post>> handlers = new ConcurrentHashMap<>();

  private HttpService(int port, HttpServerOptions options) {
    server = vertx.createHttpServer(options).requestHandler(this::receive);
    TestGateway.await(server.listen(port, "127.0.0.1"));
  }

  /** Listens at a port; 0 is any free one. */
  public static HttpService start(int port) {
    return start(port, new HttpServerOptions());
  }

  /** Listens with other options. */
  public static HttpService start(int port, HttpServerOptions options) {
    return new HttpService(port, options);
  }

  public int port() {
    return server.actualPort();
  }

  /** Sets the handler of a path; without one, requests are answered with 204. */
  public void on(String path, Consumer<Post> handler) {
    handlers.put(path, handler);
  }

  /** Returns the next request for a path, however it is answered. */
  public Post next(String path) {
    try {
      Post post = postsFor(path).poll(Patience.SECONDS, TimeUnit.SECONDS);
      if (post == null) {
        throw new AssertionError("no request for " + path);
      }
      return post;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    TestGateway.await(vertx.close());
  }

  private LinkedBlockingQueue<Post> postsFor(String path) {
    return posts.computeIfAbsent(path, any -> new LinkedBlockingQueue<>());
  }

  private void receive(HttpServerRequest request) {
    request
        .body()
        .onSuccess(
            body -> {
              Post post = new Post(request, body);
              postsFor(request.path()).add(post);
              handlers.getOrDefault(request.path(), any -> post.answer(204)).accept(post);
            });
  }
}
