package io.linkspan.bench;

import io.vertx.core.Deployable;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.transport.Transport;
import java.util.function.Supplier;

/** Runs the minimal servers with Vert.x that the gateway is compared with. */
public final class VertxServer {

  private static final int BACKLOG = 4_096;

  private VertxServer() {}

  /** Runs an instance on each event loop until the process is killed. */
  public static void run(int eventLoops, Supplier<? extends Deployable> server) {
    var builder = Vertx.builder().with(new VertxOptions().setEventLoopPoolSize(eventLoops));
    Transport nativeTransport = Transport.nativeTransport();
    if (nativeTransport.available()) {
      builder.withTransport(nativeTransport);
    }
    builder
        .build()
        .deployVerticle(server, new DeploymentOptions().setInstances(eventLoops))
        .onFailure(
            failure -> {
              System.err.println(failure.getMessage());
              System.exit(1);
            });
  }

  /** Returns the options with the least work for each connection. */
  public static HttpServerOptions options() {
    return new HttpServerOptions()
        .setAcceptBacklog(BACKLOG)
        .setHttp2ClearTextEnabled(false)
        .setPerFrameWebSocketCompressionSupported(false)
        .setPerMessageWebSocketCompressionSupported(false);
  }
}
