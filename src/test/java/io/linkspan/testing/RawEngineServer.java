package io.linkspan.testing;

import io.linkspan.protocol.engineio.EngineCloseReason;
import io.linkspan.protocol.engineio.EngineConfig;
import io.linkspan.protocol.engineio.EngineEvent;
import io.linkspan.protocol.engineio.EnginePacket;
import io.linkspan.protocol.engineio.EngineRequest;
import io.linkspan.protocol.engineio.EngineSession;
import io.linkspan.protocol.engineio.EngineWrite;
import io.linkspan.protocol.engineio.FrontDoor;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.http.WebSocketFrame;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;

/**
 * Runs the Engine.IO core in a minimal shell: HTTP requests and WebSockets in, answers and frames
 * out. By itself it echoes messages at {@code /engine.io/}; an {@link Application} is what else
 * runs above a session. Runs on the one event loop it was started on.
 */
public final class RawEngineServer {

  /** Runs above one session. */
  public interface Application {
    /** Handles an event; what the application sends leaves after this. */
    void drain(long now);

    void advanceTo(long now);

    long nextDeadline();
  }

  /** Creates the application of a session that has just opened. */
  public interface ApplicationFactory {
    Application open(
        EngineSession<HttpServerRequest, ServerWebSocket> session,
        EngineRequest handshake,
        long now);
  }

  private static final SecureRandom RANDOM = new SecureRandom();

  private final Vertx vertx;
  private final EngineConfig config;
  private final FrontDoor door;
  private final Map<String, ApplicationFactory> paths = new HashMap<>();
  private final Map<String, Link> links = new HashMap<>();
  private HttpServer server;

  public RawEngineServer(Vertx vertx, EngineConfig config) {
    this.vertx = vertx;
    this.config = config;
    this.door = new FrontDoor(config);
    serve("/engine.io", Echo::new);
  }

  /** Serves another path, given without its last slash. */
  public RawEngineServer serve(String path, ApplicationFactory factory) {
    paths.put(path, factory);
    paths.put(path + "/", factory);
    return this;
  }

  /** Listens on loopback; the port is then {@link #port()}. */
  public Future<HttpServer> start(int port) {
    var options =
        new HttpServerOptions()
            .setHost("127.0.0.1")
            .setHttp2ClearTextEnabled(false)
            .setPort(port)
            .setMaxWebSocketFrameSize(config.maxPayload() + 1)
            .setPerMessageWebSocketCompressionSupported(false)
            .setPerFrameWebSocketCompressionSupported(false);
    server = vertx.createHttpServer(options).requestHandler(this::onRequest);
    return server.listen();
  }

  public int port() {
    return server.actualPort();
  }

  /** Returns the number of sessions that are not removed yet. */
  public int sessions() {
    return links.size();
  }

  public Future<?> stop() {
    return server.close();
  }

  private void onRequest(HttpServerRequest http) {
    ApplicationFactory factory = paths.get(http.path());
    if (factory == null) {
      http.response().setStatusCode(404).end();
      return;
    }
    boolean upgrade = http.headers().contains(HttpHeaders.UPGRADE, HttpHeaders.WEBSOCKET, true);
    Map<String, String> query = new HashMap<>();
    http.params().forEach(entry -> query.put(entry.getKey(), entry.getValue()));
    EngineRequest request = EngineRequest.of(http.method().name(), upgrade, query);
    Link link = request.sid() == null ? null : links.get(request.sid());
    FrontDoor.Decision decision =
        door.decide(
            request, http.getHeader("Origin"), null, link == null ? null : link.session, now());
    if (decision instanceof FrontDoor.Refused refused) {
      refuse(http.response(), refused);
      return;
    }
    switch (((FrontDoor.Admitted) decision).action()) {
      case OPEN_POLLING ->
          open(EngineSession.overPolling(config, request, newSid(), http, now()), request, factory);
      case OPEN_WEBSOCKET ->
          http.toWebSocket()
              .onSuccess(
                  socket ->
                      open(
                              EngineSession.overWebSocket(config, request, newSid(), socket, now()),
                              request,
                              factory)
                          .listen(socket));
      case UPGRADE ->
          http.toWebSocket()
              .onSuccess(
                  socket -> {
                    link.session.webSocketOpened(socket, request, now());
                    link.listen(socket);
                    link.drain();
                  });
      case POLL -> {
        http.response().closeHandler(gone -> link.aborted(http));
        link.session.pollArrived(http, request, now());
        link.drain();
      }
      case POST -> link.read(http, request);
    }
  }

  private static void refuse(HttpServerResponse response, FrontDoor.Refused refused) {
    response.setStatusCode(refused.status()).putHeader(HttpHeaders.CACHE_CONTROL, "no-store");
    if (refused.contentType() != null) {
      response.putHeader(HttpHeaders.CONTENT_TYPE, refused.contentType());
    }
    if (refused.allow() != null) {
      response.putHeader(HttpHeaders.ALLOW, refused.allow());
    }
    response.end(refused.body());
  }

  private Link open(
      EngineSession<HttpServerRequest, ServerWebSocket> session,
      EngineRequest handshake,
      ApplicationFactory factory) {
    var link = new Link(session, factory.open(session, handshake, now()));
    links.put(session.sid(), link);
    link.drain();
    return link;
  }

  private static String newSid() {
    byte[] bytes = new byte[18];
    RANDOM.nextBytes(bytes);
    return Base64.getUrlEncoder().encodeToString(bytes);
  }

  private static long now() {
    return System.nanoTime() / 1_000_000;
  }

  /** One session with its timer. */
  private final class Link {
    private final EngineSession<HttpServerRequest, ServerWebSocket> session;
    private final Application application;
    private long timer = -1;
    private long firesAt = EngineSession.NEVER;

    Link(EngineSession<HttpServerRequest, ServerWebSocket> session, Application application) {
      this.session = session;
      this.application = application;
    }

    void read(HttpServerRequest http, EngineRequest request) {
      String length = http.getHeader(HttpHeaders.CONTENT_LENGTH);
      http.handler(
          chunk -> {
            session.postChunk(http, chunk);
            drain();
          });
      http.endHandler(
          end -> {
            session.postEnded(http, now());
            drain();
          });
      http.exceptionHandler(failure -> aborted(http));
      session.postStarted(
          http,
          request,
          http.getHeader(HttpHeaders.CONTENT_TYPE),
          length == null ? -1 : Long.parseLong(length),
          now());
      drain();
    }

    void aborted(HttpServerRequest http) {
      session.exchangeAborted(http, now());
      drain();
    }

    void listen(ServerWebSocket socket) {
      var assembly = new Assembly();
      socket.frameHandler(
          frame -> {
            if (!frame.isText() && !frame.isBinary() && !frame.isContinuation()) {
              return;
            }
            if (!assembly.append(frame, config.maxPayload())) {
              session.webSocket().failed(socket, EngineCloseReason.TOO_LARGE);
            } else if (frame.isFinal() && assembly.text) {
              session.webSocket().text(socket, assembly.bytes.toString(), now());
            } else if (frame.isFinal()) {
              session.webSocket().binary(socket, assembly.bytes, now());
            }
            drain();
          });
      socket.exceptionHandler(failure -> {});
      socket.closeHandler(
          closed -> {
            session.webSocket().closed(socket);
            drain();
          });
    }

    void drain() {
      application.drain(now());
      for (EngineWrite<HttpServerRequest, ServerWebSocket> write;
          (write = session.pollWrite()) != null; ) {
        write(write);
      }
      if (session.finished()) {
        links.remove(session.sid(), this);
      }
      rearm();
    }

    private void write(EngineWrite<HttpServerRequest, ServerWebSocket> write) {
      if (write instanceof EngineWrite.SendText<HttpServerRequest, ServerWebSocket> text) {
        text.socket().writeTextMessage(text.text());
      } else if (write
          instanceof EngineWrite.SendBinary<HttpServerRequest, ServerWebSocket> binary) {
        binary.socket().writeBinaryMessage(binary.data());
      } else if (write
          instanceof EngineWrite.CloseSocket<HttpServerRequest, ServerWebSocket> close) {
        if (close.code() == EngineCloseReason.NO_CODE) {
          close.socket().close();
        } else {
          close.socket().close((short) close.code());
        }
      } else if (write instanceof EngineWrite.Respond<HttpServerRequest, ServerWebSocket> respond) {
        respond(respond);
      } else if (write instanceof EngineWrite.Abandon<HttpServerRequest, ServerWebSocket> abandon) {
        abandon.exchange().connection().close();
      }
    }

    private void respond(EngineWrite.Respond<HttpServerRequest, ServerWebSocket> respond) {
      HttpServerResponse response = respond.exchange().response();
      if (response.closed()) {
        return;
      }
      response.setStatusCode(respond.status()).putHeader(HttpHeaders.CACHE_CONTROL, "no-store");
      if (respond.contentType() != null) {
        response.putHeader(HttpHeaders.CONTENT_TYPE, respond.contentType());
      }
      if (respond.unread()) {
        response.putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
      }
      response.end(respond.body());
    }

    /** A timer that fires early looks again; only one that would fire late is replaced. */
    private void rearm() {
      long next = application.nextDeadline();
      if (next >= firesAt && next != EngineSession.NEVER) {
        return;
      }
      if (timer >= 0) {
        vertx.cancelTimer(timer);
        timer = -1;
      }
      firesAt = next;
      if (next != EngineSession.NEVER) {
        timer =
            vertx.setTimer(
                Math.max(1, next - now()),
                fired -> {
                  timer = -1;
                  firesAt = EngineSession.NEVER;
                  application.advanceTo(now());
                  drain();
                });
      }
    }
  }

  /** Assembles a message from its frames; the aggregation of Vert.x loses some. */
  private static final class Assembly {
    private boolean text;
    private Buffer bytes = Buffer.buffer();

    boolean append(WebSocketFrame frame, int limit) {
      if (!frame.isContinuation()) {
        text = frame.isText();
        bytes = frame.isFinal() ? frame.binaryData() : Buffer.buffer();
        if (frame.isFinal()) {
          return bytes.length() <= limit;
        }
      }
      if (bytes.length() + frame.binaryData().length() > limit) {
        return false;
      }
      bytes.appendBuffer(frame.binaryData());
      return true;
    }
  }

  /** Sends every message back. */
  private record Echo(EngineSession<HttpServerRequest, ServerWebSocket> session)
      implements Application {

    Echo(
        EngineSession<HttpServerRequest, ServerWebSocket> session,
        EngineRequest handshake,
        long now) {
      this(session);
    }

    @Override
    public void drain(long now) {
      for (EngineEvent event; (event = session.pollEvent()) != null; ) {
        if (event instanceof EnginePacket message) {
          session.send(message);
        }
      }
    }

    @Override
    public void advanceTo(long now) {
      session.advanceTo(now);
    }

    @Override
    public long nextDeadline() {
      return session.nextDeadline();
    }
  }
}
