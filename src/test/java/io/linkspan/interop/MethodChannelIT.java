package io.linkspan.interop;

import io.linkspan.testing.GatewayProcess;
import io.linkspan.testing.NodeScript;
import io.linkspan.testing.RequiresNode;
import io.linkspan.testing.TestGateway;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs an app with an independent codec, and a service without a codec. */
@RequiresNode
class MethodChannelIT {

  private static Vertx vertx;
  private static GatewayProcess gateway;

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    vertx = Vertx.vertx();
    HttpServer shop =
        TestGateway.await(
            vertx.createHttpServer().requestHandler(MethodChannelIT::serve).listen(0, "127.0.0.1"));
    Path conf =
        Files.writeString(
            folder.resolve("method.yaml"),
            """
            routes:
              - {type: method, to: shop, http: {url: "http://127.0.0.1:%d/"}}
              - {type: method, to: "nobody.*", bus: nobody}
              - {to: "user:*"}
            """
                .formatted(shop.actualPort()));
    gateway = GatewayProcess.start(Map.of(), "--conf", conf.toString());
  }

  @AfterAll
  static void stop() {
    gateway.close();
    TestGateway.await(vertx.close());
  }

  private static void serve(HttpServerRequest request) {
    request
        .body()
        .onSuccess(
            body -> {
              JsonObject call = body.toJsonObject();
              var response = request.response().putHeader("Content-Type", "application/json");
              switch (call.getString("method")) {
                case "price" -> {
                  JsonObject with = call.getJsonObject("arguments");
                  response.end(
                      new JsonObject()
                          .put("item", with.getString("item"))
                          .put("total", 3 * with.getInteger("count"))
                          .put("in stock", true)
                          .putNull("note")
                          .encode());
                }
                case "sell" ->
                    response
                        .setStatusCode(409)
                        .end(
                            """
                            {"code":"sold-out","message":"no tea today","details":{"until":9}}""");
                default -> response.setStatusCode(501).end();
              }
            });
  }

  @Test
  void anAppCallsAServiceThatUsesJsonOnly() throws Exception {
    NodeScript.run("method.mjs", "service", gateway.websocket());
  }

  @Test
  void aServiceCallsAnAppOverTheHttpApi() throws Exception {
    NodeScript.run(
        "method.mjs",
        "app",
        gateway.websocket(),
        "http://127.0.0.1:" + gateway.managementPort() + "/");
  }
}
