package io.linkspan.testing;

import io.linkspan.Gateway;
import io.linkspan.GatewayConfig;
import io.linkspan.api.Addresses;
import io.linkspan.bus.VertxProcess;
import io.linkspan.config.ConfigException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;

/** Runs a whole gateway in this JVM, on free ports. */
public final class TestGateway implements AutoCloseable {

  static {
    // As Main does.
    VertxProcess.prepare();
  }

  private final Gateway gateway;
  private boolean drained;

  private TestGateway(Gateway gateway) {
    this.gateway = gateway;
  }

  /**
   * Starts a gateway.
   *
   * @param settings keys and values laid over the defaults, as environment variables are
   */
  public static TestGateway start(Map<String, String> settings) {
    return start(null, settings);
  }

  /** Starts a gateway with a configuration file. */
  public static TestGateway start(Path file, Map<String, String> settings) {
    Map<String, String> all = new HashMap<>();
    all.put("LINKSPAN_HTTP_PORT", "0");
    all.put("LINKSPAN_ENET_PORT", "0");
    all.put("LINKSPAN_TCP_PORT", "0");
    all.put("LINKSPAN_MANAGEMENT_PORT", "0");
    all.put("LINKSPAN_LIMITS_CONNECTRATE_PERUSER", "0");
    settings.forEach(
        (key, value) ->
            all.put("LINKSPAN_" + key.replace('.', '_').toUpperCase(Locale.ROOT), value));
    try {
      return new TestGateway(await(Gateway.start(GatewayConfig.load(file, all))));
    } catch (ConfigException e) {
      throw new IllegalArgumentException(e);
    }
  }

  /** Waits for a future. Not for event loops. */
  public static <T> T await(Future<T> future) {
    try {
      return future
          .toCompletionStage()
          .toCompletableFuture()
          .get(Patience.SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException | TimeoutException e) {
      throw new IllegalStateException(e);
    }
  }

  public Vertx vertx() {
    return gateway.vertx();
  }

  public int httpPort() {
    return gateway.ports().getInteger("http");
  }

  public int enetPort() {
    return gateway.ports().getInteger("enet");
  }

  /** Returns the main TCP port; {@code tcp.enabled} must be set. */
  public int tcpPort() {
    return gateway.ports().getInteger("tcp");
  }

  /** Returns the port with this label. */
  public int port(String label) {
    return gateway.ports().getInteger(label);
  }

  public int managementPort() {
    return gateway.ports().getInteger("management");
  }

  /** Returns the description that {@code GET /v1/node} answers with. */
  public JsonObject node() {
    return gateway.describe();
  }

  /** Collects the events from now on, as they travel on the bus. */
  public BlockingQueue<JsonObject> events() {
    return events(event -> true);
  }

  /** Collects the events of sessions that end from now on. */
  public BlockingQueue<JsonObject> disconnects() {
    return events(event -> event.getString("event").equals("disconnected"));
  }

  private BlockingQueue<JsonObject> events(Predicate<JsonObject> wanted) {
    BlockingQueue<JsonObject> events = new LinkedBlockingQueue<>();
    MessageConsumer<JsonObject> consumer = vertx().eventBus().consumer(Addresses.EVENTS);
    consumer.handler(
        event -> {
          if (wanted.test(event.body())) {
            events.add(event.body());
          }
        });
    await(consumer.completion());
    return events;
  }

  /** Starts to drain; done when the gateway has ended. */
  public Future<Void> drain() {
    drained = true;
    return gateway.drain();
  }

  /** Ends the gateway without a drain, which would wait for clients that poll or do not answer. */
  @Override
  public void close() {
    if (!drained) {
      await(gateway.close());
    }
  }
}
