package io.linkspan.storm;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.status.StatusListener;
import io.linkspan.testing.TestGateway;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The storms of a node, apart from its management port. */
class StormServiceTest {

  /** Waits for the end of a storm. */
  private static final class Watcher implements StatusListener {

    private final Promise<JsonObject> ended = Promise.promise();

    @Override
    public boolean ready() {
      return true;
    }

    @Override
    public void receive(String json) {
      JsonObject storm = new JsonObject(json);
      if (storm.getString("state").equals("ended")) {
        ended.tryComplete(storm);
      }
    }

    @Override
    public void tick() {}

    @Override
    public void ended() {
      ended.tryFail("the watch has ended");
    }
  }

  private final Vertx vertx = Vertx.vertx();

  @AfterEach
  void stop() {
    TestGateway.await(vertx.close());
  }

  @Test
  void aStormEndsWhenItsNodeDoesNotAcceptClients() throws IOException {
    try (var server = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"))) {
      String target = "ws://127.0.0.1:" + server.getLocalPort() + "/ws";
      var config = new StormConfig(true, 5, 100);
      var service = new StormService(vertx, () -> config, () -> target, () -> false, () -> "");
      var watcher = new Watcher();
      var body =
          new JsonObject()
              .put("kind", "half-open")
              .put("clients", 1)
              .put("good", 0)
              .put("quietSeconds", 0)
              .put("seconds", 100);

      vertx
          .getOrCreateContext()
          .runOnContext(
              v -> {
                service.open();
                service.watch(watcher);
                service.start(body, 0);
              });

      assertThat(TestGateway.await(watcher.ended.future()).getString("end"))
          .isEqualTo("the node does not accept clients");
    }
  }
}
