package io.linkspan.interop;

import io.linkspan.api.Message;
import io.linkspan.api.Service;
import io.linkspan.testing.Browser;
import io.linkspan.testing.NodeScript;
import io.linkspan.testing.RequiresBrowser;
import io.linkspan.testing.TestGateway;
import io.linkspan.translate.SocketIoTranslator;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Loads the JavaScript client from the gateway in a real browser, and talks with it. */
@RequiresBrowser
class ServedClientIT {

  @Test
  void pagesTalkWithTheClientThatTheyLoadFromTheGateway() throws InterruptedException {
    try (Browser browser = Browser.start();
        TestGateway gateway = TestGateway.start(Map.of())) {
      TestGateway.await(
          Service.register(
              gateway.vertx(),
              "inbound",
              (message, origin) -> Future.succeededFuture(greet(message))));
      NodeScript.run(
          "clientfiles.mjs", "talk", browser.endpoint(), "http://127.0.0.1:" + gateway.httpPort());
    }
  }

  private static Message greet(Message message) {
    JsonObject greeting = new JsonArray(message.getBody()).getJsonObject(0);
    var answer =
        new JsonArray().add(new JsonObject().put("text", "hello " + greeting.getString("from")));
    return Message.newBuilder()
        .setType("answer")
        .setContentType(SocketIoTranslator.RAW)
        .setBody(answer.encode())
        .build();
  }
}
