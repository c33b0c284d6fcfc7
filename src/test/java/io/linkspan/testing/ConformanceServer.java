package io.linkspan.testing;

import io.linkspan.api.Message;
import io.linkspan.api.Origin;
import io.linkspan.api.Service;
import io.linkspan.protocol.engineio.EngineConfig;
import io.linkspan.protocol.engineio.Generation;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Runs the servers for the official test suites of Engine.IO and Socket.IO on one port: a bare
 * Engine.IO echo at {@code /engine.io/}, and at {@code /socket.io/} the gateway itself, with a
 * service on the event bus that does what the Socket.IO suites expect. The first request of a TCP
 * connection chooses its server.
 *
 * <p>Frames of WebSockets are passed on one by one. The suites wait for one message after the other
 * and lose those that arrive in the same read, as does an open packet that follows its 101.
 */
public final class ConformanceServer implements SuiteServer {

  private static final int MAX_PAYLOAD = 1_000_000;

  private final TestGateway gateway;
  private final Front front;
  private final Timing timing;

  private ConformanceServer(TestGateway gateway, Front front, Timing timing) {
    this.gateway = gateway;
    this.front = front;
    this.timing = timing;
  }

  /** Runs until the process is killed. */
  public static void main(String[] arguments) {
    if (arguments.length < 1 || arguments.length > 2) {
      throw new IllegalArgumentException(
          "usage: ConformanceServer PORT [GENERATIONS, such as 3,4]");
    }
    String generations = arguments.length == 2 ? arguments[1] : "3,4";
    var server = start(Integer.parseInt(arguments[0]), generations, Timing.OFFICIAL);
    System.out.println("ready, ports {\"http\":" + server.port() + "}");
  }

  /**
   * Starts a server.
   *
   * @param port 0 is any free one
   * @param generations of Engine.IO that it serves, such as {@code 3,4}
   */
  public static ConformanceServer start(int port, String generations, Timing timing) {
    TestGateway gateway =
        TestGateway.start(
            Map.of(
                "socketio.pingInterval",
                timing.pingInterval().toMillis() + "ms",
                "socketio.pingTimeout",
                timing.pingTimeout().toMillis() + "ms",
                "socketio.generations",
                generations,
                "socketio.maxPayload",
                Integer.toString(MAX_PAYLOAD),
                "socketio.connectTimeout",
                timing.connect().toMillis() + "ms",
                "socketio.namespaces",
                "/, /custom",
                "socketio.connectEvent",
                "true"));
    Vertx vertx = gateway.vertx();
    var front = new Front(port, gateway.httpPort(), generations(generations), timing);
    TestGateway.await(vertx.deployVerticle(new SuiteService()));
    TestGateway.await(vertx.deployVerticle(front));
    return new ConformanceServer(gateway, front, timing);
  }

  private static Set<Generation> generations(String names) {
    return Arrays.stream(names.split(","))
        .map(name -> name.strip().equals("3") ? Generation.V3 : Generation.V4)
        .collect(Collectors.toUnmodifiableSet());
  }

  @Override
  public int port() {
    return front.port();
  }

  @Override
  public Timing timing() {
    return timing;
  }

  @Override
  public void close() {
    gateway.close();
  }

  /** Serves what the suites expect behind the gateway. */
  private static final class SuiteService extends VerticleBase {

    @Override
    public Future<?> start() {
      return Service.register(vertx, "inbound", SuiteService::serve);
    }

    private static Future<Message> serve(Message message, Origin origin) {
      return Future.succeededFuture(
          switch (message.getType()) {
            case "connect" -> emit("auth", message);
            case "message" -> emit("message-back", message);
            case "message-with-ack" -> emit("", message);
            default -> null;
          });
    }

    private static Message emit(String name, Message arguments) {
      return Message.newBuilder()
          .setType(name)
          .setContentType(arguments.getContentType())
          .setBody(arguments.getBody())
          .addAllAttachments(arguments.getAttachmentsList())
          .putAllHeaders(arguments.getHeadersMap())
          .build();
    }
  }

  /** Listens at the port, and passes connections to the two servers behind it. */
  private static final class Front extends VerticleBase {

    private static final String BARE = "/engine.io";

    private final int wanted;
    private final int gatewayPort;
    private final Set<Generation> generations;
    private final Timing timing;
    private RawEngineServer bare;
    private NetServer server;
    private NetClient client;

    Front(int wanted, int gatewayPort, Set<Generation> generations, Timing timing) {
      this.wanted = wanted;
      this.gatewayPort = gatewayPort;
      this.generations = generations;
      this.timing = timing;
    }

    @Override
    public Future<?> start() {
      bare =
          new RawEngineServer(
              vertx,
              new EngineConfig(
                  timing.pingInterval(),
                  timing.pingTimeout(),
                  EngineConfig.DEFAULT.upgradeTimeout(),
                  EngineConfig.DEFAULT.closeLinger(),
                  MAX_PAYLOAD,
                  EngineConfig.DEFAULT.maxQueuedBytes(),
                  generations,
                  false));
      client = vertx.createNetClient();
      server = vertx.createNetServer().connectHandler(this::onConnection);
      return bare.start(0).compose(v -> server.listen(wanted, "127.0.0.1"));
    }

    int port() {
      return server.actualPort();
    }

    private void onConnection(NetSocket from) {
      Promise<Void> ended = Promise.promise();
      // After all that was received, unlike the close: a client may send a request and close.
      from.endHandler(v -> ended.complete());
      from.exceptionHandler(e -> {});
      from.handler(
          first -> {
            from.pause();
            client
                .connect(isBare(first) ? bare.port() : gatewayPort, "127.0.0.1")
                .onComplete(
                    to -> {
                      join(from, first, to);
                      // The client may have given up before there was a connection.
                      ended.future().onSuccess(v -> to.close());
                    },
                    failure -> from.close());
          });
    }

    private static boolean isBare(Buffer first) {
      String request = first.toString(StandardCharsets.ISO_8859_1);
      return request.startsWith(BARE, request.indexOf(' ') + 1);
    }

    private void join(NetSocket from, Buffer first, NetSocket to) {
      to.exceptionHandler(e -> {});
      if (first.toString(StandardCharsets.ISO_8859_1).contains("Sec-WebSocket-Key")) {
        var pacer = new FramePacer(vertx, from::write, from::close);
        to.handler(pacer::receive);
        to.closeHandler(v -> pacer.end());
      } else {
        to.handler(from::write);
        to.closeHandler(v -> from.close());
      }
      from.handler(to::write);
      to.write(first);
      from.resume();
    }
  }
}
