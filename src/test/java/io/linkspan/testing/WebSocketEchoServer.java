package io.linkspan.testing;

import io.linkspan.listener.ProxyConfig;
import io.linkspan.listener.TlsConfig;
import io.linkspan.protocol.websocket.WebSocketViolation;
import io.linkspan.time.TimerQueue;
import io.linkspan.time.VertxScheduler;
import io.linkspan.transport.channel.BackPressure;
import io.linkspan.transport.channel.BackPressureLimits;
import io.linkspan.transport.http.HttpConfig;
import io.linkspan.transport.http.HttpEndpoint;
import io.linkspan.transport.http.HttpTransport;
import io.linkspan.transport.http.Upgrade;
import io.linkspan.transport.http.UpgradeConfig;
import io.linkspan.transport.http.UpgradedConnection;
import io.linkspan.transport.http.WebSocketLink;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/**
 * Echoes WebSocket messages for the Autobahn test suite. Consists of the classes that both
 * WebSocket transports share: the HTTP port, the compression and the link.
 */
public final class WebSocketEchoServer extends VerticleBase {

  private static final int MAX_MESSAGE = 32 << 20;
  private static final int PIECE = 2 << 10;

  private final String host;
  private final int wanted;
  private HttpTransport http;
  private int port;

  /**
   * @param host address to listen at
   * @param wanted port; 0 is any free one
   */
  public WebSocketEchoServer(String host, int wanted) {
    this.host = host;
    this.wanted = wanted;
  }

  /**
   * Starts a server on the port that is the argument, at any address: the suite connects to the
   * name of the machine.
   */
  public static void main(String[] arguments) {
    int port = Integer.parseInt(arguments[0]);
    TestGateway.await(Vertx.vertx().deployVerticle(new WebSocketEchoServer("0.0.0.0", port)));
  }

  @Override
  public Future<?> start() {
    Duration minute = Duration.ofMinutes(1);
    var limits = new BackPressureLimits(0, minute, PIECE);
    var address =
        new HttpConfig(
            host,
            wanted,
            minute,
            16 << 10,
            List.of("*"),
            false,
            false,
            ProxyConfig.NONE,
            TlsConfig.NONE);
    http =
        new HttpTransport(
            vertx,
            address,
            new UpgradeConfig(limits, true),
            pipeline -> BackPressure.install(pipeline, limits),
            List.of(new EchoEndpoint()),
            false);
    return http.listen().onSuccess(actual -> port = actual);
  }

  /** Returns the port in use, once started. */
  public int port() {
    return port;
  }

  private static final class EchoEndpoint implements HttpEndpoint {

    @Override
    public boolean serves(String path) {
      return true;
    }

    @Override
    public void handle(HttpServerRequest request, SocketAddress client) {
      var timers = TimerQueue.ofConnections(new VertxScheduler(Vertx.currentContext().owner()));
      new Upgrade(timers, request, new Opening()).accept();
    }
  }

  private static final class Opening implements Upgrade.Listener {

    @Override
    public void opened(UpgradedConnection connection) {
      new Echo(connection);
    }

    @Override
    public void failed() {
      // The client has left.
    }
  }

  /** Echoes on one WebSocket. */
  private static final class Echo implements WebSocketLink.Listener {

    private final WebSocketLink link;

    Echo(UpgradedConnection connection) {
      link = new WebSocketLink(connection, MAX_MESSAGE, TestMemory.budget().newAccount(), this);
    }

    @Override
    public void onText(String text) {
      link.write(true, text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void onBinary(byte[] bytes, int length) {
      link.write(false, Arrays.copyOf(bytes, length));
    }

    @Override
    public void onClose(int code) {
      // The link answers.
    }

    @Override
    public void onEnd() {
      // Nothing is left of it.
    }

    @Override
    public void onViolation(WebSocketViolation violation) {
      link.close(violation.code(), "");
    }

    @Override
    public void onRead() {
      // Every sign of life is as good as another.
    }

    @Override
    public void onWriteBlocked() {
      // The suite reads what it is sent.
    }
  }
}
