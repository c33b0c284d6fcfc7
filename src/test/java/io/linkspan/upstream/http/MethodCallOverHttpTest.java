package io.linkspan.upstream.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.linkspan.api.Message;
import io.linkspan.protocol.methodchannel.Envelope;
import io.linkspan.protocol.methodchannel.MethodCall;
import io.linkspan.protocol.methodchannel.StandardMethodCodec;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.WebSocketTestClient;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Calls an HTTP service that reads plain JSON from an app. */
class MethodCallOverHttpTest {

  @TempDir Path folder;

  @Test
  void appCallsAnHttpService() throws Exception {
    BlockingQueue<JsonObject> posted = new LinkedBlockingQueue<>();
    Vertx legacy = Vertx.vertx();
    HttpServer server =
        TestGateway.await(
            legacy
                .createHttpServer()
                .requestHandler(
                    request ->
                        request
                            .body()
                            .onSuccess(
                                body -> {
                                  JsonObject call = body.toJsonObject();
                                  posted.add(call);
                                  var response =
                                      request
                                          .response()
                                          .putHeader("Content-Type", "application/json");
                                  if (call.getString("method").equals("price")) {
                                    response.end("{\"euro\":2.5}");
                                  } else {
                                    response.setStatusCode(501).end();
                                  }
                                }))
                .listen(0, "127.0.0.1"));
    Path conf =
        Files.writeString(
            folder.resolve("http.yaml"),
            """
            routes:
              - {type: method, to: orders, http: {url: "http://127.0.0.1:%d/orders"}}
            """
                .formatted(server.actualPort()));
    try (TestGateway gateway = TestGateway.start(conf, Map.of());
        WebSocketTestClient alice = WebSocketTestClient.connect(gateway.httpPort(), "user=alice")) {
      alice.send(call("1", "price", Map.of("item", "tea", "sizes", new int[] {1, 2})));
      assertThat(alice.receiveAck()).isEqualTo("1");
      Message answer = alice.receiveMessage();
      assertThat(answer.getReplyTo()).isEqualTo("1");
      assertThat(
              StandardMethodCodec.INSTANCE.decodeEnvelope(
                  answer.getAttachments(0).asReadOnlyByteBuffer()))
          .isEqualTo(new Envelope.Success(Map.of("euro", 2.5)));
      JsonObject call = posted.take();
      assertThat(call.getString("channel")).isEqualTo("orders");
      assertThat(call.getJsonObject("arguments").getString("item")).isEqualTo("tea");
      assertThat(call.getJsonObject("arguments").getJsonArray("sizes"))
          .isEqualTo(JsonArray.of(1, 2));
      alice.acknowledge(answer.getEventId());

      alice.send(call("2", "dance", null));
      assertThat(alice.receiveAck()).isEqualTo("2");
      Message none = alice.receiveMessage();
      assertThat(none.getReplyTo()).isEqualTo("2");
      assertThat(none.getAttachmentsCount()).isZero();

      alice.send(call("3", "dance", null).toBuilder().clearAttachments().build());
      assertThat(alice.receiveError().getString("code")).isEqualTo("malformed");
    } finally {
      TestGateway.await(legacy.close());
    }
  }

  private static Message call(String eventId, String method, Object arguments) {
    byte[] bytes = StandardMethodCodec.INSTANCE.encodeCall(new MethodCall(method, arguments));
    return Message.newBuilder()
        .setEventId(eventId)
        .setType("method")
        .setTo("orders")
        .setContentType("application/x-flutter-standard-method")
        .addAttachments(ByteString.copyFrom(bytes))
        .build();
  }
}
